package simshield_test

import (
	"testing"

	"simtrust/ca"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// registration is what the bank asks for.
func (w *world) registration(how simshield.Identified) simshield.RegisterReq {
	return simshield.RegisterReq{Party: w.bank.id, Number: w.number(), Application: applet.Bank, Kinds: []applet.Kind{applet.KindTransaction},
		Algorithm: applet.P256, Identified: how, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}}
}

// TestBlockedMeanwhile: a PIN that is guessed to its end is known to be, also where the bank took the transaction back at the same moment.
func TestBlockedMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if _, err := w.Cancel(t.Context(), w.bank.id, tx.ID); err != nil {
			t.Fatal(err)
		}
		w.must(w.reply(tx.ID, applet.Response{Result: applet.PINBlocked}))
		w.is(tx.ID, simshield.StateCancelled, simshield.CauseParty)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		r, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		if err != nil || r.State != simshield.RegistrationAwaiting {
			t.Errorf("%+v, %v", r, err)
		}
	})
}

// TestBlockedWhileRegistering: PIN guessing at a registration's prompt ends the keys behind the PIN, and is not forgotten when there are
// none.
func TestBlockedWhileRegistering(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindDocument)
		p.person.pins = []string{"111111", "222222", "333333"}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.Cause != simshield.CausePINBlocked {
			t.Fatalf("%+v", r)
		}
		document := w.bank.login("order-1")
		delete(document, "login")
		document["document"] = claims{"title": "合同", "hash_algorithm": "SHA-256", "hash": make([]byte, 32)}
		w.bank.refused(simshield.ReasonNotEnrolled, document)
	})
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		p.person.pins = []string{"111111", "222222", "333333"}
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.Cause != simshield.CausePINBlocked {
			t.Fatalf("%+v", r)
		}
		if r, err := w.Register(t.Context(), w.registration(simshield.Remotely)); err != nil || r.State != simshield.RegistrationAwaiting {
			t.Errorf("%+v, %v", r, err)
		}
	})
}
