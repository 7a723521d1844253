package optin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/optin"
	"simtrust/renumber"
)

func TestHear(t *testing.T) {
	for text, want := range map[string]optin.Heard{
		"STOP": optin.HeardStop, "stop": optin.HeardStop, " Stop. ": optin.HeardStop, "unsubscribe\n": optin.HeardStop,
		"退订": optin.HeardStop, "退订！": optin.HeardStop, "TD": optin.HeardStop, "td": optin.HeardStop, "ＴＤ": optin.HeardStop, "Ｔ": optin.HeardStop,
		"拒收": optin.HeardStop, "【退订】": optin.HeardStop, "r": optin.HeardStop,
		"START": optin.HeardStart, "start!": optin.HeardStart, "订阅": optin.HeardStart, "unstop": optin.HeardStart,
		"": optin.HeardNothing, " ": optin.HeardNothing, "1": optin.HeardNothing, "stop it": optin.HeardNothing, "please stop": optin.HeardNothing,
		"STARTED": optin.HeardNothing, "不退订": optin.HeardNothing, "ST\u200bOP": optin.HeardNothing, "S T O P": optin.HeardNothing,
		"\xff\xfe": optin.HeardNothing, "STOP" + strings.Repeat(" ", 100): optin.HeardNothing, strings.Repeat("退订", 100): optin.HeardNothing,
	} {
		if got := optin.Hear(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// FuzzHear holds that a text is taken for what its word is in every case, with blanks around it, and that nothing else is a refusal.
func FuzzHear(f *testing.F) {
	for _, text := range []string{"STOP", "ＴＤ", "退订。", "start", "yes", "\xff", "１"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := optin.Hear(text)
		if padded := " " + text + "\n"; len(padded) <= 64 && optin.Hear(padded) != got {
			t.Errorf("%q is %q, and something else with blanks around it", text, got)
		}
		if got != optin.HeardNothing && len(text) > 64 {
			t.Errorf("%d octets are taken for %q", len(text), got)
		}
	})
}

func TestThePersonHasTheLastWord(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		say := func(tenure simtrust.TenureID, text string, want optin.Heard) {
			t.Helper()
			if got, err := w.said(bank, tenure, text); err != nil || got != want {
				t.Errorf("%q: %q, %v", text, got, err)
			}
			w.later(time.Second)
		}
		ann := w.accept(bank, one, day(10))
		w.accept(shop, one, day(10))
		say(ann, "1", optin.HeardNothing)
		wantYes(t, "after another text", w.ask(bank, one))
		say(ann, "退订", optin.HeardStop)
		say(ann, "TD", optin.HeardStop)
		wantRefused(t, "refused", w.ask(bank, one))
		wantYes(t, "the other chatbot", w.ask(shop, one))
		wantRefused(t, "uploaded again", w.optIn(bank, one, time.Time{}))
		if err := w.Withdraw(t.Context(), bank, "client", number(t, one)); err != nil {
			t.Error(err)
		}
		wantRefused(t, "withdrawn and uploaded again", w.optIn(bank, one, time.Time{}))
		say(ann, "start", optin.HeardStart)
		say(ann, "START", optin.HeardStart)
		wantYes(t, "started", w.askFor(optin.Question{Chatbot: bank, Class: optin.ClassPromotion}, one))
		want := []optin.Action{optin.ActionOptIn, optin.ActionRefusal, optin.ActionStart}
		if got := w.actions(bank); !slices.Equal(got, want) {
			t.Errorf("record: %v, want %v", got, want)
		}
	})
}

// TestRefusalBeforeAnyOptIn has somebody refuse a chatbot that they never let in.
func TestRefusalBeforeAnyOptIn(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bob := w.must(renumber.FeedEvent{Type: renumber.Assign, Number: three, Holder: "dan", Effective: day(6)})
		if err := w.Refuse(t.Context(), bank, bob); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "an upload", w.optIn(bank, three, day(10)))
		wantRefused(t, "sending", w.ask(bank, three))
		w.rehold(three, "eve", day(40))
		wantNone(t, "there was no opt-in that could have changed", w.ask(bank, three))
		w.accept(bank, three, day(41))
		w.drain()
		if len(w.renewed) != 0 {
			t.Errorf("a first opt-in was announced as renewed: %v", w.renewed)
		}
	})
}

// TestTheWordOfSomebodyWhoIsGone comes after the number went to somebody else.
func TestTheWordOfSomebodyWhoIsGone(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		cid := w.rehold(one, "cid", day(40))
		for _, text := range []string{"STOP", "START"} {
			_, err := w.said(bank, ann, text)
			wantChanged(t, text, err)
		}
		wantNone(t, "the new holder", w.still(bank, cid))
		wantChanged(t, "no such tenure", w.Refuse(t.Context(), bank, simtrust.NewTenureID()))
	})
}

func TestStartByWhomTheSenderNeverNamed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(shop, one, day(10))
		if _, err := w.said(bank, ann, "START"); err != nil {
			t.Fatal(err)
		}
		wantYes(t, "by number", w.ask(bank, one))
		w.rehold(one, "cid", day(40))
		wantChanged(t, "re-registered", w.ask(bank, one))
	})
}

// TestWordThatIsNotKept: what was said counts with what follows from it, or not at all.
func TestWordThatIsNotKept(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ann := w.accept(bank, one, day(10))
		_, record, err := w.Said(t.Context(), bank, ann, "STOP")
		if err != nil {
			t.Fatal(err)
		}
		wantYes(t, "said, not recorded", w.ask(bank, one))
		undone := errors.New("undone")
		err = w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error { return errors.Join(record(t.Context(), tx), undone) })
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		wantYes(t, "undone", w.ask(bank, one))
		if err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error { return record(t.Context(), tx) }); err != nil {
			t.Fatal(err)
		}
		wantRefused(t, "recorded", w.ask(bank, one))
	})
}
