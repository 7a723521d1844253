package simshield_test

import (
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

const secondPhone = "+8613800000002"

// shields are two cards of one customer, with the keys of the bank.
func (w *world) shields() {
	w.t.Helper()
	w.customer()
	second := w.subscriber(secondPhone, 2)
	if r := w.enrol(secondPhone, second, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
		w.t.Fatalf("the registration is %s, %s", r.State, r.Cause)
	}
}

// by is a transfer that another card is to confirm.
func (c claims) by(number string) claims {
	c["phone_number"] = number
	return c
}

// in changes a member of the transfer.
func (c claims) in(member string, value any) claims {
	c["transfer"].(claims)[member] = value
	return c
}

// TestTwoShieldsOfAnAccount: two shields on one account, at once on two nodes, stay below the ceiling of a day together; what is not signed
// is given back to the account, and the next day is another.
func TestTwoShieldsOfAnAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.shields()
		nodes, errs := []*simshield.Service{w.Service, w.node()}, make([]error, 2)
		asked := make([]simshield.Transaction, 2)
		var racing sync.WaitGroup
		for i, number := range []string{firstPhone, secondPhone} {
			request := w.bank.sign(w.bank.transfer("racing-"+number[1:], 3_000_000).by(number))
			racing.Go(func() { asked[i], errs[i] = nodes[i].Confirm(t.Context(), w.bank.id, request) })
		}
		racing.Wait()
		lost := 0
		if errs[0] == nil {
			lost = 1
		}
		if errs[1-lost] != nil || simtrust.ReasonOf(errs[lost]) != simshield.ReasonDayLimit {
			t.Fatal(errs)
		}
		loser := []string{firstPhone, secondPhone}[lost]
		if _, err := w.Cancel(t.Context(), w.bank.id, asked[1-lost].ID); err != nil {
			t.Fatal(err)
		}
		w.bank.ask(w.bank.transfer("given-back", 3_000_000).by(loser))
		w.settle()
		for _, number := range []string{firstPhone, secondPhone} {
			w.bank.refused(simshield.ReasonDayLimit, w.bank.transfer("above-"+number[1:], 2_000_001).by(number))
			w.bank.refused(simshield.ReasonDayLimit, w.bank.transfer("others-"+number[1:], 2_000_000).by(number).in("other_channels", "0.01"))
		}
		other := w.bank.transfer("another-account", 2_000_000).by(loser)
		other["customer"] = "6222020200112244"
		w.bank.ask(other)
		w.clock.advance(24 * time.Hour)
		w.bank.ask(w.bank.transfer("next-day", 5_000_000).by([]string{firstPhone, secondPhone}[1-lost]))
	})
}

// TestOwnAccounts: what goes to the customer's own accounts, signed or not, uses up nothing of what may go to others; only the shield counts it.
func TestOwnAccounts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.EID, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Fatalf("%+v", r)
		}
		eID := func(c claims) claims {
			c["application"] = "eid"
			return c
		}
		ends := func(order string, yuan int, own bool, state simshield.State) {
			t.Helper()
			tx := w.bank.ask(eID(w.bank.transfer(order, yuan).in("own_account", own)))
			p.person.refuses = state == simshield.StateRefused
			w.settle()
			w.is(tx.ID, state, "")
		}
		ends("own-1", 100_000, true, simshield.StateSigned)
		ends("own-2", 100_000, true, simshield.StateRefused)
		ends("free-1", 20_000, false, simshield.StateRefused)
		ends("free-2", 30_000, false, simshield.StateSigned)
		ends("own-3", 4_000_000, true, simshield.StateSigned)
		ends("free-3", 20_000, false, simshield.StateSigned)
		w.bank.refused(simshield.ReasonCertificateRequired, eID(w.bank.transfer("free-4", 1)))
		w.bank.refused(simshield.ReasonDayLimit, eID(w.bank.transfer("own-4", 850_001).in("own_account", true)))
	})
}
