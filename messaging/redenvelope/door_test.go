package redenvelope_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/redenvelope"
	"simtrust/renumber"
)

const someone = "+8613800000009"

// card sends a campaign's card and returns the message and the token of its door.
func (w *world) card(id, key string) (message, token string) {
	w.t.Helper()
	sent, err := w.Send(w.t.Context(), shopClient, id, redenvelope.Card{Key: key, To: []string{someone}})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, req := range w.messages() {
		for data := range req.Content.Postbacks() {
			if rest, ok := strings.CutPrefix(data, messaging.DoorPrefix+redenvelope.Door+":"); ok && strings.HasPrefix(rest, id) {
				token = rest
			}
		}
	}
	return sent.Message, token
}

func tap(message, token string, i int) messaging.Tap {
	return messaging.Tap{ID: simtrust.NewID("in"), Token: token, Chatbot: shop, Message: message, Delivery: "dlv_1", Tenure: tenure(i), Channel: gsma.RCS, At: start}
}

// told are the texts that people got.
func (w *world) told() (texts []string) {
	for _, req := range w.messages() {
		if req.Content.Text != "" {
			texts = append(texts, req.Content.Text)
		}
	}
	return texts
}

// TestTap: twenty taps on two servers, one share, one message.
func TestTap(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		fixed := request(1000, 1)
		fixed.Split = redenvelope.Fixed
		c := w.campaign(fixed)
		message, token := w.card(c.ID, "k")
		if again, _ := w.card(c.ID, "k"); again != message {
			t.Errorf("the card went out as %s and %s", message, again)
		}
		card := w.messages()[0]
		if card.Client != shopClient || card.Chatbot != shop || card.Class != dispatch.ClassPromotion || !card.Door || !card.Expires.Equal(c.Expires) || card.Content.Card == nil {
			t.Errorf("%+v", card)
		}
		nodes := []*redenvelope.Service{w.Service, w.node()}
		var all sync.WaitGroup
		for i := range 20 {
			all.Go(func() {
				if err := nodes[i%2].Tapped(t.Context(), tap(message, token, 1)); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if texts := w.told(); len(texts) != 1 || texts[0] != "您领到了 10.00 元。" {
			t.Errorf("%q", texts)
		}
		for range 2 {
			wantRefusal(t, "another person", w.Tapped(t.Context(), tap(message, token, 2)), simtrust.KindUnprocessable, redenvelope.ReasonOver)
		}
		if texts := w.told(); len(texts) != 2 || texts[1] != "来晚了，红包已被领完。" {
			t.Errorf("%q", texts)
		}
	})
}

// TestTapUninvited: a token alone opens nothing.
func TestTapUninvited(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		message, token := w.card(c.ID, "")
		other, _ := w.card(w.campaign(request(1000, 10)).ID, "")
		before := w.fingerprint()
		forwarded := tap(message, token, 1)
		forwarded.Delivery, forwarded.Message = "", "" // what it answers is no message to this person
		ofAnother := tap(message, token, 1)
		ofAnother.Chatbot = bank
		for what, attempt := range map[string]messaging.Tap{"a token that was forwarded": forwarded, "under another message": tap(other, token, 1),
			"at another chatbot": ofAnother, "a sheet that was not sent": tap(message, c.ID+".sheet", 1), "no sheet": tap(message, c.ID, 1)} {
			wantRefusal(t, what, w.Tapped(t.Context(), attempt), simtrust.KindUnprocessable, redenvelope.ReasonUninvite)
		}
		for _, token := range []string{"", ".", "env_none.sheet", strings.Repeat("x", 2000)} {
			wantRefusal(t, "the token "+token, w.Tapped(t.Context(), tap(message, token, 1)), simtrust.KindNotFound, redenvelope.ReasonUnknown)
		}
		if after := w.fingerprint(); after != before || len(w.told()) != 0 {
			t.Errorf("%s, then %s; %q", before, after, w.told())
		}
		w.on[message+" "+string(tenure(1))] = true // a bearer that does not say what is answered
		if err := w.Tapped(t.Context(), forwarded); err != nil || len(w.told()) != 1 {
			t.Errorf("%v %q", err, w.told())
		}
	})
}

// TestTapByTheNextHolder: a number that has changed hands answers the card of the one before.
func TestTapByTheNextHolder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(1000, 10)
		r.Rules.MinTenureDays = 30
		c := w.campaign(r)
		message, token := w.card(c.ID, "")
		w.ended[tenure(1)] = true
		wantRefusal(t, "the holder before", w.Tapped(t.Context(), tap(message, token, 1)), simtrust.KindUnprocessable, redenvelope.ReasonNobody)
		next := tap(message, token, 2)
		next.Message, next.Delivery = "", ""
		wantRefusal(t, "the holder now", w.Tapped(t.Context(), next), simtrust.KindUnprocessable, redenvelope.ReasonUninvite)
		w.holders[tenure(2)] = renumber.Holder{Number: someone, Opened: start, SIMChanged: start, Usable: true}
		_, token = w.card(c.ID, "")
		wantRefusal(t, "the holder now, with a card", w.Tapped(t.Context(), tap(w.byKey[shop+" "+w.messages()[1].Key], token, 2)), simtrust.KindUnprocessable, redenvelope.ReasonYoung)
		if got := w.shown(c.ID); got.Given != 0 {
			t.Errorf("%+v", got)
		}
		if texts := w.told(); len(texts) != 1 || texts[0] != "抱歉，您的号码不符合本次活动的条件。" {
			t.Errorf("%q", texts) // which rule it was is nobody's business
		}
	})
}

// TestTapUntold: what cannot be told now has the tap come again, what may not be told changes nothing about the share.
func TestTapUntold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.campaign(request(1000, 10))
		message, token := w.card(c.ID, "")
		w.sendErr = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}
		wantRefusal(t, "messages are away", w.Tapped(t.Context(), tap(message, token, 1)), simtrust.KindUnavailable, "away")
		w.sendErr = nil
		if err := w.Tapped(t.Context(), tap(message, token, 1)); err != nil || len(w.told()) != 1 {
			t.Errorf("%v %q", err, w.told())
		}
		w.sendErr = &simtrust.Error{Kind: simtrust.KindLimited, Reason: "quota_day"}
		if err := w.Tapped(t.Context(), tap(message, token, 2)); err != nil {
			t.Error(err)
		}
		w.sendErr = nil
		w.away = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}
		wantRefusal(t, "renumber is away", w.Tapped(t.Context(), tap(message, token, 3)), simtrust.KindUnavailable, "away")
		w.away = nil
		if got := w.shown(c.ID); got.Given != 2 || len(w.told()) != 1 {
			t.Errorf("%+v %q", got, w.told())
		}
	})
}

func TestSendRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		empty, closed, over := w.campaign(request(1, 1)), w.campaign(request(10, 1)), w.campaign(request(10, 1))
		first, _ := w.card(empty.ID, "k")
		w.claims(empty.ID, 1)
		if _, err := w.End(t.Context(), shopClient, closed.ID); err != nil {
			t.Fatal(err)
		}
		if again, _ := w.card(empty.ID, "k"); again != first {
			t.Errorf("a repeated request sent %s and %s", first, again)
		}
		send := func(c redenvelope.Campaign, key string) error {
			_, err := w.Send(t.Context(), shopClient, c.ID, redenvelope.Card{Key: key, To: []string{someone}})
			return err
		}
		wantRefusal(t, "an empty one", send(empty, "k2"), simtrust.KindUnprocessable, redenvelope.ReasonOver)
		wantRefusal(t, "a closed one", send(closed, ""), simtrust.KindUnprocessable, redenvelope.ReasonClosed)
		wantRefusal(t, "a bad key", send(over, "a b"), simtrust.KindInvalid, redenvelope.ReasonKey)
		w.pass(24 * time.Hour)
		wantRefusal(t, "one that is over", send(over, ""), simtrust.KindUnprocessable, redenvelope.ReasonExpired)
	})
}

// TestWords: in both languages, for money and for data.
func TestWords(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(150, 1)
		r.Language = gsma.English
		data := redenvelope.Funding{Chatbot: shop, Key: "data", Asset: redenvelope.AssetIn("MB"), Amount: 50}
		if _, err := w.Fund(t.Context(), data); err != nil {
			t.Fatal(err)
		}
		money := w.campaign(r)
		r.Key, r.Budget, r.Asset, r.Greeting = "data", 50, data.Asset, "For you"
		gift, err := w.Create(t.Context(), shopClient, r)
		if err != nil {
			t.Fatal(err)
		}
		for i, c := range []redenvelope.Campaign{money, gift} {
			message, token := w.card(c.ID, "")
			if err := w.Tapped(t.Context(), tap(message, token, i)); err != nil {
				t.Error(err)
			}
		}
		if texts := w.told(); len(texts) != 2 || texts[0] != "You got CNY 1.50." || texts[1] != "You got 50 MB." {
			t.Errorf("%q", texts)
		}
		if card := w.messages()[2].Content.Card.Content; card.Title != "A red envelope of data for you" || card.Description != "For you" {
			t.Errorf("%+v", card)
		}
	})
}
