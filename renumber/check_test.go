package renumber_test

import (
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

func TestRecycledByInstant(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		n := number(t, one)
		o.must(assign(one, "ann", day(5)))
		o.must(event(renumber.Release, one, day(10)))
		ask := func(since time.Time, want bool) {
			t.Helper()
			if got, err := o.Recycled(t.Context(), n, since); err != nil || got != want {
				t.Errorf("since %v: %v, %v, want %v", since, got, err, want)
			}
		}
		ask(day(7), true) // unassigned now
		o.must(assign(one, "ben", day(15)))
		ask(day(1), true)
		ask(day(7), true)
		ask(day(12), true) // in the gap
		ask(day(15).Add(-time.Millisecond), true)
		ask(day(15), false)
		ask(now, false)
		o.must(to(event(renumber.Transfer, one, day(20)), "cid"))
		ask(day(16), true)
		ask(day(20), false)
		o.must(event(renumber.PortOut, one, day(25)))
		ask(day(21), true)
	})
}

func TestRecycledWindow(t *testing.T) {
	sqldbtest.Each(t, []sqldb.Migrations{renumber.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		o := newOperator(t, db, renumber.Config{Zone: shanghai, Covered: day(3)})
		o.must(assign(one, "ann", day(4)))
		for _, since := range []time.Time{now.Add(time.Millisecond), day(3).Add(-time.Millisecond), {}} {
			if _, err := o.Recycled(t.Context(), number(t, one), since); !isReason(err, simtrust.KindInvalid, renumber.ReasonOutOfWindow) {
				t.Errorf("since %v: %v", since, err)
			}
		}
		if _, err := o.Recycled(t.Context(), number(t, two), day(5)); !isReason(err, simtrust.KindNotFound, renumber.ReasonNeverOurs) {
			t.Error(err)
		}
		// The record begins on 3 January at 08:00 in Shanghai: the end of that day is covered, that of the day before is not.
		for d, covered := range map[string]bool{"2026-01-02": false, "2026-01-03": true, "2026-03-10": true, "2026-03-11": false, "2027-01-01": false} {
			_, err := o.RecycledSinceDay(t.Context(), number(t, one), parseDay(t, d))
			if covered != (err == nil) || !covered && !isReason(err, simtrust.KindInvalid, renumber.ReasonOutOfWindow) {
				t.Errorf("%s: %v", d, err)
			}
		}
		// Past 16:00 UTC it is tomorrow in Shanghai.
		o.now = now.Add(12 * time.Hour)
		if _, err := o.RecycledSinceDay(t.Context(), number(t, one), parseDay(t, "2026-03-11")); err != nil {
			t.Error(err)
		}
	})
}

func TestRecycledByDay(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		midnight := time.Date(2026, 1, 10, 0, 0, 0, 0, shanghai)
		for _, c := range []struct {
			opened time.Time
			want   map[string]bool
		}{
			{midnight.Add(-time.Millisecond), map[string]bool{"2026-01-08": true, "2026-01-09": false}},
			{midnight, map[string]bool{"2026-01-09": true, "2026-01-10": false}},
			{midnight.Add(24*time.Hour - time.Millisecond), map[string]bool{"2026-01-09": true, "2026-01-10": false, "2026-01-11": false}}, // the blind spot
		} {
			o.must(assign(one, "ann", c.opened))
			for d, recycled := range c.want {
				if got, err := o.RecycledSinceDay(t.Context(), number(t, one), parseDay(t, d)); err != nil || got != recycled {
					t.Errorf("opened %v, asked %s: %v, %v", c.opened, d, got, err)
				}
			}
			o.must(event(renumber.Release, one, c.opened))
		}
	})
}

func TestParseDay(t *testing.T) {
	for _, s := range []string{"", "2026-1-1", "2026-02-30", "2026-01-01T00:00:00Z", "20260101", " 2026-01-01", "2026-13-01", "0000-00-00", "２０２６-01-01"} {
		if _, err := renumber.ParseDay(s); !isReason(err, simtrust.KindInvalid, renumber.ReasonMalformed) {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func parseDay(t *testing.T, s string) renumber.Day {
	t.Helper()
	d, err := renumber.ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHolders(t *testing.T) {
	each(t, func(t *testing.T, o *operator) {
		a, b := o.must(assign(one, "ann", day(1))), o.must(assign(two, "ben", day(1)))
		o.must(assign("+8613800000003", "cid", day(1)))
		o.must(event(renumber.Release, "+8613800000003", day(2)))
		asked := []simtrust.Number{number(t, one), number(t, two), number(t, "+8613800000003"), number(t, "+8613800000004"), number(t, one)}
		held, err := o.Holders(t.Context(), asked)
		if err != nil || len(held) != 2 || held[asked[0]].ID != a || held[asked[1]].ID != b {
			t.Errorf("%v, %v", held, err)
		}
		if held, err := o.Holders(t.Context(), nil); err != nil || len(held) != 0 {
			t.Errorf("of no numbers: %v, %v", held, err)
		}
		o.Close()
		if _, err := o.Current(t.Context(), asked[0]); simtrust.KindOf(err) != simtrust.KindUnavailable {
			t.Errorf("after Close: %v", err)
		}
	})
}
