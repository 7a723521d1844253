package simshield_test

import (
	"fmt"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// exec changes the store behind the module.
func (w *world) exec(text string, args ...any) {
	w.t.Helper()
	w.must(w.db.InTx(w.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(w.t.Context(), text, args...)
		return err
	}))
}

// prompted makes a card one that was asked so often in this minute.
func (w *world) prompted(p *phone, times int) {
	w.t.Helper()
	w.exec(`delete from simshield_prompts`)
	w.exec(`insert into simshield_prompts (iccid, minute, count) values ($1, $2, $3)`, p.iccid, w.clock.now().Unix()/60, int64(times))
}

// TestRegistrationBombing: registrations are prompts too, and end with the minute's.
func TestRegistrationBombing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.subscriber(firstPhone, 1)
		w.prompted(p, 1000)
		req := w.registration(simshield.AtCounter)
		if r, err := w.Register(t.Context(), req); simtrust.ReasonOf(err) != simshield.ReasonTooMany {
			t.Errorf("%+v, %v", r, err)
		}
		w.clock.advance(time.Minute)
		if _, err := w.Register(t.Context(), req); err != nil {
			t.Error(err)
		}
	})
}

// TestSilentBombing: requests that the policy refuses, which nobody sees, do not use up the prompts of a card for other parties; and one
// that comes too often gives back what it had reserved.
func TestSilentBombing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.customer()
		w.prompted(p, 999)
		for i := range 3 {
			w.bank.refused(simshield.ReasonItemLimit, w.bank.transfer(fmt.Sprintf("large-%d", i), 5_000_001))
		}
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		w.bank.refused(simshield.ReasonTooMany, w.bank.transfer("order-2", 4_999_900))
		w.prompted(p, 0)
		w.bank.ask(w.bank.transfer("order-3", 4_999_900))
	})
}

// citizen is a subscriber with the login key of the eID applet, which answers to every party.
func (w *world) citizen() *phone {
	w.t.Helper()
	p := w.subscriber(firstPhone, 1)
	if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.EID, applet.KindLogin); r.State != simshield.RegistrationDone {
		w.t.Fatalf("the registration is %s, %s", r.State, r.Cause)
	}
	w.clock.advance(time.Minute)
	return p
}

// eID asks for a login by the eID applet.
func (b *bank) eID(order string) claims {
	c := b.login(order)
	c["application"] = "eid"
	return c
}

// TestPartyBombing: a party that asks one card again and again, be it signed, busy or another sort of prompt, uses up its own share: others ask
// the card all the same, and it may ask other cards.
func TestPartyBombing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.citizen()
		rival := w.register("rival", "别家")
		w.prompting(simshield.Prompts{}) // six a minute, three of them one party's
		for i := range 2 {
			rival.ask(rival.eID(fmt.Sprintf("bomb-%d", i)))
			w.settle()
		}
		open := rival.ask(rival.eID("bomb-2"))
		for i := range 10 {
			rival.refused(simshield.ReasonTooMany, rival.eID(fmt.Sprintf("more-%d", i)))
		}
		n, err := simtrust.ParseNumber(firstPhone)
		w.must(err)
		req := w.registration(simshield.AtCounter)
		req.Party, req.Number = rival.id, n
		if _, err := w.Register(t.Context(), req); simtrust.ReasonOf(err) != simshield.ReasonTooMany {
			t.Errorf("a registration is a prompt too: %v", err)
		}
		if again := rival.ask(rival.eID("bomb-2")); again.ID != open.ID {
			t.Error("an order that is known was asked again")
		}
		w.settle()
		for i := range 3 {
			tx := w.bank.ask(w.bank.eID(fmt.Sprintf("order-%d", i)))
			w.settle()
			w.is(tx.ID, simshield.StateSigned, "")
		}
		w.clock.advance(time.Minute)
		rival.ask(rival.eID("later"))
	})
}

// TestKeptBusy: a party that keeps a card busy with questions that nobody signs has to leave it alone for the rest of the hour. Questions that
// are signed do not count, and other parties ask all the same.
func TestKeptBusy(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.citizen()
		rival := w.register("rival", "别家")
		w.prompting(simshield.Prompts{Card: 1000, Unheeded: 4})
		w.clock.advance(w.clock.now().Truncate(time.Hour).Add(time.Hour).Sub(w.clock.now())) // an hour begins
		for i := range 5 {
			rival.ask(rival.eID(fmt.Sprintf("signed-%d", i)))
			w.settle()
		}
		cancelled := rival.ask(rival.eID("cancelled"))
		_, err := w.Cancel(t.Context(), rival.id, cancelled.ID)
		w.must(err)
		p.person.ignores = true
		rival.ask(rival.eID("ignored"))
		w.settle()
		p.person.ignores, p.person.refuses = false, true
		rival.ask(rival.eID("refused"))
		w.settle()
		p.person.refuses = false
		rival.ask(rival.eID("expired"))
		w.clock.advance(5 * time.Minute)
		w.must(w.Sweep(t.Context()))
		rival.refused(simshield.ReasonTooMany, rival.eID("once more"))
		tx := w.bank.ask(w.bank.eID("order-1"))
		w.settle()
		w.is(tx.ID, simshield.StateSigned, "")
		w.clock.advance(55 * time.Minute)
		rival.ask(rival.eID("the hour after"))
	})
}

// TestNotThePartysDoing: questions that ended for the operator's events, or by a suspicion, do not count against the party that had asked.
func TestNotThePartysDoing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.citizen()
		rival := w.register("rival", "别家")
		w.prompting(simshield.Prompts{Card: 1000, Unheeded: 1})
		held, err := w.holders.Current(t.Context(), w.number())
		w.must(err)
		for order, event := range map[string]func() error{
			"suspended": func() error { return w.Suspend(t.Context(), w.number()) },
			"swapped": func() error {
				_, after := w.replaced(2)
				after.ID = held.ID
				w.holders.set(after.Number, after)
				defer w.holders.set(held.Number, held)
				return w.SIMChanged(t.Context(), simtrust.SIMChanged{Tenure: held.ID, Seq: 1})
			},
			"ended": func() error { return w.TenureEnded(t.Context(), simtrust.TenureEnded{Tenure: held.ID, Seq: 1}) },
		} {
			if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.EID, applet.KindLogin); r.State != simshield.RegistrationDone {
				t.Fatalf("%+v", r)
			}
			tx := rival.ask(rival.eID(order))
			w.must(event())
			ended, err := w.Transaction(t.Context(), rival.id, tx.ID)
			if err != nil || ended.State != simshield.StateCancelled || ended.Cause == simshield.CauseParty {
				t.Errorf("%s: %+v, %v", order, ended, err)
			}
		}
		w.enrol(firstPhone, p, simshield.AtCounter, applet.EID, applet.KindLogin)
		w.cancelled(rival, "taken-back")
		rival.refused(simshield.ReasonTooMany, rival.eID("once-more"))
	})
}

// cancelled has a party ask and take the question back.
func (w *world) cancelled(b *bank, order string) {
	w.t.Helper()
	_, err := w.Cancel(w.t.Context(), b.id, b.ask(b.eID(order)).ID)
	w.must(err)
}

// TestSweepPastDamage: a transaction that cannot be ended, for its row was tampered with, does not keep others from their end.
func TestSweepPastDamage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.must(w.gateway.Drain(t.Context()))
		for i := range 3 {
			id := fmt.Sprintf("txn_%d", i)
			w.exec(`insert into simshield_transaction (id, party, ref, digest, form, kind, tenure, iccid, key, request, signed_over, command, code, customer,
				amount, day, decision, state, cause, created, expires, ended, signature, evidence)
				select $1, party, $1, digest, form, kind, tenure, $1, key, request, signed_over, $2, code, customer, amount, day, decision, state, cause,
				created, $3, ended, signature, evidence from simshield_transaction where id = $4`, id, []byte{0xFF}, int64(i), tx.ID)
		}
		w.clock.advance(3 * time.Minute)
		if err := w.Sweep(t.Context()); err == nil {
			t.Error("what is damaged is passed over in silence")
		}
		w.is(tx.ID, simshield.StateExpired, "")
	})
}
