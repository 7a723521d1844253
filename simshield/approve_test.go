package simshield_test

import (
	"testing"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// TestApproveRemotely: over HTTP two operators approve, each once, and nobody else does.
func TestApproveRemotely(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		p.person.pins = []string{"111111", "222222", "333333"}
		w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction)
		w.renewed()
		r, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		w.must(err)
		for _, c := range []struct {
			token  string
			kind   simtrust.Kind
			reason string
			state  string
		}{
			{"bank", simtrust.KindDenied, "insufficient_scope", ""}, {"stranger", simtrust.KindDenied, "insufficient_scope", ""},
			{"anna", "", "", simshield.RegistrationAwaiting}, {"anna", simtrust.KindConflict, simshield.ReasonSameOperator, ""},
			{"boris", "", "", simshield.RegistrationOpen}, {"anna", simtrust.KindConflict, simshield.ReasonNotAwaiting, ""},
		} {
			got, err := w.remote(c.token).Approve(t.Context(), r.ID)
			wants(t, c.token, err, c.kind, c.reason)
			if err == nil && got.State != c.state {
				t.Errorf("%s: %+v", c.token, got)
			}
		}
		_, err = w.remote("anna").Approve(t.Context(), "reg_none")
		wants(t, "no such registration", err, simtrust.KindNotFound, simshield.ReasonUnknownRegistration)
	})
}

// TestSuspectedRemotely: over HTTP a party that registers persons suspends and resumes; who only approves does neither.
func TestSuspectedRemotely(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		bank, anna := w.remote("bank"), w.remote("anna")
		wants(t, "an operator suspends", anna.Suspend(t.Context(), w.number()), simtrust.KindDenied, "insufficient_scope")
		w.must(bank.Suspend(t.Context(), w.number()))
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-1", 100))
		wants(t, "an operator resumes", anna.Resume(t.Context(), w.number()), simtrust.KindDenied, "insufficient_scope")
		w.must(bank.Resume(t.Context(), w.number()))
		w.is(w.signed("order-2").ID, simshield.StateSigned, "")
	})
}
