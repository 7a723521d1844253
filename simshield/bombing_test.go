package simshield_test

import (
	"fmt"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield"
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
