package optin_test

import (
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"simtrust/internal/sqldb"
)

const threeYears = 3 * 365 * 24 * time.Hour

// counts are the rows of the package's tables.
func (w *world) counts() map[string]int {
	w.t.Helper()
	out := map[string]int{}
	for _, table := range []string{"messaging_optin", "messaging_optin_number", "messaging_optin_change", "messaging_optin_day"} {
		rows, err := w.db.Query(w.t.Context(), "select '' from "+table)
		list, err := sqldb.Collect(rows, err, scanText)
		if err != nil {
			w.t.Fatal(err)
		}
		out[table] = len(list)
	}
	return out
}

func (w *world) prune() {
	w.t.Helper()
	if err := w.Prune(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) wantRows(what string, entries, numbers, changes, days int) {
	w.t.Helper()
	want := map[string]int{"messaging_optin": entries, "messaging_optin_number": numbers, "messaging_optin_change": changes, "messaging_optin_day": days}
	if got := w.counts(); !maps.Equal(got, want) {
		w.t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// TestPrune: what shows a permission outlives its tenure by three years; a standing that lasts is kept, whatever its age.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(bank, two, day(10)) // lasts
		w.accept(bank, one, day(10))
		w.accept(shop, one, day(10))
		if err := w.Withdraw(t.Context(), shop, "client", number(t, one)); err != nil {
			t.Fatal(err)
		}
		w.rehold(one, "cid", day(40))
		w.drain()
		wantChanged(t, "the old list", w.optIn(bank, one, day(10)))
		w.wantRows("before", 3, 3, 5, 1)
		w.later(threeYears - time.Hour)
		w.prune()
		w.wantRows("within three years", 3, 3, 5, 0)
		wantChanged(t, "sending", w.ask(bank, one))
		w.later(2 * time.Hour)
		w.prune()
		w.wantRows("after them", 1, 1, 1, 0)
		wantYes(t, "who stayed", w.ask(bank, two))
		wantNone(t, "who went", w.ask(bank, one))
		wantChanged(t, "the old list still", w.optIn(bank, one, day(10)))
	})
}

// TestNumbersThatWereOnlyNamed: a sender that withdraws what never was leaves nothing behind.
func TestNumbersThatWereOnlyNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var callers sync.WaitGroup
		for i := range 1100 { // more than go at once
			callers.Go(func() {
				if err := w.Withdraw(t.Context(), bank, "client", number(t, fmt.Sprintf("+86139%08d", i))); err != nil {
					t.Error(err)
				}
			})
		}
		callers.Wait()
		w.prune()
		w.wantRows("after pruning", 0, 0, 0, 0)
	})
}
