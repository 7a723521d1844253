package simshield_test

import (
	"testing"
	"time"

	"simtrust/internal/outbox"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestRegistrationRunsOut: a key that was certified and never installed ends with its registration, and its certificate too.
func TestRegistrationRunsOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		outbox.On(w.outbox, "test", w.KeyEnded)
		p := w.subscriber(firstPhone, 1)
		r, err := w.Register(t.Context(), w.registration(simshield.AtCounter))
		w.must(err)
		p.person.code = r.Code
		w.must(w.gateway.Drain(t.Context()), p.Settle(t.Context()))
		w.collect()
		w.clock.advance(25 * time.Hour)
		w.must(w.Sweep(t.Context()), w.outbox.Drain(t.Context()))
		if c := w.certificate("bank-sim"); c.Revoked.IsZero() {
			t.Errorf("%+v", c)
		}
	})
}

// TestSuspectedWhileCertified: where theft is suspected while the authority certifies a key, the key is over before it is used.
func TestSuspectedWhileCertified(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		outbox.On(w.outbox, "test", w.KeyEnded)
		p := w.subscriber(firstPhone, 1)
		r, err := w.Register(t.Context(), w.registration(simshield.AtCounter))
		w.must(err)
		p.person.code = r.Code
		w.must(w.gateway.Drain(t.Context()), p.Settle(t.Context()))
		w.ca.during = func() { w.must(w.Suspend(t.Context(), w.number())) }
		w.settle()
		w.must(w.outbox.Drain(t.Context()))
		if c := w.certificate("bank-sim"); c.Revoked.IsZero() {
			t.Errorf("a certificate for nobody's key stands: %+v", c)
		}
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-1", 100))
	})
}

// TestBackdatedSIMChange: a change of SIM that is dated back is followed by the lower limit all the same.
func TestBackdatedSIMChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		h, err := w.holders.Current(t.Context(), w.number())
		w.must(err)
		h.SIMChanged, h.SIMChangedRecorded = w.clock.now().Add(-48*time.Hour), w.clock.now()
		w.holders.set(h.Number, h)
		w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
		w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer("order-1", 50_001))
		w.clock.advance(25 * time.Hour)
		w.bank.ask(w.bank.transfer("order-2", 50_001))
	})
}
