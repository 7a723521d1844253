package purchase_test

import (
	"cmp"
	"encoding/base64"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/messaging/purchase"
	"simtrust/simshield"
)

// TestButton: up to the threshold a button confirms; a button denies; each ends the purchase, and the SIM is not asked.
func TestButton(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		small := w.asked(w.ask("order-1", "999.99"))
		w.is(small.id, purchase.StateAsked, "", "")
		w.tap(button(small.confirm))
		w.is(small.id, purchase.StateConfirmed, purchase.ByButton, "")
		large := w.asked(w.ask("order-2", "48000.00"))
		w.tap(button(large.deny))
		w.is(large.id, purchase.StateDenied, purchase.ByButton, "")
		w.drain()
		if w.shield.times != 0 {
			t.Error("the SIM was asked")
		}
	})
}

// TestThreshold: equal to the threshold a button is enough, one minor unit above it is not; the bank's own counts before the operator's, and
// in a currency without one the SIM always confirms. The result says which it was.
func TestThreshold(t *testing.T) {
	operators := map[string]string{"CNY": "1000.00"}
	each(t, func(t *testing.T, w *world) {
		for order, c := range map[string]struct {
			amount, currency, above string
			state                   purchase.State
		}{
			"equal to the operator's":  {"1000.00", "CNY", "", purchase.StateConfirmed},
			"above the operator's":     {"1000.01", "CNY", "", purchase.StateStarting},
			"equal to the bank's":      {"50.00", "CNY", "50.00", purchase.StateConfirmed},
			"above the bank's":         {"50.01", "CNY", "50.00", purchase.StateStarting},
			"below a larger threshold": {"4999.00", "CNY", "5000.00", purchase.StateConfirmed},
			"a threshold of nothing":   {"0.01", "CNY", "0.00", purchase.StateStarting},
			"a currency of none":       {"1.00", "EUR", "", purchase.StateStarting},
			"a currency without cents": {"1001", "JPY", "1000", purchase.StateStarting},
			"its threshold":            {"1000", "JPY", "1000", purchase.StateConfirmed},
		} {
			req := w.ask("", "1.00")
			req.Request, req.SIMAbove = w.sign(w.key, w.claims(strings.ReplaceAll(order, " ", "-"), c.amount, c.currency)), c.above
			a := w.asked(req)
			w.tap(button(a.confirm))
			p, err := w.Purchase(t.Context(), "bank", a.id)
			if w.must(err); p.State != c.state {
				t.Errorf("%s: %s", order, p.State)
			}
			if !p.Final() {
				w.tap(button(a.deny))
				w.drain()
				p = w.is(a.id, purchase.StateDenied, purchase.ByButton, "")
			}
			if got := w.verify(p).SIMAbove; got != cmp.Or(c.above, operators[c.currency]) {
				t.Errorf("%s: by the result the SIM confirms above %q", order, got)
			}
		}
		for _, above := range []string{"1000", "1000.000", "-1.00", "1,000.00", "¥1000.00", "1e3", " 1.00", "999999999999999999999.00"} {
			req := w.ask("order-x", "1.00")
			req.SIMAbove = above
			if _, err := w.Ask(t.Context(), req); simtrust.ReasonOf(err) != purchase.ReasonThreshold {
				t.Errorf("%q: %v", above, err)
			}
		}
	})
}

// TestSIM: above the threshold the SIM decides, and each of its ends is one of the purchase's.
func TestSIM(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for end, want := range map[simshield.State]purchase.Standing{
			simshield.StateSigned:     {State: purchase.StateConfirmed, Method: purchase.BySIM},
			simshield.StateRefused:    {State: purchase.StateDenied, Method: purchase.BySIM},
			simshield.StateUnanswered: {State: purchase.StateExpired, Cause: purchase.CauseUnanswered},
			simshield.StateExpired:    {State: purchase.StateExpired},
			simshield.StateBlocked:    {State: purchase.StateFailed, Cause: simshield.CausePINBlocked},
			simshield.StateFailed:     {State: purchase.StateFailed, Cause: simshield.CausePhoneAbsent},
			simshield.StateCancelled:  {State: purchase.StateFailed, Cause: simshield.CauseParty},
		} {
			order := "order-" + string(end)
			a := w.asked(w.ask(order, "48000.00"))
			w.tap(button(a.confirm))
			w.is(a.id, purchase.StateStarting, "", "")
			w.drain()
			w.is(a.id, purchase.StateSigning, "", "")
			w.shield.end(order, end, want.Cause)
			w.pass(3 * time.Second)
			w.drain()
			if p := w.is(a.id, want.State, want.Method, want.Cause); p.Transaction == "" {
				t.Error("the end names no transaction")
			}
		}
	})
}

// TestText: what is typed denies, and never confirms: on a channel of text it has the SIM asked, whatever the amount.
func TestText(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		denied := w.asked(w.ask("order-1", "1.00"))
		w.tap(text(denied.deny))
		w.is(denied.id, purchase.StateDenied, purchase.ByText, "")
		typedOnRCS, silentOnSMS, enhanced := button, button, button
		for name, tap := range map[string]func(string) messaging.Tap{
			"sms":           text,
			"typed-on-rcs":  func(s string) messaging.Tap { t := typedOnRCS(s); t.Typed = true; return t },
			"sms-not-typed": func(s string) messaging.Tap { t := silentOnSMS(s); t.Channel = gsma.SMS; return t },
			"card-sms":      func(s string) messaging.Tap { t := silentOnSMS(s); t.Channel = gsma.CardSMS; return t },
			"enhanced":      func(s string) messaging.Tap { t := enhanced(s); t.Channel = gsma.Enhanced; return t },
		} {
			a := w.asked(w.ask(name, "1.00"))
			w.tap(tap(a.confirm))
			w.is(a.id, purchase.StateStarting, "", "")
			w.drain()
			w.shield.end(name, simshield.StateSigned, "")
			w.pass(3 * time.Second)
			w.drain()
			w.is(a.id, purchase.StateConfirmed, purchase.BySIM, "")
		}
	})
}

// TestForged: only the tokens of the notice do anything, for who was asked, in the chatbot that asked.
func TestForged(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, other := w.asked(w.ask("order-1", "1.00")), w.asked(w.ask("order-2", "2.00"))
		id, rest, _ := strings.Cut(a.confirm, ".")
		_, mac, _ := strings.Cut(rest, ".")
		_, otherMAC, _ := strings.Cut(strings.TrimPrefix(other.confirm, other.id+"."), ".")
		_, denyMAC, _ := strings.Cut(strings.TrimPrefix(a.deny, a.id+"."), ".")
		for name, token := range map[string]string{
			"empty": "", "no token": "yes", "no MAC": id + ".confirm", "empty MAC": id + ".confirm.", "another answer's MAC": id + ".confirm." + denyMAC,
			"the MAC of another amount": id + ".confirm." + otherMAC, "another purchase": other.id + ".confirm." + mac, "no purchase": "pur_none.confirm." + mac,
			"zeros": id + ".confirm." + base64.RawURLEncoding.EncodeToString(make([]byte, 32)), "longer": a.confirm + "A", "shorter": a.confirm[:len(a.confirm)-1],
			"an answer of nobody's": id + ".maybe." + mac, "four parts": a.confirm + ".x", "capitals": strings.ToUpper(a.confirm), "huge": strings.Repeat("a.", 1000),
			"not UTF-8": id + ".confirm.\xff\x00",
		} {
			w.refused(name, purchase.ReasonToken, button(token))
		}
		stranger, shop := button(a.confirm), button(a.confirm)
		stranger.Tenure, shop.Chatbot = "ten_stranger", "bot_shop"
		w.refused("another tenure", purchase.ReasonToken, stranger)
		w.refused("another chatbot", purchase.ReasonToken, shop)
		stranger, shop = text(a.deny), text(a.deny)
		stranger.Tenure, shop.Chatbot = "ten_stranger", "bot_shop"
		w.refused("denied by another tenure", purchase.ReasonToken, stranger)
		w.refused("denied in another chatbot", purchase.ReasonToken, shop)
		w.is(a.id, purchase.StateAsked, "", "")
		w.is(other.id, purchase.StateAsked, "", "")
	})
}

// TestTooLate: after the time to answer, after a denial and after a confirmation nothing is changed any more.
func TestTooLate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		denied, confirmed := w.asked(w.ask("order-1", "1.00")), w.asked(w.ask("order-2", "1.00"))
		late, lapsed := w.asked(w.ask("order-3", "1.00")), w.asked(w.ask("order-4", "1.00"))
		w.tap(button(denied.deny))
		w.refused("confirmed after a denial", purchase.ReasonTooLate, button(denied.confirm))
		w.refused("denied again", purchase.ReasonTooLate, text(denied.deny))
		w.tap(button(confirmed.confirm))
		w.refused("denied after a confirmation", purchase.ReasonTooLate, button(confirmed.deny))
		w.refused("confirmed again", purchase.ReasonTooLate, button(confirmed.confirm))
		w.pass(time.Minute)
		w.refused("at the second of its end", purchase.ReasonTooLate, button(late.confirm))
		w.drain()
		w.refused("after its end", purchase.ReasonTooLate, button(lapsed.confirm))
		w.is(denied.id, purchase.StateDenied, purchase.ByButton, "")
		w.is(confirmed.id, purchase.StateConfirmed, purchase.ByButton, "")
		w.is(late.id, purchase.StateExpired, "", "")
		w.is(lapsed.id, purchase.StateExpired, "", "")
	})
}

// TestAtOnce: of twenty copies of an answer, and of as many of the other, on two nodes, one counts.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "1.00"))
		nodes := []*purchase.Service{w.Service, w.node()}
		var racing sync.WaitGroup
		var mu sync.Mutex
		counted := map[string]int{}
		for i := range 40 {
			token := []string{a.confirm, a.deny}[i%2]
			racing.Go(func() {
				err := nodes[i/2%2].Tapped(t.Context(), button(token))
				if err != nil && simtrust.ReasonOf(err) != purchase.ReasonTooLate {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					counted[token]++
				}
			})
		}
		racing.Wait()
		switch {
		case counted[a.confirm] == 1 && counted[a.deny] == 0:
			w.is(a.id, purchase.StateConfirmed, purchase.ByButton, "")
		case counted[a.deny] == 1 && counted[a.confirm] == 0:
			w.is(a.id, purchase.StateDenied, purchase.ByButton, "")
		default:
			t.Errorf("%v", counted)
		}
	})
}

// TestHolderGone: what a tenure was asked ends with it, and with its SIM, whether or not the events of it have come.
func TestHolderGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		recycled, swapped, told, asking := w.asked(w.ask("order-1", "1.00")), w.asked(w.ask("order-2", "1.00")), w.asked(w.ask("order-3", "1.00")),
			w.asked(w.ask("order-4", "48000.00"))
		w.tap(button(asking.confirm))
		w.drain()
		since := w.holders.since
		w.holders.set(holder, since.Add(time.Hour))
		w.tap(button(swapped.confirm))
		w.is(swapped.id, purchase.StateFailed, "", purchase.CauseSIMChanged)
		w.holders.set("ten_next", since)
		next := button(recycled.confirm)
		next.Tenure = "ten_next"
		w.refused("who has the number now", purchase.ReasonToken, next)
		w.tap(button(recycled.confirm)) // on its way since before
		w.is(recycled.id, purchase.StateFailed, "", purchase.CauseTenureEnded)
		w.must(w.SIMChanged(t.Context(), simtrust.SIMChanged{Tenure: "ten_other"}))
		w.is(told.id, purchase.StateAsked, "", "")
		w.must(w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: holder}))
		w.must(w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: holder}))
		w.is(told.id, purchase.StateFailed, "", purchase.CauseTenureEnded)
		w.drain()
		w.is(asking.id, purchase.StateFailed, "", purchase.CauseTenureEnded)
		if w.shield.state("order-4") != simshield.StateCancelled {
			t.Error("the SIM asks on")
		}
	})
}

// TestSignedByAnother: what somebody signed who had the number before, asked by the bank itself, confirms nothing for who has it now.
func TestSignedByAnother(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.ask("order-1", "48000.00")
		_, err := w.shield.Confirm(t.Context(), req.Request, "ten_before")
		w.must(err)
		w.shield.end("order-1", simshield.StateSigned, "")
		a := w.asked(req)
		w.tap(button(a.confirm))
		w.drain()
		w.is(a.id, purchase.StateFailed, "", simshield.ReasonNotCurrent)
	})
}

// TestHoldersAway: where nobody can say who holds a number nothing is confirmed, and the answer can come again.
func TestHoldersAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "1.00"))
		w.holders.down = true
		if err := w.Tapped(t.Context(), button(a.confirm)); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Error(err)
		}
		w.is(a.id, purchase.StateAsked, "", "")
		w.holders.down = false
		w.tap(button(a.confirm))
		w.is(a.id, purchase.StateConfirmed, purchase.ByButton, "")
	})
}
