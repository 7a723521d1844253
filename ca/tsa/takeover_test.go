package tsa_test

import (
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/internal/keys"
)

// prepare replaces the delegate by one with another key.
func (w *world) prepare(h *ca.Hierarchy) func() {
	w.t.Helper()
	takeOver, err := w.Prepare(w.t.Context(), h)
	if err != nil {
		w.t.Fatal(err)
	}
	return func() {
		takeOver()
		w.hierarchy = h
	}
}

// The new delegate stamps from the moment it takes over, without a pause, and not before.
func TestReplacedDelegateTakesOver(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.granted(w.stamp()).Time // verifies under the delegate of w.hierarchy
		takeOver := w.prepare(newHierarchy(t, keys.P384, nil))
		w.granted(w.stamp())
		takeOver()
		if at := w.granted(w.stamp()).Time; at.Before(before) {
			t.Errorf("%v after %v", at, before)
		}
	})
}

// A hierarchy that was loaded again with the same delegate changes nothing, nor does one renewed under its key: there is no pause.
func TestSameKeyGoesOn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.granted(w.stamp())
		w.prepare(w.hierarchy)()
		w.granted(w.stamp())
		w.prepare(newHierarchy(t, keys.P256, func(c *smx509.Certificate) { c.NotAfter = start.AddDate(2, 0, 0) }))()
		w.granted(w.stamp())
	})
}

// What another node gave with the new key before is past once it takes over here.
func TestTakeOverAfterAnotherNode(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		h := newHierarchy(t, keys.P384, nil)
		wall, mono := w.clock.Read()
		other := w.node(&clock{wall: wall, mono: mono})
		other.prepare(h)()
		last := other.granted(other.stamp()).Time
		takeOver := w.prepare(h)
		takeOver()
		w.wantRefused(timeNotAvailable)
		w.clock.pass(2*time.Second + time.Millisecond)
		if at := w.granted(w.stamp()).Time; !at.After(last) {
			t.Errorf("%v, after %v", at, last)
		}
	})
}

// A clock that jumped is not trusted again because the key is another; and time does not go back.
func TestTakeOverKeepsTheClock(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		before := w.granted(w.stamp()).Time
		w.clock.set(-400 * time.Millisecond)
		w.prepare(newHierarchy(t, keys.P384, nil))()
		if at := w.granted(w.stamp()).Time; at.Before(before) {
			t.Errorf("%v after %v", at, before)
		}
		w.clock.set(-200 * time.Millisecond)
		w.wantRefused(timeNotAvailable)
		w.prepare(newHierarchy(t, keys.P256, nil))()
		w.wantRefused(timeNotAvailable)
	})
}

// What would not do at a start is refused, and the delegate before goes on.
func TestUnfitDelegateDoesNotTakeOver(t *testing.T) {
	for name, spoil := range map[string]func(h *ca.Hierarchy){
		"none":           func(h *ca.Hierarchy) { h.TSA = nil },
		"no chain":       func(h *ca.Hierarchy) { h.TSAChain = nil },
		"another key":    func(h *ca.Hierarchy) { h.TSA.Signer = keysOf()[keys.P256][1] },
		"another root":   func(h *ca.Hierarchy) { h.TSAChain[1] = newHierarchy(t, keys.P256, nil).Roots[0] },
		"no certificate": func(h *ca.Hierarchy) { h.TSA.Raw = []byte{0x30, 0} },
		"for more than stamps": func(h *ca.Hierarchy) {
			*h = *newHierarchy(t, keys.P384, func(c *smx509.Certificate) { c.KeyUsage |= smx509.KeyUsageKeyEncipherment })
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t, newHierarchy(t, keys.P256, nil))
			h := newHierarchy(t, keys.P384, nil)
			spoil(h)
			if takeOver, err := w.Prepare(t.Context(), h); err == nil || takeOver != nil {
				t.Errorf("prepared: %v", err)
			}
			w.granted(w.stamp())
		})
	}
}

// Requests beside a take-over are all answered, by one delegate or the other.
func TestTakeOverUnderLoad(t *testing.T) {
	w := embedded(t, newHierarchy(t, keys.P256, nil))
	takeOver, err := w.Prepare(t.Context(), newHierarchy(t, keys.P384, nil))
	if err != nil {
		t.Fatal(err)
	}
	var clients sync.WaitGroup
	begun := make(chan struct{}, 64)
	for range 8 {
		clients.Go(func() {
			for range 8 {
				var r response
				unmarshal(t, w.stamp(), &r)
				if r.Status.Status != 0 {
					t.Errorf("refused: %q", r.Status.Text)
				}
				begun <- struct{}{}
			}
		})
	}
	<-begun
	takeOver()
	clients.Wait()
}
