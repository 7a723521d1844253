package optin_test

import (
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/optin"
)

// TestLateFactsDispute has the operator learn late of what took place before an opt-in was obtained.
func TestLateFactsDispute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(20))
		w.accept(shop, one, day(10))
		w.later(time.Hour)
		cid := w.must(transfer(one, "cid", day(15))) // the number was cid's when bank says that ann opted in
		wantChanged(t, "by number", w.ask(bank, one))
		wantChanged(t, "by tenure", w.still(bank, ann))
		wantNone(t, "never attributed to the other", w.still(bank, cid))
		w.drain()
		w.drain()
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionDispute}) {
			t.Errorf("record of the opt-in after the fact: %v", got)
		}
		if got := w.actions(shop); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionEnd}) {
			t.Errorf("record of the opt-in before the fact: %v", got)
		}
		wantChanged(t, "by number, later", w.ask(bank, one))
	})
}

func TestLateChangeOfSIMDisputes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(newSIM(one, 1, day(6)))
		ann := w.accept(bank, one, day(20))
		w.accept(shop, one, day(10))
		w.later(time.Hour)
		w.must(newSIM(one, 2, day(15)))
		w.drain()
		w.drain()
		wantNone(t, "obtained on the SIM that was gone", w.ask(bank, one))
		wantNone(t, "by tenure", w.still(bank, ann))
		wantYes(t, "obtained before", w.ask(shop, one))
		want(t, "the same again", w.optIn(bank, one, day(20)), simtrust.KindConflict, optin.ReasonSuperseded)
		w.accept(bank, one, time.Time{})
		w.redeliver(ann, day(15))
		wantYes(t, "a later one", w.ask(bank, one))
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionDispute, optin.ActionOptIn}) {
			t.Errorf("record: %v", got)
		}
	})
}

// redeliver brings the event of a late change of SIM again, a minute after it was recorded.
func (w *world) redeliver(tenure simtrust.TenureID, effective time.Time) {
	w.t.Helper()
	e := simtrust.SIMChanged{Tenure: tenure, Seq: 1, Effective: effective, Recorded: w.now}
	w.later(time.Minute)
	if err := w.SIMChanged(w.t.Context(), e); err != nil {
		w.t.Error(err)
	}
}

func TestAChangeOfSIMInTimeDisputesNothing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(newSIM(one, 1, day(6)))
		w.accept(bank, one, time.Time{})
		w.later(time.Minute)
		w.must(newSIM(one, 2, w.now))
		w.drain()
		wantYes(t, "after it", w.ask(bank, one))
	})
}

func TestEndsAreIdempotent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		w.rehold(one, "cid", day(40))
		e := simtrust.TenureEnded{Tenure: ann, Seq: 9, Effective: day(40), Recorded: w.now}
		for range 3 {
			if err := w.TenureEnded(t.Context(), e); err != nil {
				t.Error(err)
			}
		}
		w.drain()
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionEnd}) {
			t.Errorf("record: %v", got)
		}
	})
}
