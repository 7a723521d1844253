package messaging_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

// says is what a person sends to the shop.
func says(id string, from int, channel gsma.Channel, text string) messaging.Inbound {
	return messaging.Inbound{ID: id, From: parse(number(from)), To: "sip:bot_shop@botplatform.example", Channel: channel,
		Part: gsma.Part{ContentType: "text/plain", Data: []byte(text)}}
}

func (w *world) receive(t *testing.T, m messaging.Inbound) {
	t.Helper()
	if err := w.Received(t.Context(), m); err != nil {
		t.Fatal(err)
	}
}

// replies are the reply events so far.
func (w *world) replies() (out []messaging.ReplyEvent) {
	for _, e := range w.log.list {
		if r, ok := e.Data.(messaging.ReplyEvent); ok {
			out = append(out, r)
		}
	}
	return out
}

// TestTypedAnswer: a number typed under a text message is the same answer as the button under a rich one.
func TestTypedAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(1))
		button, err := gsma.EncodeResponse(gsma.NewReply("不", "no").Response())
		if err != nil {
			t.Fatal(err)
		}
		w.receive(t, messaging.Inbound{ID: "rcs:1", From: parse(number(1)), To: "sip:bot_shop@botplatform.example", Channel: gsma.RCS,
			InReplyTo: sent.Recipients[0].Delivery, Part: button})
		w.bearer.rcs = false
		again := w.send(t, request(1))
		w.receive(t, says("smpp:1", 1, gsma.SMS, " ２. "))
		w.receive(t, says("smpp:2", 1, gsma.SMS, "什么？"))
		got := w.replies()
		if len(got) != 3 {
			t.Fatalf("%+v", got)
		}
		if !reflect.DeepEqual(got[0].Response, got[1].Response) || got[0].Response.Reply.Postback.Data != "no" || got[1].Typed != "２." {
			t.Errorf("%+v %+v", got[0].Response, got[1].Response)
		}
		if got[0].Delivery != sent.Recipients[0].Delivery || got[1].Delivery != again.Recipients[0].Delivery || got[1].Message != again.Message {
			t.Errorf("%+v", got)
		}
		if got[2].Response != nil || got[2].Content.Text != "什么？" || got[2].Message != "" || got[0].Conversation != got[2].Conversation {
			t.Errorf("%+v", got[2])
		}
	})
}

// TestTypedAtOnce: a number typed before the bearer has said that it took the message, or though its answer was lost, answers that message. What
// was not taken was seen by nobody, so a number goes on answering the message before.
func TestTypedAtOnce(t *testing.T) {
	for answer, seen := range map[dispatch.Answer]bool{dispatch.Accepted: true, dispatch.Lost: true, dispatch.Rejected: false, dispatch.Throttled: false,
		dispatch.Postponed: false} {
		each(t, func(t *testing.T, w *world) {
			byText := request(1)
			byText.Steps = []messaging.Step{{Channel: gsma.SMS}}
			before := w.send(t, byText).Recipients[0].Delivery
			w.pass(time.Second)
			w.bearer.submit = func(s dispatch.Submission) dispatch.Outcome {
				w.receive(t, says("smpp:at once", 1, gsma.SMS, "2"))
				return dispatch.Outcome{Answer: answer, Ref: s.ID()}
			}
			last := w.send(t, byText).Recipients[0].Delivery
			w.receive(t, says("smpp:later", 1, gsma.SMS, "2"))
			want := []string{last, last}
			if !seen {
				want[1] = before
			}
			for i, r := range w.replies() {
				if r.Response == nil || r.Response.Postback() != "no" || r.Delivery != want[i] {
					t.Errorf("%s, answer %d: %+v, not to %s", answer, i+1, r, want[i])
				}
			}
			if n := len(w.replies()); n != 2 {
				t.Errorf("%s: %d answers", answer, n)
			}
		})
	}
}

// TestTypedTooLate: after a week a number is a number.
func TestTypedTooLate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		w.send(t, request(1))
		w.receive(t, says("smpp:1", 2, gsma.SMS, "1")) // somebody else, who got nothing
		w.pass(7*24*time.Hour + time.Second)
		w.receive(t, says("smpp:2", 1, gsma.SMS, "1"))
		for _, r := range w.replies() {
			if r.Response != nil {
				t.Errorf("%+v", r)
			}
		}
	})
}

// TestInboundOnce: what a bearer repeats changes nothing.
func TestInboundOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 3 {
			w.receive(t, says("smpp:1", 1, gsma.SMS, "hello"))
		}
		if got := w.log.types(); !slices.Equal(got, []string{"reply"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestInboundRefused: what cannot be taken is not, and nothing is told.
func TestInboundRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			m      messaging.Inbound
			reason string
		}{
			"an unknown service": {messaging.Inbound{ID: "1", From: parse(number(1)), To: "sip:x@y", Part: gsma.Part{ContentType: "text/plain", Data: []byte("x")}}, sender.ReasonUnknownBot},
			"nobody's number":    {says("2", 999, gsma.SMS, "x"), messaging.ReasonNobody},
			"no content":         {messaging.Inbound{ID: "3", From: parse(number(1)), To: "sip:bot_shop@botplatform.example"}, messaging.ReasonInbound},
			"an unknown type": {messaging.Inbound{ID: "4", From: parse(number(1)), To: "sip:bot_shop@botplatform.example",
				Part: gsma.Part{ContentType: "application/x-sh", Data: []byte("x")}}, messaging.ReasonInbound},
		} {
			if err := w.Received(t.Context(), c.m); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.people.away = true
		if err := w.Received(t.Context(), says("5", 1, gsma.SMS, "x")); !errors.Is(err, errAway) {
			t.Error(err)
		}
		if got := w.log.types(); len(got) != 0 {
			t.Errorf("%q", got)
		}
	})
}

// TestRecycledNumber: what a former holder of a number said is not the present one's.
func TestRecycledNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		former := says("maap:1", 1, gsma.RCS, "STOP")
		former.Tenure = "ten_former"
		if err := w.Received(t.Context(), former); simtrust.ReasonOf(err) != messaging.ReasonNobody {
			t.Errorf("%v", err)
		}
		if len(w.people.said)+len(w.log.list) != 0 {
			t.Errorf("heard: %v %v", w.people.said, w.log.list)
		}
		present := says("maap:2", 1, gsma.RCS, "hello")
		present.Tenure = tenureOf(present.From)
		if w.receive(t, present); len(w.replies()) != 1 {
			t.Errorf("%+v", w.replies())
		}
	})
}

// TestAnswersAnothersMessage: who names a delivery that is not theirs answers none.
func TestAnswersAnothersMessage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(1))
		m := says("rcs:1", 2, gsma.RCS, "x")
		m.InReplyTo = sent.Recipients[0].Delivery
		w.receive(t, m)
		if r := w.replies()[0]; r.Message != "" || r.Delivery != "" {
			t.Errorf("%+v", r)
		}
	})
}

// TestPermission: STOP, and the button of the notice, reach those who keep permissions, and are no replies.
func TestPermission(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.receive(t, says("smpp:1", 1, gsma.SMS, "退订"))
		w.receive(t, says("smpp:2", 1, gsma.SMS, "START"))
		e := optin.Renewed{Chatbot: shop, Tenure: "ten_002", At: w.now()}
		for range 2 {
			if err := w.Renewed(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		w.drain(t)
		if len(w.bearer.sent) != 1 || !strings.Contains(string(w.bearer.sent[0].Payload), "山茶小店") {
			t.Fatalf("%+v", w.bearer.sent)
		}
		button, err := gsma.EncodeResponse(gsma.NewReply("拒绝 Refuse", "simtrust:opt-in:refuse").Response())
		if err != nil {
			t.Fatal(err)
		}
		w.receive(t, messaging.Inbound{ID: "rcs:3", From: parse(number(2)), To: "sip:bot_shop@botplatform.example", Channel: gsma.RCS, Part: button})
		if want := []string{"bot_shop ten_001 退订", "bot_shop ten_001 START", "bot_shop ten_002 STOP"}; !slices.Equal(w.people.said, want) {
			t.Errorf("%q", w.people.said)
		}
		for range 2 {
			if err := w.Refused(t.Context(), optin.Refused{Chatbot: shop, Tenure: "ten_002", At: w.now()}); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.log.types(); !slices.Equal(got, []string{"opt-in.started", "message.submitted", "opt-in.refused"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestNoticeWaitsForItsSender: a chatbot that may not send shows no notice, and does not get around it so.
func TestNoticeWaitsForItsSender(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		e := optin.Renewed{Chatbot: shop, Tenure: "ten_001", At: w.now()}
		for _, why := range []error{refusal(simtrust.KindDenied, sender.ReasonSuspended), refusal(simtrust.KindDenied, sender.ReasonCertExpired), errAway} {
			w.senders.dead[shop] = why
			if err := w.Renewed(t.Context(), e); err == nil {
				t.Errorf("%v: the notice is dropped", why)
			}
		}
		w.senders.dead[shop] = refusal(simtrust.KindNotFound, sender.ReasonUnknownBot)
		if err := w.Renewed(t.Context(), e); err != nil {
			t.Error(err)
		}
		delete(w.senders.dead, shop)
		if err := w.Renewed(t.Context(), e); err != nil {
			t.Error(err)
		}
		if w.drain(t); len(w.bearer.sent) != 1 {
			t.Errorf("%+v", w.bearer.sent)
		}
	})
}

// TestNoticeByText: the notice is the platform's, so it goes by text though the chatbot may not.
func TestNoticeByText(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		if err := w.Renewed(t.Context(), optin.Renewed{Chatbot: bank, Tenure: "ten_001", At: w.now()}); err != nil {
			t.Fatal(err)
		}
		if w.drain(t); len(w.bearer.sent) != 1 || w.bearer.sent[0].Channel != "sms" {
			t.Errorf("%+v", w.bearer.sent)
		}
	})
}

// TestNoticeIsNotTheSenders: it cannot be asked about, or back.
func TestNoticeIsNotTheSenders(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.Renewed(t.Context(), optin.Renewed{Chatbot: shop, Tenure: "ten_001", At: w.now()}); err != nil {
			t.Fatal(err)
		}
		w.drain(t)
		message := w.bearer.sent[0].Message
		if _, err := w.Revoke(t.Context(), "shop", message, nil); simtrust.ReasonOf(err) != messaging.ReasonMessage {
			t.Errorf("revoked: %v", err)
		}
		if _, err := w.Status(t.Context(), "shop", message); simtrust.ReasonOf(err) != messaging.ReasonMessage {
			t.Errorf("status: %v", err)
		}
	})
}

// TestConversation: who wrote first can be answered by the conversation, while they may be written to.
func TestConversation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.receive(t, says("smpp:1", 1, gsma.SMS, "有货吗？"))
		talk := w.replies()[0].Conversation
		if strings.Contains(talk, "001") || !strings.HasPrefix(talk, "cnv_") {
			t.Error(talk)
		}
		r := request(2)
		r.To = append(r.To, talk, "cnv_00000000000000000000000000")
		if sent := w.send(t, r); !slices.Equal(reasons(sent), []string{"", "", messaging.ReasonConversation}) || len(w.bearer.sent) != 2 {
			t.Errorf("%+v", sent)
		}
		r.Client, r.Chatbot, r.To = "bank", bank, []string{talk}
		if sent := w.send(t, r); sent.Recipients[0].Reason != messaging.ReasonConversation {
			t.Errorf("another chatbot's conversation: %+v", sent)
		}
		w.people.errs["ten_001"] = refusal(simtrust.KindConflict, "recipient_changed")
		r = request()
		r.To = []string{talk}
		if sent := w.send(t, r); sent.Recipients[0].Reason != "recipient_changed" {
			t.Errorf("%+v", sent)
		}
	})
}

// TestSpam: a person counts once, for a message of their own.
func TestSpam(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(1))
		d := sent.Recipients[0].Delivery
		for name, c := range map[string]struct {
			from     int
			delivery string
			reason   string
		}{
			"another's message": {2, d, messaging.ReasonMessage}, "no message": {1, "dlv_none", messaging.ReasonMessage}, "nobody": {999, d, messaging.ReasonNobody},
		} {
			if err := w.Spam(t.Context(), parse(number(c.from)), c.delivery, "fraud"); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		for range 2 {
			if err := w.Spam(t.Context(), parse(number(1)), d, "fraud"); err != nil {
				t.Fatal(err)
			}
		}
		if want := (sender.SpamReport{Chatbot: shop, Message: sent.Message, Tenure: "ten_001", Kind: "fraud"}); w.senders.reports[0] != want {
			t.Errorf("%+v", w.senders.reports)
		}
		if got := w.log.types(); !slices.Equal(got, []string{"message.submitted", "spam.reported"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestSpamToldAfterACrash: a report that was counted and not told is told when it comes again, once.
func TestSpamToldAfterACrash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		d := w.send(t, request(1)).Recipients[0].Delivery
		w.log.err = errAway
		if err := w.Spam(t.Context(), parse(number(1)), d, "fraud"); !errors.Is(err, errAway) {
			t.Fatal(err)
		}
		w.log.err = nil
		for range 2 {
			if err := w.Spam(t.Context(), parse(number(1)), d, "fraud"); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.log.types(); !slices.Equal(got, []string{"message.submitted", "spam.reported"}) {
			t.Errorf("%q", got)
		}
	})
}

// TestDelivered: on the handset is what was delivered or displayed, to that tenure.
func TestDelivered(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(1))
		there := func(message string, tenure simtrust.TenureID) bool {
			ok, err := w.Delivered(t.Context(), message, tenure)
			if err != nil {
				t.Fatal(err)
			}
			return ok
		}
		if there(sent.Message, "ten_001") {
			t.Error("submitted is not delivered")
		}
		w.report(t, sent.Recipients[0].Delivery, dispatch.FateDisplayed)
		if !there(sent.Message, "ten_001") || there(sent.Message, "ten_002") || there("msg_none", "ten_001") {
			t.Error("delivered to one tenure only")
		}
	})
}

// TestSeal: the statement is over what goes out, for one number, and falls with its sender.
func TestSeal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(t, request(1))
		copied := w.bearer.sent[0]
		e, err := w.Seal(t.Context(), copied)
		if err != nil {
			t.Fatal(err)
		}
		s, err := w.notary.Read(e.Statement)
		if err != nil || s.Sender != shop || s.Channel != "rcs" || s.Message != copied.Message || s.Digest != statement.Digest(copied.ContentType, copied.Payload) {
			t.Errorf("%+v, %v", s, err)
		}
		if !s.IsFor(parse(number(1)), e.Salt) || s.IsFor(parse(number(2)), e.Salt) {
			t.Error("the statement is for one number")
		}
		if err := w.Standing(t.Context(), shop, s.Certificate); err != nil {
			t.Error(err)
		}
		if err := w.Standing(t.Context(), shop, [32]byte{1}); simtrust.ReasonOf(err) != messaging.ReasonReplaced {
			t.Error(err)
		}
		w.senders.dead[shop] = refusal(simtrust.KindDenied, sender.ReasonSuspended)
		if _, err := w.Seal(t.Context(), copied); simtrust.KindOf(err) != simtrust.KindDenied {
			t.Error(err)
		}
		if err := w.Standing(t.Context(), shop, s.Certificate); simtrust.ReasonOf(err) != sender.ReasonSuspended {
			t.Error(err)
		}
	})
}

// TestPermissionOnce: a word that a bearer repeats late does not undo what the person said since.
func TestPermissionOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.receive(t, says("smpp:1", 1, gsma.SMS, "START"))
		w.receive(t, says("smpp:2", 1, gsma.SMS, "STOP"))
		w.receive(t, says("smpp:1", 1, gsma.SMS, "START"))
		if want := []string{"bot_shop ten_001 START", "bot_shop ten_001 STOP"}; !slices.Equal(w.people.said, want) {
			t.Errorf("%q", w.people.said)
		}
	})
}

// TestPermissionAfterACrash: a word is acted on with the note that it came, so one that comes again after a crash does not undo what the
// person said since.
func TestPermissionAfterACrash(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.log.err = errAway // the transaction that notes it does not come to its end
		if err := w.Received(t.Context(), says("smpp:1", 1, gsma.SMS, "START")); !errors.Is(err, errAway) {
			t.Fatal(err)
		}
		if len(w.people.said) > 0 {
			t.Errorf("%q is carried out, and would be again", w.people.said)
		}
		w.log.err = nil
		for range 2 {
			w.receive(t, says("smpp:1", 1, gsma.SMS, "START"))
		}
		if want := []string{"bot_shop ten_001 START"}; !slices.Equal(w.people.said, want) {
			t.Errorf("%q", w.people.said)
		}
	})
}

// TestAlike: of a bearer without ids the same answer that comes again is one answer, and the same answer to another message another.
func TestAlike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.bearer.rcs = false
		no := says("smsc:mo_1", 1, gsma.SMS, "2")
		no.Alike = true
		var want []string
		for range 2 {
			sent := w.send(t, request(1))
			want = append(want, sent.Recipients[0].Delivery)
			w.receive(t, no)
			w.receive(t, no) // the network's
			w.pass(time.Second)
		}
		other := says("smsc:mo_2", 1, gsma.SMS, "hello")
		other.Alike = true
		w.receive(t, other)
		w.receive(t, other)
		var got []string
		for _, r := range w.replies() {
			got = append(got, r.Delivery)
		}
		if want = append(want, ""); !slices.Equal(got, want) {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestTypedUnderEnhanced: where a message was shown without buttons, a number typed there is an answer, though it comes as a rich message.
// Where it had its buttons, and on another channel than it came by, a number is a number.
func TestTypedUnderEnhanced(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		on := func(channel gsma.Channel) string {
			r := request(1)
			r.Steps = []messaging.Step{{Channel: channel}}
			w.pass(time.Second)
			return w.send(t, r).Recipients[0].Delivery
		}
		typed := 0
		says := func(to, text string) messaging.ReplyEvent {
			typed++
			m := says(fmt.Sprint("rcs:", typed), 1, gsma.RCS, text)
			m.InReplyTo = to
			w.receive(t, m)
			list := w.replies()
			return list[len(list)-1]
		}
		first := on(gsma.Enhanced)
		if r := says("", "2"); r.Response == nil || r.Response.Reply.Postback.Data != "no" || r.Typed != "2" || r.Delivery != first {
			t.Errorf("the last one: %+v", r)
		}
		second := on(gsma.Enhanced)
		if r := says(first, "回复1"); r.Response == nil || r.Response.Reply.Postback.Data != "yes" || r.Delivery != first {
			t.Errorf("the one that is named: %+v", r)
		}
		if r := says(second, "什么？"); r.Response != nil || r.Content == nil || r.Delivery != second {
			t.Errorf("no answer: %+v", r)
		}
		if r := says(on(gsma.RCS), "2"); r.Response != nil {
			t.Errorf("under buttons: %+v", r)
		}
		on(gsma.SMS)
		if r := says("", "2"); r.Response != nil {
			t.Errorf("after a text message: %+v", r)
		}
	})
}
