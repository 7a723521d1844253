package esme_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust/internal/smpp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
)

// told waits for that many messages.
func (w *world) told(p *phone, n int) []smpp.Message {
	w.t.Helper()
	w.until("told enough", func() bool { return len(p.messages()) >= n })
	return p.messages()
}

func receiptOf(t *testing.T, m smpp.Message) smpp.Receipt {
	t.Helper()
	r, err := smpp.ParseReceipt(&m)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestReceipts: who asked for them gets them, in order, once for each state that says something new.
func TestReceipts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := &phone{}
		s := w.bound(p)
		final, failure, none := text("hello"), text("hello"), text("hello")
		failure.Registered, none.Registered = smpp.RegisteredFailure, 0
		w.submits(s, final)
		w.submits(s, failure)
		w.submits(s, none)
		for _, id := range []string{"dlv_1", "dlv_2", "dlv_3"} {
			for _, state := range []dispatch.State{dispatch.StateQueued, dispatch.StateSubmitted, dispatch.StateUnknown, dispatch.StateFailed, dispatch.StateDelivered, dispatch.StateDisplayed} {
				w.back.becomes(id, state)
			}
		}
		w.back.happens(esme.Event{Delivery: "dlv_1", State: dispatch.StateExpired}, esme.Event{Delivery: "dlv_1", State: dispatch.StateFailed})
		w.back.becomes(w.submits(s, final), dispatch.StateRevoked)
		w.back.happens(esme.Event{Delivery: "dlv_4", State: dispatch.StateExpired})
		w.back.becomes(w.submits(s, final), dispatch.StateDelivered)
		var got []string
		for _, m := range w.told(p, 7) {
			r := receiptOf(t, m)
			got = append(got, r.ID+" "+r.Word)
			if m.Source.Value != person || m.Destination.Value != source || r.State.String() != r.Word || r.TextID != r.ID {
				t.Errorf("%+v from %s", r, m.Source.Value)
			}
		}
		want := []string{"dlv_1 UNKNOWN", "dlv_1 UNDELIV", "dlv_1 DELIVRD", "dlv_2 UNKNOWN", "dlv_2 UNDELIV", "dlv_4 DELETED", "dlv_5 DELIVRD"}
		if !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// TestOfOthers: what the chatbot sent by other ways is not told, and a number that is not the one written to neither.
func TestOfOthers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := &phone{}
		id := w.submits(w.bound(p), text("hello"))
		w.back.mu.Lock()
		w.back.numbers[id] = "+" + other
		w.back.mu.Unlock()
		w.back.becomes("dlv_by_http", dispatch.StateDelivered)
		w.back.happens(esme.Event{}, esme.Event{Conversation: "cnv_gone", Text: "hello"}, esme.Event{Conversation: "cnv_1"})
		w.pass(time.Minute) // then the other delivery is sure not to be the account's
		w.back.becomes(id, dispatch.StateDelivered)
		got := w.told(p, 1)
		if r := receiptOf(t, got[0]); r.ID != id || got[0].Source.Value != "" || len(got) != 1 {
			t.Errorf("%+v from %q", r, got[0].Source.Value)
		}
	})
}

// TestHeld: what happens while nobody is bound, or nobody takes it, is told later; what is refused for good is not told again.
func TestHeld(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sender, err := w.bind(&phone{}, smpp.Bind{Mode: smpp.Transmitter, SystemID: "bank", Password: smpp.Secret(w.password)})
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			w.back.becomes(w.submits(sender, text("hello")), dispatch.StateDelivered)
		}
		answers := []error{smpp.StatusReceiverTemporaryFailure, smpp.StatusThrottled, nil, smpp.StatusReceiverPermanentFailure, nil}
		p := &phone{answer: func(n int) error { return answers[n-1] }}
		w.bound(p)
		var got []string
		for _, m := range w.told(p, 5) {
			got = append(got, receiptOf(t, m).ID)
		}
		if want := []string{"dlv_1", "dlv_1", "dlv_1", "dlv_2", "dlv_3"}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
	})
}

// TestYoung: an event that overtakes the answer to its submission waits for it.
func TestYoung(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := &phone{}
		s := w.bound(p)
		w.back.happens(esme.Event{Delivery: "dlv_1", State: dispatch.StateFailed, At: start})
		time.AfterFunc(20*time.Millisecond, func() {
			if _, err := s.Submit(context.WithoutCancel(t.Context()), &smpp.SubmitSM{Message: text("hello")}); err != nil {
				t.Error(err)
			}
		})
		if r := receiptOf(t, w.told(p, 1)[0]); r.ID != "dlv_1" || r.State != smpp.StateUndeliverable {
			t.Errorf("%+v", r)
		}
	})
}

// TestReplies: what a person says comes from their number, in as many segments as it takes.
func TestReplies(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := &phone{}
		w.bound(p)
		w.back.numbers["cnv_1"] = "+" + person
		long := strings.Repeat("回", 100)
		w.back.happens(esme.Event{Conversation: "cnv_1", Text: "1"}, esme.Event{Conversation: "cnv_1", Text: long})
		got := w.told(p, 3)
		if words, err := got[0].Text(); words != "1" || err != nil || got[0].Source.Value != person || got[0].Destination.Value != source || got[0].Class != 0 {
			t.Errorf("%q %v from %s", words, err, got[0].Source.Value)
		}
		first, _ := got[1].Text()
		second, _ := got[2].Text()
		if first+second != long {
			t.Errorf("%q %q", first, second)
		}
	})
}

// TestNodes: of two nodes that an account is bound to, one tells an event, and the other goes on where it stopped.
func TestNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		here := w.address
		there := w.serve(ctx, w.node(), &running)
		p, q := &phone{}, &phone{}
		s := w.bound(p)
		w.address = there
		w.bound(q)
		w.address = here
		for range 50 {
			w.back.becomes(w.submits(s, text("hello")), dispatch.StateDelivered)
		}
		w.until("all are told", func() bool { return len(p.messages())+len(q.messages()) >= 50 })
		seen := map[string]int{}
		for _, m := range append(p.messages(), q.messages()...) {
			seen[receiptOf(t, m).ID]++
		}
		if len(seen) != 50 {
			t.Errorf("%d of 50 were told", len(seen))
		}
		for id, n := range seen {
			if n > 1 {
				t.Errorf("%s was told %d times", id, n)
			}
		}
		s.Close()
		before := len(q.messages())
		w.back.numbers["cnv_1"] = "+" + person
		w.back.happens(esme.Event{Conversation: "cnv_1", Text: "hello"})
		w.told(q, before+1)
		stop()
		running.Wait()
	})
}
