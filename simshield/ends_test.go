package simshield_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
)

// TestPerson: what the person does is how the transaction ends, and what is not signed is given back to the day.
func TestPerson(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		for order, c := range map[string]struct {
			person func(*person)
			state  simshield.State
		}{
			"refuses":           {func(p *person) { p.refuses = true }, simshield.StateRefused},
			"does-nothing":      {func(p *person) { p.ignores = true }, simshield.StateUnanswered},
			"errs-and-corrects": {func(p *person) { p.pins = []string{"111111", "222222"} }, simshield.StateSigned},
		} {
			t.Run(order, func(t *testing.T) {
				p.person.refuses, p.person.ignores, p.person.pins = false, false, nil
				c.person(p.person)
				tx := w.bank.ask(w.bank.transfer(order, 2_000_000))
				w.settle()
				w.is(tx.ID, c.state, "")
			})
		}
		w.bank.refused(simshield.ReasonDayLimit, w.bank.transfer("order-last", 3_000_001)) // only the signed one counts
	})
}

// TestBlockedPIN: the third wrong PIN is the end of the key and of its certificate; with another card, at the counter or with two operators,
// there is a new one, which signs.
func TestBlockedPIN(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		outbox.On(w.outbox, "test", w.KeyEnded)
		p.person.pins = []string{"111111", "222222", "333333"}
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.settle()
		w.is(tx.ID, simshield.StateBlocked, simshield.CausePINBlocked)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		if err := w.outbox.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		for profile, over := range map[string]bool{"bank-sim": true, "bank-sim-document": true, "bank-sim-login": false} {
			found, _, err := w.ca.Search(t.Context(), ca.Query{Profile: profile}, ca.Page{})
			if err != nil || len(found) != 1 || found[0].Revoked.IsZero() == over {
				t.Errorf("%s: want it revoked %v: %+v, %v", profile, over, found, err)
			}
		}
		fresh := w.renewed()
		r, err := w.Register(t.Context(), w.registration(simshield.Remotely))
		if err != nil || r.State != simshield.RegistrationAwaiting {
			t.Fatalf("%+v, %v", r, err)
		}
		fresh.person.code = r.Code
		w.settle()
		if len(fresh.person.shown) != 0 {
			t.Errorf("asked before anybody approved: %q", fresh.person.shown)
		}
		for _, c := range []struct{ operator, reason, state string }{
			{w.bank.id, simshield.ReasonSameOperator, ""}, {"anna", "", simshield.RegistrationAwaiting}, {"anna", simshield.ReasonSameOperator, ""},
			{"boris", "", simshield.RegistrationOpen}, {"chen", simshield.ReasonNotAwaiting, ""},
		} {
			got, err := w.Approve(t.Context(), c.operator, r.ID)
			if simtrust.ReasonOf(err) != c.reason || err == nil && got.State != c.state {
				t.Errorf("%s: %s, %v", c.operator, got.State, err)
			}
		}
		w.settle()
		again := w.bank.ask(w.bank.transfer("order-3", 100))
		w.settle()
		w.is(again.ID, simshield.StateSigned, "")
	})
}

// TestCancelled: what was taken back before it left is never shown; on the screen it is taken away, and an answer that comes all the same
// changes nothing.
func TestCancelled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if got, err := w.Cancel(t.Context(), w.bank.id, tx.ID); err != nil || got.State != simshield.StateCancelled {
			t.Fatal(got, err)
		}
		w.settle()
		if len(p.person.shown) != 0 {
			t.Errorf("shown: %q", p.person.shown)
		}
		late := w.bank.ask(w.bank.transfer("order-2", 100))
		if err := w.gateway.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Cancel(t.Context(), w.bank.id, late.ID); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.is(late.ID, simshield.StateCancelled, simshield.CauseParty)
		signed := w.bank.ask(w.bank.transfer("order-3", 100))
		w.settle()
		if _, err := w.Cancel(t.Context(), w.bank.id, signed.ID); simtrust.ReasonOf(err) != simshield.ReasonEnded {
			t.Error(err)
		}
		w.is(signed.ID, simshield.StateSigned, "")
	})
}

// TestOneEnd: a signature, a cancellation and the end of the time at once leave one end, and it stays.
func TestOneEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		for _, order := range []string{"order-1", "order-2", "order-3"} {
			tx := w.bank.ask(w.bank.transfer(order, 100))
			if err := w.gateway.Drain(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := p.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			var racing sync.WaitGroup
			racing.Go(w.collect)
			racing.Go(func() { _, _ = w.Cancel(t.Context(), w.bank.id, tx.ID) })
			racing.Go(func() { _, _ = w.Cancel(t.Context(), w.bank.id, tx.ID) })
			racing.Wait()
			ended, err := w.Transaction(t.Context(), w.bank.id, tx.ID)
			if err != nil || ended.State != simshield.StateSigned && ended.State != simshield.StateCancelled {
				t.Fatalf("%+v, %v", ended, err)
			}
			w.clock.advance(time.Hour)
			if err := w.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
			w.settle()
			w.is(tx.ID, ended.State, ended.Cause)
			if got := len(w.evidence.sealed); ended.State == simshield.StateSigned && got == 0 {
				t.Error("signed without evidence")
			}
		}
	})
}

// TestExpired: after its time a transaction is over, on the phone too, and a signature that comes then is void.
func TestExpired(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 3_000_000))
		if err := w.gateway.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := p.Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clock.advance(3 * time.Minute)
		w.collect()
		w.is(tx.ID, simshield.StateExpired, "")
		unseen := w.bank.ask(w.bank.transfer("order-2", 3_000_000))
		w.clock.advance(3 * time.Minute)
		if err := w.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.person.shown = nil
		w.settle()
		w.is(unseen.ID, simshield.StateExpired, "")
		if len(p.person.shown) != 0 {
			t.Errorf("shown after its time: %q", p.person.shown)
		}
	})
}

// TestAbsent: a phone that cannot be reached is said to be absent.
func TestAbsent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		p.absent = true
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.settle()
		w.is(tx.ID, simshield.StateFailed, simshield.CausePhoneAbsent)
	})
}

// TestUnknownFailure: an end of a packet by a cause that nobody has heard of ends the transaction as failed, and gives back what it had reserved.
func TestUnknownFailure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		for i, cause := range []gateway.Cause{"struck_by_lightning", gateway.Withdrawn, gateway.Answered, ""} {
			tx := w.bank.ask(w.bank.transfer(fmt.Sprintf("order-%d", i), 5_000_000))
			w.must(w.Failed(t.Context(), gateway.Failure{Packet: "ota_none", Ref: tx.ID, Cause: cause}))
			w.is(tx.ID, simshield.StateFailed, simshield.CauseSIM)
		}
	})
}

// replaced puts another card into service on the number.
func (w *world) replaced(place int) (before, after renumber.Holding) {
	n, err := simtrust.ParseNumber(firstPhone)
	if err != nil {
		w.t.Fatal(err)
	}
	before, err = w.holders.Current(w.t.Context(), n)
	if err != nil {
		w.t.Fatal(err)
	}
	w.subscriber(firstPhone, place)
	after, _ = w.holders.Current(w.t.Context(), n)
	return before, after
}

// renewed gives the holder another card, and returns the telephone with it.
func (w *world) renewed() *phone {
	w.t.Helper()
	before, after := w.replaced(2)
	after.ID, after.SIMChanged = before.ID, w.clock.now()
	w.holders.set(after.Number, after)
	w.must(w.SIMChanged(w.t.Context(), simtrust.SIMChanged{Tenure: before.ID, Seq: 1, Effective: w.clock.now(), Recorded: w.clock.now()}))
	return w.phones.all[after.SIMs[0].IMSI]
}

// TestSIMSwap: with another card nothing is inherited: what is open is not signed, the key is over, and a new one starts low.
func TestSIMSwap(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if err := w.gateway.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		before, after := w.replaced(2)
		after.ID, after.SIMChanged = before.ID, w.clock.now()
		w.holders.set(after.Number, after)
		if err := p.Settle(t.Context()); err != nil { // the thief, or the owner, still signs with the old card
			t.Fatal(err)
		}
		w.collect()
		w.is(tx.ID, simshield.StateFailed, simshield.CauseLostOwnership)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		event := simtrust.SIMChanged{Tenure: before.ID, Seq: 1, Effective: w.clock.now(), Recorded: w.clock.now()}
		for range 2 {
			if err := w.SIMChanged(t.Context(), event); err != nil {
				t.Fatal(err)
			}
		}
		w.holders.set(before.Number, before) // the old card in service again does not bring the key back
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-3", 100))
		w.holders.set(after.Number, after)
		fresh := w.phones.all[after.SIMs[0].IMSI]
		if r := w.enrol(firstPhone, fresh, simshield.AtCounter, applet.Bank, applet.KindTransaction); r.State != simshield.RegistrationDone {
			t.Fatalf("%+v", r)
		}
		w.bank.refused(simshield.ReasonCoolingLimit, w.bank.transfer("order-4", 50_001))
		w.bank.ask(w.bank.transfer("order-5", 50_000))
	})
}

// TestRecycledNumber: who gets the number gets none of the keys, even with the card.
func TestRecycledNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		n, _ := simtrust.ParseNumber(firstPhone)
		before, _ := w.holders.Current(t.Context(), n)
		after := before
		after.ID = simtrust.NewTenureID()
		w.holders.set(n, after)
		w.settle()
		w.is(tx.ID, simshield.StateFailed, simshield.CauseLostOwnership)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: before.ID, Seq: 1}); err != nil {
			t.Fatal(err)
		}
		w.holders.set(n, before)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-3", 100))
	})
}

// TestPortedOrBarred: while a line is with another operator, or barred, the prompt that was open is not signed, whatever the card answers, and
// there is neither another nor a registration; when the line is back its keys sign again, the old prompt stays over.
func TestPortedOrBarred(t *testing.T) {
	for name, c := range map[string]struct {
		away   func(h *renumber.Holding)
		reason string
	}{
		"ported out": {func(h *renumber.Holding) { h.OutOfSight = true }, simshield.ReasonNotEnrolled},
		"barred":     {func(h *renumber.Holding) { h.Suspended = true }, simshield.ReasonNotCurrent},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				p := w.customer()
				tx := w.bank.ask(w.bank.transfer("order-1", 5_000_000))
				w.must(w.gateway.Drain(t.Context()))
				before, err := w.holders.Current(t.Context(), w.number())
				after := before
				c.away(&after)
				w.holders.set(w.number(), after)
				w.must(err, p.Settle(t.Context())) // the person signs
				w.collect()
				w.is(tx.ID, simshield.StateFailed, simshield.CauseLostOwnership)
				if len(w.evidence.sealed) != 0 {
					t.Error("there is evidence")
				}
				w.bank.refused(c.reason, w.bank.transfer("order-2", 100))
				if r, err := w.Register(t.Context(), w.registration(simshield.AtCounter)); err == nil {
					t.Errorf("registered: %+v", r)
				}
				w.holders.set(w.number(), before)
				w.settle()
				w.is(tx.ID, simshield.StateFailed, simshield.CauseLostOwnership)
				back := w.bank.ask(w.bank.transfer("order-3", 5_000_000))
				w.settle()
				w.is(back.ID, simshield.StateSigned, "")
			})
		})
	}
}

// TestTenureEndCancels: the end of a holding takes the prompt away at once.
func TestTenureEndCancels(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		n, _ := simtrust.ParseNumber(firstPhone)
		held, _ := w.holders.Current(t.Context(), n)
		if err := w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: held.ID, Seq: 1}); err != nil {
			t.Fatal(err)
		}
		w.is(tx.ID, simshield.StateCancelled, simshield.CauseTenureEnded)
		w.settle()
		if len(p.person.shown) != 0 {
			t.Errorf("shown: %q", p.person.shown)
		}
	})
}

// TestSuspected: suspended keys sign nothing, until they are resumed.
func TestSuspected(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		n, _ := simtrust.ParseNumber(firstPhone)
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		if err := w.Suspend(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		w.is(tx.ID, simshield.StateCancelled, simshield.CauseSuspended)
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100))
		w.clock.advance(time.Second)
		if err := w.Resume(t.Context(), "another-bank", n); err != nil {
			t.Fatal(err)
		}
		w.bank.refused(simshield.ReasonNotEnrolled, w.bank.transfer("order-2", 100)) // it is not another's to resume
		if err := w.Resume(t.Context(), w.bank.id, n); err != nil {
			t.Fatal(err)
		}
		again := w.bank.ask(w.bank.transfer("order-3", 100))
		w.settle()
		w.is(again.ID, simshield.StateSigned, "")
	})
}

// TestFailClosed: without a status, a stamp or the holder's standing nothing is signed; when they are back, the same answer counts.
func TestFailClosed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		w.holders.down = true
		if _, err := w.Confirm(t.Context(), w.bank.id, w.bank.sign(w.bank.transfer("order-0", 100))); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Error(err)
		}
		w.holders.down = false
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.evidence.fail(errDown)
		w.settle()
		w.is(tx.ID, simshield.StateOpen, "")
		w.evidence.fail(nil)
		w.clock.advance(31 * time.Second) // the question is put again; the card has answered it
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		if n := strings.Count(strings.Join(p.person.shown, "\n"), "【转账确认】"); n != 1 {
			t.Errorf("shown %d times", n)
		}
		denied := w.bank.ask(w.bank.transfer("order-2", 100))
		w.evidence.fail(&simtrust.Error{Kind: simtrust.KindDenied, Msg: "revoked"})
		w.settle()
		w.is(denied.ID, simshield.StateFailed, simshield.CauseCertificate)
	})
}

// TestRevokedCertificate: neither a new question nor an answer counts under a certificate that is revoked.
func TestRevokedCertificate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		found, _, err := w.ca.Search(t.Context(), ca.Query{Profile: "bank-sim"}, ca.Page{})
		if err != nil || len(found) != 1 {
			t.Fatal(found, err)
		}
		if _, err := w.ca.Revoke(t.Context(), ca.RevokeReq{ID: found[0].ID, Reason: ca.KeyCompromise, By: "test", Officer: true}); err != nil {
			t.Fatal(err)
		}
		w.settle()
		w.is(tx.ID, simshield.StateFailed, simshield.CauseCertificate)
		w.bank.refused(simshield.ReasonCertificate, w.bank.transfer("order-2", 100))
	})
}
