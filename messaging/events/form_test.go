package events_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/events"
)

// oneByOne is a form that brings events one at a time and stops before one that it is told to refuse.
type oneByOne struct {
	unwanted bool
	refuse   int64
	panics   bool
	got      []int64
}

var errStop = errors.New("not this one")

func (f *oneByOne) Check(context.Context, string, string) error {
	if f.unwanted {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: events.ReasonUnchecked}
	}
	return nil
}

func (f *oneByOne) Bring(_ context.Context, _ events.Webhook, list []events.Entry) (acked int64, err error) {
	if f.panics {
		panic("a mistake")
	}
	for _, e := range list {
		if e.Seq == f.refuse {
			return acked, errStop
		}
		f.got, acked = append(f.got, e.Seq), e.Seq
	}
	return acked, nil
}

func TestAnotherForm(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const kind events.Kind = "one-by-one"
		form := &oneByOne{refuse: 3}
		if _, err := w.SetWebhook(t.Context(), "bank", kind, "https://bank.example/hook"); simtrust.ReasonOf(err) != events.ReasonKind {
			t.Fatalf("an unknown form: %v", err)
		}
		w.Speak(kind, form)
		form.unwanted = true
		if _, err := w.SetWebhook(t.Context(), "bank", kind, "https://bank.example/hook"); simtrust.ReasonOf(err) != events.ReasonUnchecked {
			t.Fatalf("a receiver that does not want it: %v", err)
		}
		form.unwanted = false
		if _, err := w.SetWebhook(t.Context(), "bank", kind, "https://bank.example/hook"); err != nil {
			t.Fatal(err)
		}
		w.publish(t, "bank", 1, 5)
		deliver := func(want ...int64) {
			t.Helper()
			form.got = nil
			if err := w.Deliver(t.Context()); err != nil || !slices.Equal(form.got, want) {
				t.Fatalf("brought %v, want %v: %v", form.got, want, err)
			}
		}
		deliver(1, 2)
		if hook, err := w.Webhook(t.Context(), "bank", kind); err != nil || hook.Acked != 2 || hook.Failures != 1 {
			t.Fatalf("after a refusal: %+v %v", hook, err)
		}
		deliver() // it is left alone for a while
		w.clock.pass(10 * time.Minute)
		form.refuse = 0
		deliver(3, 4, 5)
		w.publish(t, "bank", 6, 1)
		form.panics = true
		deliver()
		if hook, err := w.Webhook(t.Context(), "bank", kind); err != nil || hook.Acked != 5 || hook.Failures != 1 {
			t.Fatalf("after a panic: %+v %v", hook, err)
		}
		w.clock.pass(10 * time.Minute)
		form.panics = false
		deliver(6)
	})
}
