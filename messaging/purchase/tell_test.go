package purchase_test

import (
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/purchase"
	"simtrust/simshield"
)

// ends are what people were told of ends, in order.
func (w *world) ends() (list []string) {
	w.post.mu.Lock()
	defer w.post.mu.Unlock()
	for _, req := range w.post.sent {
		if !req.Door {
			list = append(list, req.Content.Text)
		}
	}
	return list
}

func (w *world) told(want ...string) {
	w.t.Helper()
	w.drain()
	w.drain()
	if got := w.ends(); !slices.Equal(got, want) {
		w.t.Errorf("told %q, want %q", got, want)
	}
}

// TestTold: who answered hears how it ended, once, in the words of the notice's language, under a key that no other message has.
func TestTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "128.00"))
		w.told()
		w.tap(button(a.confirm))
		w.told("您已确认付款 ¥128.00。")
		w.refused("again", purchase.ReasonTooLate, button(a.confirm))
		w.must(w.node().Drain(t.Context()))
		sent := w.post.find(a.id + ".end")
		if sent.Client != "bank" || sent.Chatbot != bot || sent.Class != dispatch.ClassTransaction || !slices.Equal(sent.To, []string{number}) || sent.Door {
			t.Errorf("%+v", sent)
		}
		english := w.ask("order-2", "1.00")
		english.Language = "en"
		w.tap(text(w.asked(english).deny))
		large := w.asked(w.ask("order-3", "48000.00"))
		w.tap(button(large.confirm))
		w.told("您已确认付款 ¥128.00。", "You denied the payment of ¥1.00.")
		w.shield.end("order-3", simshield.StateSigned, "")
		w.later()
		unsigned := w.asked(w.ask("order-4", "48000.00"))
		w.tap(button(unsigned.confirm))
		w.drain()
		w.shield.end("order-4", simshield.StateUnanswered, "")
		w.later()
		w.told("您已确认付款 ¥128.00。", "You denied the payment of ¥1.00.", "您已确认付款 ¥48,000.00。", "付款 ¥48,000.00 未在时限内确认。")
	})
}

// TestNotTold: who did nothing is not bothered, until they answer what is past; and nothing is told where the number or the SIM is in other hands.
func TestNotTold(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ignored, asleep := w.asked(w.ask("order-1", "1.00")), w.asked(w.ask("order-2", "2.00"))
		w.pass(2 * time.Minute)
		w.drain()
		w.is(ignored.id, purchase.StateExpired, "", "")
		w.told()
		w.refused("too late", purchase.ReasonTooLate, button(asleep.confirm))
		w.refused("again", purchase.ReasonTooLate, button(asleep.confirm))
		w.told("付款 ¥2.00 未在时限内确认。")
		w.refused("twice", purchase.ReasonTooLate, button(asleep.deny))
		w.told("付款 ¥2.00 未在时限内确认。")

		swapped, moved := w.asked(w.ask("order-3", "3.00")), w.asked(w.ask("order-4", "48000.00"))
		w.must(w.SIMChanged(t.Context(), simtrust.SIMChanged{Tenure: holder}))
		w.is(swapped.id, purchase.StateFailed, "", purchase.CauseSIMChanged)
		w.is(moved.id, purchase.StateFailed, "", purchase.CauseSIMChanged)
		ended := w.asked(w.ask("order-5", "5.00"))
		w.tap(button(ended.deny))
		w.holders.set("ten_next", w.now())
		w.told("付款 ¥2.00 未在时限内确认。")
	})
}

// TestToldLater: what cannot be sent now is sent later, for a while; what is refused is not tried again. The end stands in any case.
func TestToldLater(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a := w.asked(w.ask("order-1", "1.00"))
		w.tap(button(a.confirm))
		w.post.err = refusal(simtrust.KindUnavailable, messaging.ReasonKeyBusy)
		if err := w.Drain(t.Context()); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Error(err)
		}
		w.is(a.id, purchase.StateConfirmed, purchase.ByButton, "")
		w.post.err = nil
		w.told()
		w.pass(3 * time.Second)
		w.told("您已确认付款 ¥1.00。")
		for order, err := range map[string]error{"refused": refusal(simtrust.KindDenied, "sender_suspended"), "away for long": refusal(simtrust.KindUnavailable, "")} {
			b := w.asked(w.ask("order-"+order[:4], "2.00"))
			w.tap(button(b.deny))
			w.post.err = err
			if order != "refused" {
				w.pass(11 * time.Minute)
			}
			w.drain()
			w.post.err = nil
			w.pass(time.Hour)
			w.told("您已确认付款 ¥1.00。")
		}
	})
}
