package tsa_test

import (
	"sync"
	"testing"
	"time"

	"simtrust/ca/tsa"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
)

func TestClockThatJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"ahead": 501 * time.Millisecond, "back": -501 * time.Millisecond, "a day": 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.granted(w.stamp())
				w.clock.set(jump)
				w.wantRefused(timeNotAvailable)
				w.clock.pass(time.Hour) // which makes it no better
				w.wantRefused(timeNotAvailable)
				w.clock.set(-jump)
				w.granted(w.stamp())
			})
		})
	}
}

// TestClockThatIsAdjusted: small steps are held, and time does not go back.
func TestClockThatIsAdjusted(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.granted(w.stamp()).Time
		w.clock.set(-400 * time.Millisecond)
		for range 10 {
			at := w.granted(w.stamp()).Time
			if at.Before(before) {
				t.Fatalf("%v after %v", at, before)
			}
			before = at
			w.clock.pass(100 * time.Millisecond)
		}
		if wall, _ := w.clock.Read(); !w.granted(w.stamp()).Time.Equal(wall) {
			t.Error("it does not follow the clock")
		}
	})
}

func TestNeverBackOverARestart(t *testing.T) {
	for name, set := range map[string]time.Duration{"at once": 0, "with the clock back": -time.Minute, "a little back": -300 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.clock.pass(time.Second)
				last := w.granted(w.stamp()).Time
				wall, _ := w.clock.Read()
				again := w.node(&clock{wall: wall.Add(set)})
				again.wantRefused(timeNotAvailable)
				for refused := time.Duration(0); ; refused += 250 * time.Millisecond {
					if refused > 2500*time.Millisecond-set {
						t.Fatal("it never comes back")
					}
					var r response
					unmarshal(t, again.stamp(), &r)
					if r.Status.Status == 0 {
						break
					}
					again.clock.pass(250 * time.Millisecond)
				}
				if at := again.granted(again.stamp()).Time; !at.After(last) {
					t.Errorf("%v, after %v", at, last)
				}
			})
		})
	}
}

// TestNodes: two nodes with one key stamp side by side; one that falls behind stops.
func TestNodes(t *testing.T) {
	each(t, func(t *testing.T, a *world) {
		a.granted(a.stamp())
		a.clock.pass(2*time.Second + time.Millisecond)
		wall, _ := a.clock.Read()
		b := a.node(&clock{wall: wall.Add(400 * time.Millisecond)})
		for range 20 {
			b.granted(b.stamp())
			a.granted(a.stamp())
			a.clock.pass(777 * time.Millisecond)
			b.clock.pass(777 * time.Millisecond)
		}
		late := a.node(&clock{wall: wall})
		late.wantRefused(timeNotAvailable)
		b.clock.pass(10 * time.Second)
		b.granted(b.stamp())
		a.clock.pass(3 * time.Second)
		a.wantRefused(timeNotAvailable)
		a.clock.pass(8 * time.Second)
		a.granted(a.stamp())
	})
}

// TestStoreAway: what is reserved is used, more is not given.
func TestStoreAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		fresh := w.node(&clock{wall: start})
		w.granted(w.stamp())
		if err := w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			_, err := tx.Exec(t.Context(), `drop table tsa_clock`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.clock.pass(2 * time.Second)
		w.granted(w.stamp())
		w.clock.pass(time.Millisecond)
		for range 3 {
			w.wantRefused(timeNotAvailable)
			w.clock.pass(time.Second)
		}
		fresh.wantRefused(timeNotAvailable)
	})
}

// slowClock is that of a machine so slow that three seconds pass between two looks.
type slowClock struct{ *clock }

// Read implements tsa.Clock.
func (c slowClock) Read() (time.Time, time.Duration) {
	c.pass(3 * time.Second)
	return c.clock.Read()
}

func TestStoreSlowerThanTheBound(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	d := w.deps()
	d.Clock = slowClock{w.clock}
	var err error
	if w.Service, err = tsa.New(t.Context(), d, w.hierarchy, config()); err != nil {
		t.Fatal(err)
	}
	w.wantRefused(timeNotAvailable)
}

func TestManyAtATime(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			before := time.Time{}
			for range 40 {
				w.clock.pass(17 * time.Millisecond)
				at := w.granted(w.stamp()).Time
				if at.Before(before) {
					t.Errorf("%v after %v", at, before)
				}
				before = at
			}
		})
	}
	running.Wait()
}

func TestSystemClock(t *testing.T) {
	c := tsa.SystemClock()
	wall, mono := c.Read()
	if now := time.Now(); now.Sub(wall).Abs() > time.Minute || wall.Location() != time.UTC {
		t.Errorf("%v, now it is %v", wall, now)
	}
	if _, later := c.Read(); mono < 0 || later < mono {
		t.Errorf("%v, then %v", mono, later)
	}
}
