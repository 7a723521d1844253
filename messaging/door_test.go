package messaging_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// door keeps its taps, and answers with an error.
type door struct {
	taps []messaging.Tap
	err  error
}

func (d *door) Tapped(_ context.Context, t messaging.Tap) error {
	d.taps = append(d.taps, t)
	return d.err
}

// invitation is a message of the shop with a suggestion of a door.
func invitation(to ...int) messaging.SendReq {
	r := request(to...)
	r.Door, r.Content.Suggestions = true, []gsma.Suggestion{gsma.NewReply("开", messaging.Postback("gate", "t1")), gsma.NewReply("不", "no")}
	return r
}

func press(t *testing.T, id string, from int, delivery, data string) messaging.Inbound {
	t.Helper()
	part, err := gsma.EncodeResponse(gsma.NewReply("开", data).Response())
	if err != nil {
		t.Fatal(err)
	}
	return messaging.Inbound{ID: id, From: parse(number(from)), To: "sip:bot_shop@botplatform.example", Channel: gsma.RCS, InReplyTo: delivery, Part: part}
}

// TestDoor: a suggestion of a door is the door's to hear and nobody else's, pressed or typed, and once.
func TestDoor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := &door{}
		w.Install("gate", d)
		sent := w.send(t, invitation(1))
		to := sent.Recipients[0].Delivery
		for range 2 {
			w.receive(t, press(t, "rcs:1", 1, to, messaging.Postback("gate", "t1")))
		}
		w.bearer.rcs = false
		again := w.send(t, invitation(1))
		w.receive(t, says("smpp:1", 1, gsma.SMS, "1"))
		if len(w.replies()) != 0 || len(d.taps) != 2 {
			t.Fatalf("replies %v, taps %+v", w.replies(), d.taps)
		}
		pressed, typed := d.taps[0], d.taps[1]
		if pressed.Token != "t1" || pressed.Typed || pressed.Delivery != to || pressed.Tenure != "ten_001" || pressed.Channel != gsma.RCS || pressed.Conversation == "" {
			t.Errorf("%+v", pressed)
		}
		if typed.Token != "t1" || !typed.Typed || typed.Message != again.Message || typed.Channel != gsma.SMS || typed.Conversation != pressed.Conversation {
			t.Errorf("%+v", typed)
		}
	})
}

// TestDoorAway: what a door could not take comes again, what it refused does not.
func TestDoorAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := &door{err: refusal(simtrust.KindUnavailable, "store_unavailable")}
		w.Install("gate", d)
		tap := press(t, "rcs:1", 1, "", messaging.Postback("gate", "t1"))
		if err := w.Received(t.Context(), tap); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Fatal(err)
		}
		d.err = errors.New("broken")
		if err := w.Received(t.Context(), tap); err == nil {
			t.Fatal("a broken door was taken for one that refuses")
		}
		d.err = refusal(simtrust.KindDenied, "closed")
		w.receive(t, tap)
		w.receive(t, tap)
		if len(d.taps) != 3 || len(w.replies()) != 0 {
			t.Errorf("%d taps, %v", len(d.taps), w.replies())
		}
	})
}

// TestNoSuchDoor: the chatbot's people hear of a postback that no door has.
func TestNoSuchDoor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := &door{}
		w.Install("gate", d)
		for i, data := range []string{messaging.Postback("wall", "t1"), "gate:t1", "simtrust", "x" + messaging.Postback("gate", "t1")} {
			w.receive(t, press(t, "rcs:"+string(rune('a'+i)), 1, "", data))
		}
		if len(d.taps) != 0 || len(w.replies()) != 4 {
			t.Errorf("%+v %+v", d.taps, w.replies())
		}
	})
}

// TestForgedDoor: no sender shows a suggestion of a door.
func TestForgedDoor(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		forged := gsma.NewReply("开", messaging.Postback("gate", "t1"))
		card := gsma.CardContent{Title: "茶", Suggestions: []gsma.Suggestion{forged}}
		chips, single, carousel, action := request(1), request(1), request(1), request(1)
		chips.Content.Suggestions = []gsma.Suggestion{forged}
		single.Content = gsma.Content{RichCard: gsma.RichCard{Card: &gsma.Card{Layout: gsma.CardLayout{Orientation: gsma.Vertical}, Content: card}}}
		carousel.Content = gsma.Content{RichCard: gsma.RichCard{Carousel: &gsma.Carousel{Layout: gsma.CarouselLayout{Width: gsma.Medium},
			Content: []gsma.CardContent{{Title: "红"}, card}}}}
		action.Content.Suggestions = []gsma.Suggestion{gsma.NewAction("开", messaging.Postback("gate", "t1"), gsma.Action{Dialer: &gsma.DialerAction{Phone: &gsma.Dial{PhoneNumber: number(1)}}})}
		for i, r := range []messaging.SendReq{chips, single, carousel, action} {
			if _, err := w.Send(t.Context(), r); simtrust.ReasonOf(err) != messaging.ReasonContent {
				t.Errorf("%d: %v", i, err)
			}
		}
	})
}

// TestKeys: faces find messages by the ids of their own.
func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		keyed := request(1)
		keyed.Key = "rbm:7"
		a, b := w.send(t, keyed), w.send(t, request(1))
		if id, ok, err := w.ByKey(t.Context(), shop, "rbm:7"); err != nil || !ok || id != a.Message {
			t.Errorf("%q %v %v", id, ok, err)
		}
		if _, ok, err := w.ByKey(t.Context(), bank, "rbm:7"); err != nil || ok {
			t.Errorf("another chatbot's key was found: %v", err)
		}
		for id, want := range map[string]string{a.Message: "rbm:7", b.Message: ""} {
			if key, ok, err := w.KeyOf(t.Context(), id); err != nil || !ok || key != want {
				t.Errorf("%q %v %v", key, ok, err)
			}
		}
		if _, ok, err := w.KeyOf(t.Context(), "msg_none"); err != nil || ok {
			t.Errorf("a message that there is not: %v %v", ok, err)
		}
	})
}

// TestReach: who may not be written to looks like who is not reached.
func TestReach(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.people.errs["ten_002"] = refusal(simtrust.KindUnprocessable, "no_opt_in")
		numbers := []simtrust.Number{parse(number(2)), parse(number(1))}
		for _, c := range []struct {
			channel gsma.Channel
			rcs     bool
			want    []bool
		}{{gsma.RCS, true, []bool{false, true}}, {gsma.RCS, false, []bool{false, false}}, {gsma.SMS, false, []bool{false, true}}} {
			w.bearer.rcs = c.rcs
			if got, err := w.Reach(t.Context(), shop, dispatch.ClassService, c.channel, numbers); err != nil || !slices.Equal(got, c.want) {
				t.Errorf("%+v: %v %v", c, got, err)
			}
			if last := w.bearer.asked; len(last) != 1 || last[0].Chatbot != shop || last[0].Number != numbers[1] {
				t.Errorf("asked about %+v", last)
			}
		}
		if _, err := w.Reach(t.Context(), shop, dispatch.ClassService, "pigeon", numbers); simtrust.ReasonOf(err) != dispatch.ReasonBearer {
			t.Errorf("a channel without a bearer: %v", err)
		}
		w.people.away = true
		if _, err := w.Reach(t.Context(), shop, dispatch.ClassService, gsma.RCS, numbers); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Errorf("without an answer: %v", err)
		}
	})
}
