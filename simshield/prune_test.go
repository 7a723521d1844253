package simshield_test

import (
	"testing"
	"time"

	"simtrust/simshield"
)

// count is how many rows a table has.
func (w *world) count(table string) (n int) {
	w.t.Helper()
	w.must(w.db.QueryRow(w.t.Context(), "select count(*) from "+table).Scan(&n))
	return n
}

// TestPrune: what limits look at stays, what none does goes, in pages; transactions stay for ever.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 4_000_000))
		w.settle()
		w.must(w.Prune(t.Context()))
		if sums, asked := w.count("simshield_sum"), w.count("simshield_asked"); sums != 2 || asked != 1 {
			t.Errorf("%d sums, %d askers", sums, asked)
		}
		w.bank.refused(simshield.ReasonDayLimit, w.bank.transfer("order-2", 4_000_000))
		w.exec(`insert into simshield_sum (party, kind, subject, day, amount)
			with recursive days(n) as (select 1 union all select n + 1 from days where n < 2500) select 'bank', 'customer', 'c' || n, '2020-01-01', n from days`)
		w.clock.advance(3 * time.Hour)
		w.must(w.Prune(t.Context()))
		if sums, asked, prompts := w.count("simshield_sum"), w.count("simshield_asked"), w.count("simshield_prompts"); sums != 2 || asked+prompts != 0 {
			t.Errorf("after three hours: %d sums, %d askers, %d prompts", sums, asked, prompts)
		}
		w.clock.advance(9 * 24 * time.Hour)
		w.must(w.Prune(t.Context()))
		if sums := w.count("simshield_sum"); sums != 0 {
			t.Errorf("after nine days: %d sums", sums)
		}
		w.is(tx.ID, simshield.StateSigned, "")
	})
}

// TestEndAfterPrune: what was left open so long that its day's sums are gone ends all the same.
func TestEndAfterPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.customer()
		tx := w.bank.ask(w.bank.transfer("order-1", 100))
		w.clock.advance(9 * 24 * time.Hour)
		w.must(w.Prune(t.Context()), w.Sweep(t.Context()))
		w.is(tx.ID, simshield.StateExpired, "")
	})
}
