package account_test

import (
	"strings"
	"sync"
	"testing"

	"simtrust"
	"simtrust/account"
)

// TestOneSubjectKeyPerStore: nodes with keys of their own would show each holder to an app as several people.
func TestOneSubjectKeyPerStore(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		if err := w.CheckSubjectKey(t.Context()); err != nil {
			t.Fatalf("a fresh store: %v", err)
		}
		if err := w.node().CheckSubjectKey(t.Context()); err != nil {
			t.Errorf("the same key: %v", err)
		}
		for range 2 {
			err := w.nodeWithKey(strings.Repeat("x", 32)).CheckSubjectKey(t.Context())
			wantError(t, err, simtrust.KindConflict, account.ReasonOtherSubjectKey)
		}
		if err := w.CheckSubjectKey(t.Context()); err != nil {
			t.Errorf("the first key, after another was tried: %v", err)
		}
	})
}

func TestRivalSubjectKeys(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			s := w.nodeWithKey(strings.Repeat(string(rune('a'+i)), 32))
			wg.Go(func() { errs[i] = s.CheckSubjectKey(t.Context()) })
		}
		wg.Wait()
		accepted := 0
		for _, err := range errs {
			if err == nil {
				accepted++
				continue
			}
			wantError(t, err, simtrust.KindConflict, account.ReasonOtherSubjectKey)
		}
		if accepted != 1 {
			t.Errorf("%d keys were accepted", accepted)
		}
	})
}
