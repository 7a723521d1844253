package optin_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/optin"
	"simtrust/renumber"
)

func TestOptInBindsToTheTenureOfItsInstant(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		wantNone(t, "before", w.ask(bank, one))
		ann := w.accept(bank, one, day(10))
		wantYes(t, "after", w.ask(bank, one))
		wantYes(t, "again", w.still(bank, ann))
		wantNone(t, "another chatbot", w.ask(shop, one))
		wantNone(t, "another chatbot, by tenure", w.still(shop, ann))
		wantNone(t, "another number", w.ask(bank, two))

		cid := w.rehold(one, "cid", day(40)) // nothing is drained: no event has arrived
		wantChanged(t, "re-registered", w.ask(bank, one))
		wantChanged(t, "re-registered, by the old tenure", w.still(bank, ann))
		wantNone(t, "re-registered, by the new tenure", w.still(bank, cid))
		wantNone(t, "re-registered, another chatbot", w.ask(shop, one))
		w.drain()
		wantChanged(t, "once the event arrived", w.ask(bank, one))
		wantChanged(t, "once the event arrived, by tenure", w.still(bank, ann))
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionEnd}) {
			t.Errorf("record: %v", got)
		}
	})
}

// TestManyRecipients asks of several pages at once.
func TestManyRecipients(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		numbers := make([]simtrust.Number, 2*renumber.MaxPage+500)
		tenures := make([]simtrust.TenureID, len(numbers))
		for i := range numbers {
			numbers[i], tenures[i] = number(t, fmt.Sprintf("+86139%08d", i)), simtrust.TenureID(fmt.Sprintf("ten_%026d", i))
		}
		places := []int{0, renumber.MaxPage + 7, len(numbers) - 1}
		for _, i := range places {
			numbers[i], tenures[i] = number(t, one), ann
		}
		q := optin.Question{Chatbot: bank, Class: optin.ClassService}
		w.holders.calls.Store(0)
		found, err := w.Recipients(t.Context(), q, numbers)
		if err != nil || len(found) != len(numbers) || w.holders.calls.Load() != 3 {
			t.Fatalf("%d recipients after %d look-ups, %v", len(found), w.holders.calls.Load(), err)
		}
		live, err := w.Still(t.Context(), q, tenures)
		if err != nil || len(live) != len(tenures) {
			t.Fatalf("%d tenures, %v", len(live), err)
		}
		for i := range numbers {
			if allowed := slices.Contains(places, i); allowed != (found[i].Err == nil) || allowed != (live[i].Err == nil) || found[i].Number != numbers[i] || live[i].Tenure != tenures[i] {
				t.Fatalf("at %d: %v, %v", i, found[i], live[i])
			}
		}
	})
}

func TestEndingsOfATenure(t *testing.T) {
	for name, end := range map[string]renumber.FeedEvent{
		"release":    feed(renumber.Release, one, "", day(40)),
		"transfer":   transfer(one, "cid", day(40)),
		"port-out":   feed(renumber.PortOut, one, "", day(40)),
		"new number": {Type: renumber.ChangeNumber, Number: one, To: three, Effective: day(40)},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				ann := w.accept(bank, one, day(10))
				w.must(end)
				wantChanged(t, "by number", w.ask(bank, one))
				wantChanged(t, "by tenure", w.still(bank, ann))
				wantNone(t, "the new number", w.ask(bank, three))
				w.drain()
				wantChanged(t, "by number, later", w.ask(bank, one))
			})
		})
	}
}

func TestPortedBackByTheSameHolder(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		w.must(feed(renumber.PortOut, one, "", day(40)))
		w.must(feed(renumber.PortIn, one, "ann", day(41)))
		w.drain()
		wantYes(t, "by number", w.ask(bank, one))
		wantYes(t, "by tenure", w.still(bank, ann))
	})
}

func TestWithoutTheRecordOfHoldersNobodyIsWrittenTo(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		w.holders.away = true
		q := optin.Question{Chatbot: bank, Class: optin.ClassService}
		_, err := w.Recipients(t.Context(), q, []simtrust.Number{number(t, one)})
		want(t, "recipients", err, simtrust.KindUnavailable, "")
		_, err = w.Still(t.Context(), q, []simtrust.TenureID{ann})
		want(t, "still", err, simtrust.KindUnavailable, "")
		want(t, "opt-in", w.optIn(bank, two, day(10)), simtrust.KindUnavailable, "")
		want(t, "refusal", w.Refuse(t.Context(), bank, ann), simtrust.KindUnavailable, "")
	})
}

func TestClasses(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		at := day(10)
		o := optin.OptIn{Chatbot: bank, Number: number(t, one), Obtained: &at, Basis: optin.Contract}
		if _, err := w.OptIn(t.Context(), o); err != nil {
			t.Fatal(err)
		}
		for class, allowed := range map[optin.Class]bool{
			optin.ClassAuthentication: true, optin.ClassTransaction: true, optin.ClassService: true, optin.ClassPromotion: false,
		} {
			if err := w.askFor(optin.Question{Chatbot: bank, Class: class}, one); allowed != (err == nil) {
				t.Errorf("%s by contract: %v", class, err)
			} else if !allowed {
				wantNone(t, string(class), err)
			}
		}
		promotion := optin.Question{Chatbot: bank, Class: optin.ClassPromotion}
		w.accept(bank, one, day(12))
		wantYes(t, "promotion by consent", w.askFor(promotion, one))
		if _, err := w.OptIn(t.Context(), o); err != nil {
			t.Error(err)
		}
		wantYes(t, "a contract takes no consent away", w.askFor(promotion, one))
		for _, class := range []optin.Class{"", "urgent"} {
			_, err := w.Recipients(t.Context(), optin.Question{Chatbot: bank, Class: class}, nil)
			want(t, "class "+string(class), err, simtrust.KindInvalid, optin.ReasonClass)
			_, err = w.Still(t.Context(), optin.Question{Chatbot: bank, Class: class}, nil)
			want(t, "class "+string(class), err, simtrust.KindInvalid, optin.ReasonClass)
		}
	})
}

func TestHeldBackAfterAChangeOfSIM(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.must(newSIM(two, 1, day(6)))
		w.must(newSIM(two, 2, w.now.Add(-time.Hour)))
		ann, bob := w.accept(bank, one, day(10)), w.accept(bank, two, day(10))
		within := func(d time.Duration) optin.Question {
			return optin.Question{Chatbot: bank, Class: optin.ClassAuthentication, SIMChangedWithin: d}
		}
		wantYes(t, "no window", w.askFor(within(0), two))
		wantYes(t, "a window that is over", w.askFor(within(time.Hour), two))
		want(t, "within the window", w.askFor(within(time.Hour+time.Millisecond), two), simtrust.KindConflict, optin.ReasonSIMChanged)
		wantYes(t, "the SIM of the beginning", w.askFor(within(1000*time.Hour), one))
		got, err := w.Still(t.Context(), within(24*time.Hour), []simtrust.TenureID{bob, ann})
		if err != nil {
			t.Fatal(err)
		}
		want(t, "by tenure", got[0].Err, simtrust.KindConflict, optin.ReasonSIMChanged)
		wantYes(t, "by tenure, another", got[1].Err)
	})
}

func TestWithdrawal(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		withdraw := func(chatbot, n string) {
			t.Helper()
			if err := w.Withdraw(t.Context(), chatbot, "client", number(t, n)); err != nil {
				t.Error(err)
			}
		}
		w.accept(bank, one, day(10))
		w.accept(shop, one, day(10))
		withdraw(bank, one)
		withdraw(bank, one)
		withdraw(bank, two)
		withdraw(bank, three)
		wantNone(t, "withdrawn", w.ask(bank, one))
		wantYes(t, "the other chatbot's", w.ask(shop, one))
		want(t, "the old one again", w.optIn(bank, one, day(11)), simtrust.KindConflict, optin.ReasonSuperseded)
		w.later(time.Minute)
		w.accept(bank, one, time.Time{})
		wantYes(t, "a later one", w.ask(bank, one))
		if got := w.actions(bank); !slices.Equal(got, []optin.Action{optin.ActionOptIn, optin.ActionWithdrawal, optin.ActionOptIn}) {
			t.Errorf("record: %v", got)
		}
		w.rehold(one, "cid", day(40))
		withdraw(shop, one)
		wantNone(t, "withdrawn from somebody who is gone", w.ask(shop, one))
	})
}

func TestUnfitOptIns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		n := number(t, one)
		for what, c := range map[string]struct {
			optin.OptIn
			reason string
		}{
			"long evidence":      {optin.OptIn{Evidence: strings.Repeat("x", 1001)}, optin.ReasonEvidence},
			"NUL in evidence":    {optin.OptIn{Evidence: "a\x00b"}, optin.ReasonEvidence},
			"escape in evidence": {optin.OptIn{Evidence: "a\x1b[2Jb"}, optin.ReasonEvidence},
			"basis":              {optin.OptIn{Basis: "interest"}, optin.ReasonBasis},
			"in the future":      {optin.OptIn{Obtained: instant(w.now.Add(time.Millisecond))}, renumber.ReasonOutOfWindow},
			"before the record":  {optin.OptIn{Obtained: instant(day(1).Add(-time.Millisecond))}, renumber.ReasonOutOfWindow},
			"far past":           {optin.OptIn{Obtained: instant(time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC))}, renumber.ReasonOutOfWindow},
			"far future":         {optin.OptIn{Obtained: instant(time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC))}, renumber.ReasonOutOfWindow},
		} {
			c.Chatbot, c.Number = bank, n
			_, err := w.OptIn(t.Context(), c.OptIn)
			want(t, what, err, simtrust.KindInvalid, c.reason)
		}
		wantNone(t, "after them", w.ask(bank, one))
		if got := w.actions(bank); len(got) != 0 {
			t.Errorf("record: %v", got)
		}
	})
}

func instant(t time.Time) *time.Time { return &t }

func TestTheKeyOfNumbersIsLong(t *testing.T) {
	if _, err := optin.New(optin.Deps{DB: sqldbtest.Open(t, sqldbtest.SQLiteURL(t))}, optin.Config{NumberKey: make([]byte, 31)}); err == nil {
		t.Error("a short key is taken")
	}
}

// TestStoreHoldsNoNumber looks for digits of numbers in every column.
func TestStoreHoldsNoNumber(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(bank, one, day(10))
		w.rehold(one, "cid", day(40))
		wantChanged(t, "the old list", w.optIn(bank, one, day(10)))
		for _, query := range []string{
			"select tenure || chatbot || number_hash || evidence from messaging_optin", "select number_hash from messaging_optin_number",
			"select tenure || chatbot || client || evidence from messaging_optin_change",
		} {
			rows, err := w.db.Query(t.Context(), query)
			texts, err := sqldb.Collect(rows, err, scanText)
			if err != nil || len(texts) == 0 {
				t.Fatalf("%d rows, %v", len(texts), err)
			}
			for _, text := range texts {
				if strings.Contains(text, "0000001") {
					t.Errorf("a number is stored: %s", query)
				}
			}
		}
	})
}
