package purchase_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/purchase"
	"simtrust/simshield"
)

// TestNotice: the notice shows the facts that the bank signed, under the bank's words.
func TestNotice(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.ask("order-1", "48000.00")
		req.Title, req.Text, req.Language, req.HoldBack = "Harbour Bank", "A new payee.", "en", 24*time.Hour
		p, err := w.Ask(t.Context(), req)
		w.must(err)
		sent := w.post.find(p.ID)
		if sent.Client != "bank" || sent.Chatbot != bot || len(sent.To) != 1 || sent.To[0] != number || sent.Class != dispatch.ClassTransaction || !sent.Door ||
			!sent.Expires.Equal(w.now().Add(time.Minute)) || sent.HoldBack != 24*time.Hour || sent.Language != "en" {
			t.Errorf("%+v", sent)
		}
		card := sent.Content.Card.Content
		for _, want := range []string{"A new payee.\n", "¥48,000.00", "张伟 (*4567)", w.now().UTC().Format("2006-01-02 15:04"), "signing PIN"} {
			if !strings.Contains(card.Description, want) {
				t.Errorf("no %q in %q", want, card.Description)
			}
		}
		if card.Title != "Harbour Bank" || strings.Contains(card.Description, "6217") {
			t.Errorf("%q %q", card.Title, card.Description)
		}
		small := w.post.find(w.asked(w.ask("order-2", "1.00")).id).Content.Card.Content
		if small.Title != "请确认付款" || !strings.Contains(small.Description, "金额：¥1.00") || strings.Contains(small.Description, "SIM") {
			t.Errorf("%q %q", small.Title, small.Description)
		}
	})
}

// TestAskAgain: an order is asked about once, signed anew or not, and with another content not at all.
func TestAskAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.ask("order-1", "1.00")
		first, err := w.Ask(t.Context(), req)
		w.must(err)
		claims := w.claims("order-1", "1.00", "CNY")
		w.pass(10 * time.Second)
		claims["iat"], claims["exp"] = w.now().Unix(), w.now().Add(time.Minute).Unix()
		anew := req
		anew.Request = w.sign(w.key, claims)
		for _, again := range []purchase.AskReq{req, anew} {
			if p, err := w.Ask(t.Context(), again); err != nil || p.ID != first.ID || p.Message != first.Message || !p.Expires.Equal(first.Expires) {
				t.Errorf("%+v, %v", p, err)
			}
		}
		other := w.claims("order-1", "1.01", "CNY")
		later := w.claims("order-1", "1.00", "CNY")
		later["transfer"].(map[string]any)["payee_name"] = "李伟"
		w.must(w.Allow(t.Context(), "bot_twin", party, "operator"))
		for name, change := range map[string]func(*purchase.AskReq){
			"another amount":    func(r *purchase.AskReq) { r.Request = w.sign(w.key, other) },
			"another payee":     func(r *purchase.AskReq) { r.Request = w.sign(w.key, later) },
			"another threshold": func(r *purchase.AskReq) { r.SIMAbove = "5.00" },
			"other words":       func(r *purchase.AskReq) { r.Text = "x" },
			"another chatbot":   func(r *purchase.AskReq) { r.Client, r.Chatbot = "twin", "bot_twin" },
		} {
			changed := req
			change(&changed)
			if _, err := w.Ask(t.Context(), changed); simtrust.ReasonOf(err) != purchase.ReasonDiffers {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.tap(button(w.notice(first.ID).confirm))
		if p, err := w.Ask(t.Context(), req); err != nil || p.ID != first.ID || p.State != purchase.StateConfirmed {
			t.Errorf("after its end: %+v, %v", p, err)
		}
		if n := w.post.count(); n != 1 {
			t.Errorf("%d notices", n)
		}
	})
}

// TestAskAtOnce: twenty copies of a request are one purchase and one notice.
func TestAskAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.ask("order-1", "1.00")
		nodes := []*purchase.Service{w.Service, w.node()}
		var racing sync.WaitGroup
		var ids sync.Map
		for i := range 20 {
			racing.Go(func() {
				p, err := nodes[i%2].Ask(t.Context(), req)
				if err != nil {
					t.Error(err)
				}
				ids.Store(p.ID, true)
			})
		}
		racing.Wait()
		n := 0
		ids.Range(func(any, any) bool { n++; return true })
		if n != 1 || w.post.count() != 1 {
			t.Errorf("%d purchases, %d notices", n, w.post.count())
		}
	})
}

// TestAskRefused: what the bank did not sign, or the chatbot may not carry, nobody is asked about.
func TestAskRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		foreign := newKey(t)
		w.shield.keys["app_other"] = &foreign.PublicKey
		from := func(party string) jwt.MapClaims {
			c := w.claims("order-1", "1.00", "CNY")
			c["iss"] = party
			return c
		}
		batch := w.claims("order-1", "1.00", "CNY")
		batch["transfer"].(map[string]any)["batch"] = map[string]any{"count": 2, "sha256": make([]byte, 32)}
		past := w.claims("order-1", "1.00", "CNY")
		past["exp"] = w.now().Unix()
		good := w.ask("order-1", "1.00").Request
		signed := func(text string) func(*purchase.AskReq) { return func(r *purchase.AskReq) { r.Request = text } }
		for name, c := range map[string]struct {
			change func(*purchase.AskReq)
			reason string
		}{
			"nothing":             {signed(""), simshield.ReasonRequest},
			"no JWS":              {signed("{}"), simshield.ReasonRequest},
			"unsigned":            {signed(good[:strings.LastIndex(good, ".")+1]), simshield.ReasonRequestKey},
			"a foreign key":       {signed(w.sign(foreign, from(party))), simshield.ReasonRequestKey},
			"a party unknown":     {signed(w.sign(w.key, from("app_none"))), simshield.ReasonRequestKey},
			"a party not linked":  {signed(w.sign(foreign, from("app_other"))), purchase.ReasonParty},
			"past":                {signed(w.sign(w.key, past)), simshield.ReasonRequest},
			"a batch":             {signed(w.sign(w.key, batch)), purchase.ReasonRequest},
			"another's chatbot":   {func(r *purchase.AskReq) { r.Client = "shop" }, "not_yours"},
			"a chatbot of nobody": {func(r *purchase.AskReq) { r.Chatbot = "bot_none" }, "not_yours"},
			"a chatbot not linked": {func(r *purchase.AskReq) { r.Client, r.Chatbot = "shop", "bot_shop" },
				purchase.ReasonParty},
		} {
			req := w.ask("order-1", "1.00")
			c.change(&req)
			if _, err := w.Ask(t.Context(), req); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: want %s, got %v", name, c.reason, err)
			}
		}
		w.must(w.Disallow(t.Context(), bot, party))
		if _, err := w.Ask(t.Context(), w.ask("order-1", "1.00")); simtrust.ReasonOf(err) != purchase.ReasonParty {
			t.Errorf("after the link's end: %v", err)
		}
		if w.post.count() != 0 {
			t.Error("somebody was asked")
		}
	})
}

// TestNotSent: a person who is not written to is not asked; where sending failed, the same request is taken up again while it is good, and
// forgotten after that without a word.
func TestNotSent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.ask("order-1", "1.00")
		w.post.reason = "recipient_changed"
		_, err := w.Ask(t.Context(), req)
		if simtrust.KindOf(err) != simtrust.KindDenied || simtrust.ReasonOf(err) != "recipient_changed" {
			t.Error(err)
		}
		w.post.reason, w.post.err = "", refusal(simtrust.KindUnavailable, sqldb.ReasonOutcomeUnknown)
		if _, err := w.Ask(t.Context(), req); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Error(err)
		}
		w.post.err = nil
		a := w.asked(req)
		w.tap(button(a.confirm))
		w.is(a.id, purchase.StateConfirmed, purchase.ByButton, "")

		second := w.ask("order-2", "1.00")
		w.post.reason = "no_opt_in"
		_, err = w.Ask(t.Context(), second)
		if simtrust.ReasonOf(err) != "no_opt_in" {
			t.Error(err)
		}
		w.holders.set("ten_next", w.holders.since)
		w.post.reason = ""
		if _, err := w.Ask(t.Context(), second); simtrust.ReasonOf(err) != purchase.CauseTenureEnded {
			t.Errorf("the number changed hands in between: %v", err)
		}
		w.pass(time.Minute)
		w.drain()
		if n := len(w.log.list); n != 1 {
			t.Errorf("told %d times", n)
		}
	})
}

// TestOthers: a purchase is unknown to other clients, and so is one that there is not.
func TestOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "1.00"))
		for client, id := range map[string]string{"shop": a.id, "": a.id, "bank": "pur_none"} {
			if _, err := w.Purchase(t.Context(), client, id); simtrust.KindOf(err) != simtrust.KindNotFound || simtrust.ReasonOf(err) != purchase.ReasonUnknown {
				t.Errorf("%q %s: %v", client, id, err)
			}
		}
	})
}

// TestWait: who waits is woken by the end.
func TestWait(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "1.00"))
		ended := make(chan purchase.State)
		go func() {
			p, err := w.Wait(t.Context(), "bank", a.id, time.Minute)
			if err != nil {
				t.Error(err)
			}
			ended <- p.State
		}()
		w.tap(button(a.deny))
		if got := <-ended; got != purchase.StateDenied {
			t.Errorf("%s", got)
		}
	})
}
