package dispatch_test

import (
	"testing"
	"time"

	"simtrust/messaging/dispatch"
)

func (w *world) prune() {
	w.t.Helper()
	if err := w.Prune(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// rows counts what is stored.
func (w *world) rows() (n int) {
	w.t.Helper()
	for _, table := range []string{"dispatch_message", "dispatch_step", "dispatch_delivery", "dispatch_sent", "dispatch_early"} {
		var some int
		if err := w.db.QueryRow(w.t.Context(), "select count(*) from "+table).Scan(&some); err != nil {
			w.t.Fatal(err)
		}
		n += some
	}
	return n
}

// TestPrune forgets everything of what expired thirty days ago and has ended, and nothing else.
func TestPrune(t *testing.T) {
	const keep = 30 * 24 * time.Hour
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 1100)
		w.drain()
		w.later(time.Hour)
		if err := w.Report(t.Context(), rcs, []dispatch.Report{{Ref: "unheard of", Fate: dispatch.FateDelivered}}); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(keep + time.Minute)
		w.prune()
		if n := w.rows(); n != 1+2+2*1100 {
			t.Errorf("%d rows are left of a message that had not ended", n)
		}
		w.drain()
		w.clock.pass(-2 * time.Minute)
		w.prune()
		if n := w.rows(); n != 1+2+2*1100 {
			t.Errorf("%d rows are left of what is kept", n)
		}
		w.clock.pass(2 * time.Minute)
		w.prune()
		if n := w.rows(); n != 0 {
			t.Errorf("%d rows are left", n)
		}
	})
}

// TestEarlyReportsAreKeptForAnHour: what was reported of a reference that is told within it counts.
func TestEarlyReportsAreKeptForAnHour(t *testing.T) {
	for wait, want := range map[time.Duration]dispatch.State{59 * time.Minute: dispatch.StateDelivered, 61 * time.Minute: dispatch.StateSubmitted} {
		each(t, func(t *testing.T, w *world) {
			p := plan(dispatch.ClassService)
			p.Expires = epoch.Add(24 * time.Hour)
			w.accept(p, 1)
			c := dispatch.Copy{Delivery: "dlv_0000", Attempt: 1}
			if err := w.Report(t.Context(), rcs, []dispatch.Report{{Ref: ref(c), Fate: dispatch.FateDelivered}}); err != nil {
				t.Fatal(err)
			}
			w.clock.pass(wait)
			w.prune()
			w.drain()
			w.want(want, "1 rcs")
		})
	}
}
