package simshield_test

import (
	"testing"
	"time"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// isCooled checks that the lower limit holds: neither at once nor within the day is more confirmed than it allows; after that it is.
func (w *world) isCooled(prefix string) {
	w.t.Helper()
	w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer(prefix+"-at-once", 50_001))
	w.clock.advance(24*time.Hour - time.Minute)
	w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer(prefix+"-that-day", 50_001))
	w.clock.advance(time.Minute)
	tx := w.bank.ask(w.bank.transfer(prefix+"-after", 50_001))
	w.settle()
	w.is(tx.ID, simshield.StateSigned, "")
}

// reenrolled has the customer's transaction key made anew, on the same card, without coming to the counter.
func (w *world) reenrolled(p *phone) {
	w.t.Helper()
	if r := w.enrol(firstPhone, p, simshield.Remotely, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
		w.t.Fatalf("the registration is %s, %s", r.State, r.Cause)
	}
}

// TestCooledAfterSuspicion: where theft was suspected the lower limit holds for a day, from when a key was taken back into use or another was
// made in its place; making one more does not shorten it.
func TestCooledAfterSuspicion(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		w.must(w.Suspend(t.Context(), w.number()))
		w.clock.advance(48 * time.Hour)
		w.must(w.Resume(t.Context(), w.bank.id, w.number()))
		w.isCooled("resumed")

		w.must(w.Suspend(t.Context(), w.number()))
		w.clock.advance(48 * time.Hour)
		w.reenrolled(p) // the document key stays suspended
		w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer("replaced", 50_001))
		w.must(w.Resume(t.Context(), w.bank.id, w.number()))
		w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer("resumed-the-rest", 50_001))
		w.reenrolled(p)
		w.isCooled("replaced-again")

		w.reenrolled(p)
		w.bank.ask(w.bank.transfer("another-day", 50_002))
	})
}

// TestCooledAfterLostRegistration: where all that a suspicion ended was a registration, the one after it starts low all the same.
func TestCooledAfterLostRegistration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		_, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		w.must(err, w.Suspend(t.Context(), w.number()))
		w.settle()
		w.reenrolled(p)
		w.isCooled("lost")
	})
}
