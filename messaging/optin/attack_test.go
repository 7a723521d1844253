package optin_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/optin"
	"simtrust/renumber"
)

// TestAnOldListNeverBindsTheNewHolder uploads a list that was made before the number went to somebody else.
func TestAnOldListNeverBindsTheNewHolder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(bank, one, day(10))
		cid := w.rehold(one, "cid", day(40))
		for range 3 {
			wantChanged(t, "the old list", w.optIn(bank, one, day(10)))
			wantChanged(t, "the old list, of another chatbot", w.optIn(shop, one, day(10)))
			w.later(time.Hour)
		}
		wantChanged(t, "sending", w.ask(bank, one))
		wantNone(t, "sending, of another chatbot", w.ask(shop, one))
		wantNone(t, "the new holder", w.still(bank, cid))
		w.drain()
		if len(w.renewed) != 0 {
			t.Errorf("announced: %v", w.renewed)
		}
	})
}

// TestRenewal states a new opt-in after RECIPIENT_CHANGED: it is announced, recorded and refused at one tap.
func TestRenewal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(bank, one, day(10))
		cid := w.rehold(one, "cid", day(40))
		w.drain()
		wantChanged(t, "the old list", w.optIn(bank, one, day(10)))
		w.later(time.Minute)
		if got := w.accept(bank, one, time.Time{}); got != cid {
			t.Fatalf("bound to %s, want %s", got, cid)
		}
		wantYes(t, "renewed", w.ask(bank, one))
		w.drain()
		if want := []optin.Renewed{{Chatbot: bank, Tenure: cid, At: w.now}}; !cmp.Equal(want, w.renewed) {
			t.Errorf("announced: %v, want %v", w.renewed, want)
		}
		if err := w.Refuse(t.Context(), bank, cid); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "refused", w.ask(bank, one))
		w.later(time.Minute)
		wantRefused(t, "uploaded again", w.optIn(bank, one, time.Time{}))
		wantRefused(t, "still refused", w.still(bank, cid))
		w.drain()
		if len(w.refused) != 1 || w.refused[0].Tenure != cid {
			t.Errorf("refusals told: %v", w.refused)
		}
		want := []optin.Action{optin.ActionOptIn, optin.ActionEnd, optin.ActionRenewal, optin.ActionRefusal}
		if got := w.actions(bank); !slices.Equal(got, want) {
			t.Errorf("record: %v, want %v", got, want)
		}
	})
}

// TestNoWayAroundTheRenewal tries to have the opt-in of a new holder taken for a first one.
func TestNoWayAroundTheRenewal(t *testing.T) {
	for name, before := range map[string]func(t *testing.T, w *world){
		"without asking": func(*testing.T, *world) {},
		"after a withdrawal": func(t *testing.T, w *world) {
			wantYes(t, "withdraw", w.Withdraw(t.Context(), bank, "client", number(t, one)))
		},
		"after the old list":    func(t *testing.T, w *world) { wantChanged(t, "list", w.optIn(bank, one, day(10))) },
		"once the end is known": func(_ *testing.T, w *world) { w.drain() },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.accept(bank, one, day(10))
				w.rehold(one, "cid", day(40))
				before(t, w)
				w.later(time.Minute)
				w.accept(bank, one, time.Time{})
				w.drain()
				if len(w.renewed) != 1 || !slices.Contains(w.actions(bank), optin.ActionRenewal) {
					t.Errorf("announced %v, record %v", w.renewed, w.actions(bank))
				}
			})
		})
	}
}

// TestTrialsDoNotDateTheChange looks for the day of the change by bisection: after the first RECIPIENT_CHANGED every instant before
// that answer has the same.
func TestTrialsDoNotDateTheChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rehold(one, "cid", day(40))
		wantChanged(t, "the first", w.optIn(bank, one, day(39)))
		first := w.now
		for d := 10; d < 55; d++ {
			w.later(time.Second)
			wantChanged(t, "a later one", w.optIn(bank, one, day(d)))
		}
		wantChanged(t, "just before the first answer", w.optIn(bank, one, first.Add(-time.Millisecond)))
		wantNone(t, "sending", w.ask(bank, one))
		w.accept(bank, one, first.Add(time.Millisecond)) // what has no news in it moves nothing
	})
}

// TestTrialsDoNotDateAHolder walks back from an opt-in that is bound, and from one that was withdrawn, looking for the instant at which the
// holder came: the answer is the same on both sides of it.
func TestTrialsDoNotDateAHolder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		cid := w.rehold(one, "cid", day(40))
		w.accept(bank, one, day(50))
		for d := 55; d > 10; d-- {
			if got := w.accept(bank, one, day(d)); got != cid {
				t.Fatalf("day %d: %s", d, got)
			}
		}
		wantYes(t, "withdraw", w.Withdraw(t.Context(), bank, "client", number(t, one)))
		for d := 55; d > 10; d-- {
			want(t, "after the withdrawal", w.optIn(bank, one, day(d)), simtrust.KindConflict, optin.ReasonSuperseded)
		}
		wantNone(t, "sending", w.ask(bank, one))
	})
}

// TestTrialsByBasisDoNotDateAHolder has an opt-in by contract become one by consent.
func TestTrialsByBasisDoNotDateAHolder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.rehold(one, "cid", day(40))
		at := day(50)
		if _, err := w.OptIn(t.Context(), optin.OptIn{Chatbot: bank, Number: number(t, one), Obtained: &at, Basis: optin.Contract}); err != nil {
			t.Fatal(err)
		}
		for d := 49; d > 10; d-- {
			want(t, "consent before the contract", w.optIn(bank, one, day(d)), simtrust.KindConflict, optin.ReasonSuperseded)
		}
		w.accept(bank, one, day(51))
		wantYes(t, "promotion", w.askFor(optin.Question{Chatbot: bank, Class: optin.ClassPromotion}, one))
	})
}

// TestNobodyAndSomebodyElseLookAlike compares the answers about a number that changed hands, one without a holder, and one that was
// never assigned.
func TestNobodyAndSomebodyElseLookAlike(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const stranger = "+4915112345678"
		w.must(feed(renumber.Assign, three, "dan", day(5)))
		w.must(feed(renumber.Release, three, "", day(20)))
		w.rehold(one, "cid", day(40))
		var uploads, sendings []string
		for _, n := range []string{one, three, stranger} {
			uploads = append(uploads, w.optIn(bank, n, day(10)).Error())
			sendings = append(sendings, w.ask(bank, n).Error())
		}
		sendings = append(sendings, w.ask(bank, two).Error()) // held, never opted in
		for what, texts := range map[string][]string{"uploads": uploads, "sendings": sendings} {
			if len(slices.Compact(texts)) != 1 {
				t.Errorf("%s differ: %q", what, texts)
			}
		}
	})
}

func TestRenewalsAreLimited(t *testing.T) {
	sqldbtest.Each(t, schemas(), func(t *testing.T, db *sqldb.DB) {
		const limit, tries = 5, 20
		w := newWorld(t, db, optin.Config{RenewalsPerDay: limit})
		numbers := make([]string, tries)
		for i := range numbers {
			numbers[i] = "+86139000000" + string(rune('0'+i/10)) + string(rune('0'+i%10))
			w.must(feed(renumber.Assign, numbers[i], "old", day(5)))
			w.accept(bank, numbers[i], day(10))
			w.rehold(numbers[i], "new", day(40))
		}
		var taken, limited int
		for _, err := range w.atOnce(numbers) {
			switch {
			case err == nil:
				taken++
			case errors.Is(err, &simtrust.Error{Kind: simtrust.KindLimited, Reason: optin.ReasonRenewalLimit}):
				limited++
			default:
				t.Error(err)
			}
		}
		if taken != limit || limited != tries-limit {
			t.Errorf("%d renewals taken, %d limited, want %d", taken, limited, limit)
		}
		w.accept(bank, two, day(10)) // no renewal
		w.accept(shop, one, day(10))
		w.later(24 * time.Hour)
		if again := w.atOnce(numbers); slices.IndexFunc(again, func(err error) bool { return err != nil }) < 0 {
			t.Error("the next day has no limit")
		}
		w.drain()
		if len(w.renewed) != 2*limit {
			t.Errorf("%d renewals announced, want %d", len(w.renewed), 2*limit)
		}
	})
}

// TestChangesAreLimited walks through numbers to learn whose holders changed: after so many, every answer is the same.
func TestChangesAreLimited(t *testing.T) {
	sqldbtest.Each(t, schemas(), func(t *testing.T, db *sqldb.DB) {
		const limit = 3
		w := newWorld(t, db, optin.Config{ChangesPerDay: limit})
		for i := range limit {
			wantChanged(t, "within the limit", w.optIn(bank, fmt.Sprintf("+861390000000%d", i), day(10)))
			if i < limit-1 {
				wantChanged(t, "the same again, which is no news", w.optIn(bank, fmt.Sprintf("+861390000000%d", i), day(10)))
				w.accept(bank, two, day(10))
			}
		}
		for _, n := range []string{"+8613900000009", "+8613900000000", one, two} {
			want(t, "over it", w.optIn(bank, n, day(10)), simtrust.KindLimited, optin.ReasonChangesLimit)
		}
		w.accept(shop, one, day(10))
		wantYes(t, "sending", w.ask(bank, two))
		w.later(24 * time.Hour)
		w.accept(bank, one, day(10))
		wantChanged(t, "the next day", w.optIn(bank, "+8613900000009", day(10)))
	})
}

// atOnce states opt-ins for numbers at the same time.
func (w *world) atOnce(numbers []string) []error {
	errs := make([]error, len(numbers))
	var wg sync.WaitGroup
	for i, n := range numbers {
		wg.Go(func() { errs[i] = w.optIn(bank, n, time.Time{}) })
	}
	wg.Wait()
	return errs
}

func TestManyAtOnceMakeOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const callers = 64
		for i, err := range w.atOnce(slices.Repeat([]string{one}, callers)) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn}) {
			t.Errorf("record: %v", got)
		}
		wantYes(t, "after them", w.ask(bank, one))
	})
}

// TestOptInsBesideARefusal has a sender upload while the person refuses: the refusal stands whichever came first.
func TestOptInsBesideARefusal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := w.optIn(bank, one, time.Time{}); err != nil {
					wantRefused(t, "upload", err)
				}
			})
			wg.Go(func() {
				if err := w.Refuse(t.Context(), bank, ann); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		wantRefused(t, "after them", w.ask(bank, one))
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionRefusal}) {
			t.Errorf("record: %v", got)
		}
	})
}

// TestTwoNodes runs two services over one store.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		other, err := optin.New(optin.Deps{DB: w.db, Holders: w.holders, Chatbots: chatbots{}, Outbox: w.outbox, Now: w.clock}, optin.Config{NumberKey: key})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(other.Close)
		var wg sync.WaitGroup
		for range 16 {
			for _, s := range []*optin.Service{w.Service, other} {
				for _, n := range []string{one, two} {
					wg.Go(func() {
						if _, err := s.OptIn(t.Context(), optin.OptIn{Chatbot: bank, Number: number(t, n)}); err != nil {
							t.Error(err)
						}
					})
				}
			}
		}
		wg.Wait()
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionOptIn}) {
			t.Errorf("record: %v", got)
		}
	})
}
