package dispatch_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
)

// TestTwoNodesNeverSubmitAnAttemptTwice has two nodes work on one table at once, while their bearer throttles, loses and reports.
func TestTwoNodesNeverSubmitAnAttemptTwice(t *testing.T) {
	everywhere(t, func(t *testing.T, first *world, c dispatch.Class) {
		const recipients = 600
		var mu sync.Mutex
		seen := map[string]int{}
		perDelivery := map[string]int{}
		first.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			mu.Lock()
			defer mu.Unlock()
			seen[s.ID()]++
			if len(seen)%7 == 0 {
				return dispatch.Outcome{Answer: dispatch.Throttled, After: time.Nanosecond}
			}
			perDelivery[s.Delivery]++
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		second := first.node(first.db, first.net)
		first.accept(plan(c), recipients)
		for range 20 {
			var nodes sync.WaitGroup
			for _, w := range []*world{first, second} {
				for range 2 {
					nodes.Go(func() {
						if err := w.Drain(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
			}
			nodes.Wait()
			first.clock.pass(time.Millisecond)
		}
		for id, n := range seen {
			if n != 1 {
				t.Errorf("%s was submitted %d times", id, n)
			}
		}
		for id, n := range perDelivery {
			if n != 1 {
				t.Errorf("%s was taken %d times", id, n)
			}
		}
		if len(perDelivery) != recipients {
			t.Errorf("%d of %d were taken", len(perDelivery), recipients)
		}
	})
}

// TestSlowNode stalls between lease and attempt for longer than the lease, while another node takes over.
func TestSlowNode(t *testing.T) {
	everywhere(t, func(t *testing.T, slow *world, c dispatch.Class) {
		quick := slow.node(slow.db, slow.net)
		stalled := false
		slow.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) {
			if !stalled {
				stalled = true
				slow.clock.pass(lease + time.Second)
				quick.drain()
			}
			return true, nil
		}
		slow.send(plan(c))
		slow.want(dispatch.StateSubmitted, "1 rcs")
	})
}

// TestStaleFinding: what a node found out under a lease that ran out is void, for the delivery is elsewhere by now.
func TestStaleFinding(t *testing.T) {
	classes(t, func(t *testing.T, slow *world, c dispatch.Class) {
		quick := slow.node(slow.db, slow.net)
		stalled := false
		slow.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) {
			if stalled {
				return true, nil
			}
			stalled = true
			slow.clock.pass(lease + time.Second)
			slow.net.submit = func(s dispatch.Submission) dispatch.Outcome {
				if s.Channel == rcs {
					return dispatch.Outcome{Answer: dispatch.Rejected}
				}
				return dispatch.Outcome{Answer: dispatch.Throttled, After: time.Second}
			}
			quick.drain()
			return false, nil
		}
		slow.send(plan(c))
		if s := slow.status("dlv_0000"); s.State != dispatch.StateQueued || s.Channel != text {
			t.Errorf("%+v", s)
		}
	})
}

// TestTiredNode has hardly any of its lease left when the attempt is durable: it does not submit any more, but puts the delivery back.
func TestTiredNode(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) {
			w.net.reach = nil
			w.clock.pass(lease / 2)
			return true, nil
		}
		w.send(plan(c))
		w.want(dispatch.StateSubmitted, "2 rcs")
		if w.status("dlv_0000").PossibleDuplicate {
			t.Error("a duplicate of what was never sent")
		}
	})
}

// TestNodeThatHangsInTheCall: another node asks the bearer, and what the first hears in the end still counts.
func TestNodeThatHangsInTheCall(t *testing.T) {
	everywhere(t, func(t *testing.T, slow *world, c dispatch.Class) {
		quick := slow.node(slow.db, slow.net)
		hung := false
		slow.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			if !hung {
				hung = true
				slow.clock.pass(lease + time.Second)
				quick.drain()
			}
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		slow.send(plan(c))
		slow.report(1, dispatch.FateDelivered)
		if c.Urgent() {
			slow.wantDoubled()
		} else {
			slow.want(dispatch.StateDelivered, "1 rcs")
		}
		if s := slow.status("dlv_0000"); s.State != dispatch.StateDelivered {
			t.Errorf("%+v", s)
		}
	})
}

// TestRun distributes by itself, on two nodes, until it is told to end.
func TestRun(t *testing.T) {
	sqldbtest.EachURL(t, schema, func(t *testing.T, url string) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t, sqldbtest.Open(t, url))
			w.clock = &clock{ticking: true}
			w = w.node(w.db, w.net)
			other := w.node(w.db, w.net)
			ctx, cancel := context.WithCancel(t.Context())
			var running sync.WaitGroup
			for _, n := range []*world{w, other} {
				running.Go(func() {
					if err := n.Run(ctx); err != nil {
						t.Error(err)
					}
				})
			}
			p := plan(dispatch.ClassTransaction)
			p.Expires = time.Now().Add(time.Hour)
			w.accept(p, 150)
			time.Sleep(10 * time.Second)
			w.wantEnds(map[dispatch.State]int{dispatch.StateSubmitted: 150})
			early := []dispatch.Report{}
			for i := range 150 {
				early = append(early, dispatch.Report{Ref: fmt.Sprintf("ref/dlv_%04d.2", i), Fate: dispatch.FateDelivered, At: time.Now()})
			}
			if err := w.Report(t.Context(), text, early); err != nil {
				t.Error(err)
			}
			time.Sleep(2 * time.Minute)
			w.wantEnds(map[dispatch.State]int{dispatch.StateDelivered: 150})
			if n := len(w.net.given()); n != 300 {
				t.Errorf("%d copies", n)
			}
			cancel()
			running.Wait()
			w.Close()
			other.Close()
		})
	})
}

// TestChannelThatIsNotCarriedAnyMore: its deliveries come to their end by another way, or by their time.
func TestChannelThatIsNotCarriedAnyMore(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.accept(plan(c), 1)
		later := *w
		later.Service = dispatch.New(dispatch.Deps{DB: w.db, Recipients: w.people, Listener: w.listener, Log: quiet, Now: w.clock.now},
			dispatch.Config{Lease: lease, Grace: grace})
		t.Cleanup(later.Close)
		later.Carry("net", w.net, text)
		later.drain()
		later.want(dispatch.StateQueued)
		later.later(2 * time.Minute)
		if c.Urgent() {
			later.want(dispatch.StateSubmitted, "1 sms")
			return
		}
		later.later(time.Hour)
		later.want(dispatch.StateExpired)
	})
}

// TestStoreAway: nothing is submitted that is not recorded.
func TestStoreAway(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 1)
		w.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) { return true, w.breakStore() }
		if err := w.Drain(t.Context()); err == nil {
			t.Error("drained without a store")
		}
		if n := len(w.net.copies); n != 0 {
			t.Errorf("%d copies", n)
		}
	})
}

// breakStore takes a table away that every change needs.
func (w *world) breakStore() error {
	return w.tx(func(tx *sqldb.Tx) error {
		_, err := tx.Exec(w.t.Context(), `alter table dispatch_message rename to gone`)
		return err
	})
}
