package simshield_test

import (
	"sync"
	"testing"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// cancels takes a registration back.
func (w *world) cancels(id string) {
	w.t.Helper()
	if r, err := w.CancelRegistration(w.t.Context(), w.bank.id, id); err != nil || r.State != simshield.RegistrationFailed || r.Cause != simshield.CauseParty {
		w.t.Errorf("%+v, %v", r, err)
	}
}

// TestCancelledRegistration: a registration that was a mistake is taken back, before the card knows of it, on the screen and while approvals are
// awaited; the applet is free for the right one, no key of the mistaken one signs, and its code is worth nothing.
func TestCancelledRegistration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		req := w.registration(simshield.AtCounter)
		unsent, err := w.Register(t.Context(), req)
		w.must(err)
		w.cancels(unsent.ID)
		w.cancels(unsent.ID) // again
		w.settle()
		if len(p.person.shown) > 0 {
			t.Errorf("shown: %q", p.person.shown)
		}
		asked, err := w.Register(t.Context(), req)
		w.must(err, w.gateway.Drain(t.Context())) // the card has it, and has not been answered
		p.person.code = asked.Code
		w.cancels(asked.ID)
		w.settle()
		if r, err := w.Registration(t.Context(), w.bank.id, asked.ID); err != nil || r.State != simshield.RegistrationFailed || len(r.Certificates) > 0 {
			t.Errorf("%+v, %v", r, err)
		}
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-1", 100))
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Errorf("%+v", r)
		}
		w.is(w.signed("order-2").ID, simshield.StateSigned, "")
	})
}

// signed asks and lets the person sign.
func (w *world) signed(order string) simshield.Transaction {
	w.t.Helper()
	tx := w.bank.ask(w.bank.transfer(order, 100))
	w.settle()
	return tx
}

// TestCancelAwaiting: a registration that awaits approvals is taken back; approvals that come later open nothing.
func TestCancelAwaiting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		p.person.pins = []string{"111111", "222222", "333333"}
		w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
		w.renewed()
		awaiting, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		if err != nil || awaiting.State != simshield.RegistrationAwaiting {
			t.Fatalf("%+v, %v", awaiting, err)
		}
		w.cancels(awaiting.ID)
		if _, err := w.Approve(t.Context(), "operator-1", awaiting.ID); simtrust.ReasonOf(err) != simshield.ReasonNotAwaiting {
			t.Error(err)
		}
		if _, err := w.Register(t.Context(), w.registration(simshield.Remotely)); err != nil {
			t.Error(err)
		}
	})
}

// TestOthersRegistration: a party cancels its own registrations only.
func TestOthersRegistration(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.subscriber(firstPhone, 1)
		w.register("rival", "别家")
		r, err := w.Register(t.Context(), w.registration(simshield.AtCounter))
		w.must(err)
		if _, err := w.CancelRegistration(t.Context(), "rival", r.ID); simtrust.ReasonOf(err) != simshield.ReasonUnknownRegistration {
			t.Error(err)
		}
		if got, err := w.Registration(t.Context(), w.bank.id, r.ID); err != nil || got.State != simshield.RegistrationOpen {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// TestCancelAgainstEnrolment: a cancellation races the card's answer; either the key signs and the registration is done, or neither.
func TestCancelAgainstEnrolment(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		r, err := w.Register(t.Context(), w.registration(simshield.AtCounter))
		w.must(err, w.gateway.Drain(t.Context()))
		p.person.code = r.Code
		var racing sync.WaitGroup
		racing.Go(func() { _, _ = w.CancelRegistration(t.Context(), w.bank.id, r.ID) })
		w.settle()
		racing.Wait()
		w.settle()
		r, err = w.Registration(t.Context(), w.bank.id, r.ID)
		w.must(err)
		_, err = w.Confirm(t.Context(), w.bank.id, w.bank.sign(w.bank.transfer("order-1", 100)))
		switch {
		case r.State == simshield.RegistrationDone && err == nil:
		case r.State == simshield.RegistrationFailed && simtrust.ReasonOf(err) == simshield.ReasonNotEnrolled:
		default:
			t.Errorf("%+v; %v", r, err)
		}
	})
}
