package dispatch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// TestThrottled: what a bearer does not take keeps its place, and the bearer is left alone for as long as it wants.
func TestThrottled(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		room := 10
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			if room == 0 {
				return dispatch.Outcome{Answer: dispatch.Throttled, After: 5 * time.Second}
			}
			room--
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		w.accept(plan(c), 30)
		w.drain()
		w.clock.pass(time.Second)
		w.acceptMore("msg_2", c, 10)
		if calls := w.net.calls; calls != 1 {
			t.Errorf("%d calls", calls)
		}
		w.later(3 * time.Second)
		if calls := w.net.calls; calls != 1 {
			t.Errorf("it was not left alone: %d calls", calls)
		}
		room, w.net.copies = 100, nil
		w.later(time.Second)
		var got []string
		for _, s := range w.net.copies {
			got = append(got, s.Delivery)
		}
		if len(got) != 30 || !slices.IsSorted(got) || got[0] != "dlv_0010" || w.net.copies[20].Message != "msg_2" {
			t.Errorf("then came %q", got)
		}
		if s := w.status("dlv_0010"); s.Attempts != 2 || s.PossibleDuplicate {
			t.Errorf("%+v", s)
		}
	})
}

// acceptMore queues another message to others.
func (w *world) acceptMore(id string, c dispatch.Class, n int) {
	w.t.Helper()
	p := plan(c)
	p.Message = id
	to := make([]dispatch.Target, n)
	for i := range to {
		to[i] = dispatch.Target{Delivery: fmt.Sprintf("dlv_more_%04d", i), Tenure: simtrust.TenureID(fmt.Sprintf("ten_more_%04d", i))}
	}
	if err := w.tx(func(tx *sqldb.Tx) error { return w.Accept(w.t.Context(), tx, p, to) }); err != nil {
		w.t.Fatal(err)
	}
}

// TestPostponed: what a bearer puts off is left alone for as long as it wants, and holds nobody else up, nor the channel.
func TestPostponed(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		full, asked := true, 0
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			if full && s.Chatbot == "bot_busy" {
				asked++
				return dispatch.Outcome{Answer: dispatch.Postponed, After: 5 * time.Second}
			}
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		busy := plan(c)
		busy.Chatbot = "bot_busy"
		w.accept(busy, 100) // more than go in one call
		w.drain()
		w.clock.pass(time.Second)
		w.acceptMore("msg_2", c, 10)
		w.drain()
		if counts, err := w.Counts(t.Context(), "msg_2"); err != nil || counts[dispatch.StateSubmitted] != 10 {
			t.Errorf("the others: %v, %v", counts, err)
		}
		if w.later(3 * time.Second); asked != 100 {
			t.Errorf("they were not left alone: %d copies", asked)
		}
		full = false
		w.later(time.Second)
		if counts, err := w.Counts(t.Context(), "msg_1"); err != nil || counts[dispatch.StateSubmitted] != 100 {
			t.Errorf("then: %v, %v", counts, err)
		}
		if s := w.status("dlv_0010"); s.Attempts != 2 || s.PossibleDuplicate {
			t.Errorf("%+v", s)
		}
	})
}

// TestPostponedForLong: however long a bearer asks for, what is urgent is looked at twice a minute, and sooner where it does not say; what is not
// urgent is looked at more rarely each time, and still goes out within five minutes of when the bearer takes it.
func TestPostponedForLong(t *testing.T) {
	const step = 15 * time.Second
	for name, c := range map[string]struct {
		class       dispatch.Class
		after       time.Duration
		least, most int // looks in half an hour
	}{
		"urgent":                  {dispatch.ClassTransaction, 0, 121, 121},
		"urgent, for less":        {dispatch.ClassTransaction, -time.Hour, 121, 121},
		"urgent, for an hour":     {dispatch.ClassTransaction, time.Hour, 61, 61},
		"not urgent":              {dispatch.ClassPromotion, 0, 10, 20},
		"not urgent, for an hour": {dispatch.ClassPromotion, time.Hour, 10, 20},
		"not urgent, for a year":  {dispatch.ClassPromotion, 365 * 24 * time.Hour, 10, 20},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(t *testing.T, w *world) {
				calls := 0
				w.net.submit = func(dispatch.Submission) dispatch.Outcome {
					calls++
					return dispatch.Outcome{Answer: dispatch.Postponed, After: c.after}
				}
				p := plan(c.class)
				p.Steps = p.Steps[:1]
				w.accept(p, 1)
				for w.drain(); w.clock.now().Before(epoch.Add(30 * time.Minute)); w.later(step) {
				}
				if calls < c.least || calls > c.most {
					t.Errorf("looked at %d times", calls)
				}
				w.net.submit = nil
				w.later(5 * time.Minute)
				if s := w.status("dlv_0000"); s.State != dispatch.StateSubmitted || s.PossibleDuplicate {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestThrottledWithoutATime: the pauses grow, and end when the bearer takes something.
func TestThrottledWithoutATime(t *testing.T) {
	alone(t, func(t *testing.T, w *world) {
		w.net.submit = answering(rcs, dispatch.Throttled)
		w.accept(plan(dispatch.ClassPromotion), 1)
		calls := 0
		for range 600 {
			w.later(100 * time.Millisecond)
		}
		if calls = w.net.calls; calls < 6 || calls > 12 {
			t.Errorf("%d calls in a minute", calls)
		}
		w.net.submit = nil
		w.later(time.Minute)
		if s := w.status("dlv_0000"); s.State != dispatch.StateSubmitted {
			t.Errorf("%+v", s)
		}
	})
}

// TestAwayBearer: what is urgent goes another way when its step has had its time, as nothing was sent; what is not waits.
func TestAwayBearer(t *testing.T) {
	for name, away := range map[string]func(n *network){
		"throttles": func(n *network) { n.submit = answering(rcs, dispatch.Throttled) },
		"puts off":  func(n *network) { n.submit = answering(rcs, dispatch.Postponed) },
		"does not say whom it reaches": func(n *network) {
			n.reach = func(c dispatch.Channel, _ dispatch.Recipient) (bool, error) {
				if c == rcs {
					return false, errors.New("away")
				}
				return true, nil
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			classes(t, func(t *testing.T, w *world, c dispatch.Class) {
				away(w.net)
				w.send(plan(c))
				w.later(30 * time.Second)
				if s := w.status("dlv_0000"); s.State != dispatch.StateQueued {
					t.Errorf("%+v", s)
				}
				w.later(time.Minute)
				s := w.status("dlv_0000")
				switch {
				case c.Urgent() && (s.State != dispatch.StateSubmitted || s.Channel != text || s.PossibleDuplicate):
					t.Errorf("%+v", s)
				case !c.Urgent() && s.State != dispatch.StateQueued:
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// TestUrgentFirst: a code does not wait behind a campaign.
func TestUrgentFirst(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassPromotion), 200)
		w.clock.pass(time.Second)
		w.acceptMore("msg_2", dispatch.ClassAuthentication, 1)
		w.drain()
		if first := w.net.copies[0]; first.Message != "msg_2" {
			t.Errorf("first went %+v", first)
		}
		if w.net.calls != 4 {
			t.Errorf("%d calls for 201 copies, 64 at once", w.net.calls)
		}
	})
}

// TestBearersThatErr: what a bearer says that it should not is as good as nothing, and costs only the deliveries at hand.
func TestBearersThatErr(t *testing.T) {
	for name, submit := range map[string]func([]dispatch.Submission) []dispatch.Outcome{
		"panic":    func([]dispatch.Submission) []dispatch.Outcome { panic("nil map") },
		"nothing":  func([]dispatch.Submission) []dispatch.Outcome { return nil },
		"too many": func(l []dispatch.Submission) []dispatch.Outcome { return make([]dispatch.Outcome, len(l)+1) },
		"nonsense": func(l []dispatch.Submission) []dispatch.Outcome {
			return slices.Repeat([]dispatch.Outcome{{Answer: "ok"}}, len(l))
		},
	} {
		t.Run(name, func(t *testing.T) {
			alone(t, func(t *testing.T, w *world) {
				w = w.node(w.db, erring{w.net, submit})
				w.accept(plan(dispatch.ClassPromotion), 2)
				w.drain()
				w.later(time.Hour + grace)
				w.wantEnds(map[dispatch.State]int{dispatch.StateUnknown: 2})
			})
		})
	}
	t.Run("too few reached", func(t *testing.T) {
		alone(t, func(t *testing.T, w *world) {
			w = w.node(w.db, shortSighted{w.net})
			w.accept(plan(dispatch.ClassPromotion), 2)
			w.drain()
			w.wantEnds(map[dispatch.State]int{dispatch.StateQueued: 2})
		})
	})
}

type erring struct {
	*network
	submit func([]dispatch.Submission) []dispatch.Outcome
}

func (e erring) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	return e.submit(list)
}

type shortSighted struct{ *network }

func (shortSighted) Reach(context.Context, dispatch.Channel, []dispatch.Recipient) ([]bool, error) {
	return []bool{true}, nil
}
