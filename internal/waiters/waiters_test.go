package waiters_test

import (
	"sync"
	"testing"

	"simtrust/internal/waiters"
)

func woken(w *waiters.Waiter[string]) bool {
	select {
	case <-w.Woken():
		return true
	default:
		return false
	}
}

func TestWake(t *testing.T) {
	var all waiters.Waiters[string]
	a, again, b := all.Join("a"), all.Join("a"), all.Join("b")
	all.Wake("a", "unknown")
	if !woken(a) || !woken(again) || woken(b) {
		t.Errorf("woken: %t %t, and the other %t", woken(a), woken(again), woken(b))
	}
	later := all.Join("a")
	a.Leave()
	again.Leave()
	if woken(later) || all.Names() != 2 {
		t.Errorf("one who came later: %t; %d names", woken(later), all.Names())
	}
	all.Wake("a")
	if !woken(later) {
		t.Error("those who were woken before took the one who came later with them")
	}
	later.Leave()
	b.Leave()
	if all.Names() != 0 {
		t.Error("nobody waits, and something is kept")
	}
}

func TestTell(t *testing.T) {
	var all waiters.Waiters[string]
	a, again, b := all.Join("a"), all.Join("a"), all.Join("b")
	all.Tell("unknown", "nothing")
	all.Tell("a", "signed")
	all.Wake("b")
	for _, w := range []*waiters.Waiter[string]{a, again} {
		if !woken(w) || w.Told() == nil || *w.Told() != "signed" {
			t.Errorf("woken: %t, told %v", woken(w), w.Told())
		}
	}
	if later := all.Join("a"); woken(later) || later.Told() != nil {
		t.Error("one who came later was told")
	}
	if !woken(b) || b.Told() != nil {
		t.Errorf("woken: %t, and told %v by nobody", woken(b), b.Told())
	}
}

func TestManyWait(t *testing.T) {
	var all waiters.Waiters[string]
	var group sync.WaitGroup
	for range 64 {
		w := all.Join("a")
		group.Go(func() {
			defer w.Leave()
			<-w.Woken()
		})
	}
	all.Wake("a")
	group.Wait()
	if all.Names() != 0 {
		t.Error("something is kept")
	}
}
