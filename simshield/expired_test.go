package simshield_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// onScreen lets time pass until what was sent to the phone, and was not answered, has run out at the platform, and what follows was sent.
func (w *world) onScreen(while time.Duration) {
	w.t.Helper()
	w.must(w.gateway.Drain(w.t.Context()))
	w.clock.advance(while)
	w.must(w.gateway.Drain(w.t.Context()), w.gateway.Drain(w.t.Context()))
}

// TestExpiredPrompt: a question that ran out on the screen is taken away, and the next one is shown at once.
func TestExpiredPrompt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		dead := w.bank.ask(w.bank.transfer("order-1", 100))
		w.onScreen(3 * time.Minute)
		w.is(dead.ID, simshield.StateExpired, "")
		next := w.bank.ask(w.bank.transfer("order-2", 200))
		w.settle()
		w.is(next.ID, simshield.StateSigned, "")
		w.is(dead.ID, simshield.StateExpired, "")
		if slices.ContainsFunc(p.person.shown, func(text string) bool { return strings.Contains(text, "¥100.00") }) {
			t.Errorf("shown: %q", p.person.shown)
		}
	})
}

// TestExpiredAnswer: a confirmation that was under way when the question ran out changes nothing, and the next one is not in its way.
func TestExpiredAnswer(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		dead := w.bank.ask(w.bank.transfer("order-1", 100))
		w.must(w.gateway.Drain(t.Context()), p.Settle(t.Context()))
		w.onScreen(3 * time.Minute)
		w.is(dead.ID, simshield.StateExpired, "")
		w.collect() // what the person confirmed
		w.is(dead.ID, simshield.StateExpired, "")
		if len(w.evidence.sealed) > 0 {
			t.Errorf("sealed: %+v", w.evidence.sealed)
		}
		next := w.bank.ask(w.bank.transfer("order-2", 200))
		w.settle()
		w.is(next.ID, simshield.StateSigned, "")
	})
}

// TestExpiredEnrolment: a registration that ran out on the screen is taken away too; the next one is shown.
func TestExpiredEnrolment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		dead, err := w.Register(t.Context(), w.registration(simshield.AtCounter))
		w.must(err)
		p.person.code = dead.Code
		w.onScreen(11 * time.Minute)
		if r, err := w.Registration(t.Context(), w.bank.id, dead.ID); err != nil || r.Cause != simshield.CauseExpired {
			t.Fatalf("%+v, %v", r, err)
		}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Errorf("%+v", r)
		}
	})
}
