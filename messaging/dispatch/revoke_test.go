package dispatch_test

import (
	"testing"
	"time"

	"simtrust/messaging/dispatch"
)

func TestRevokedBeforeItLeft(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.accept(plan(c), 3)
		if n := w.revoke(); n != 3 {
			t.Errorf("%d were open", n)
		}
		w.drain()
		if n := w.revoke(); n != 0 {
			t.Errorf("%d were open after the end", n)
		}
		w.want(dispatch.StateRevoked)
		w.wantEnds(map[dispatch.State]int{dispatch.StateRevoked: 3})
	})
}

// TestRevokedOne leaves the others alone, those of other messages too.
func TestRevokedOne(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassService), 3)
		if n := w.revoke("dlv_0001", "dlv_9999"); n != 1 {
			t.Errorf("%d were open", n)
		}
		w.drain()
		w.wantEnds(map[dispatch.State]int{dispatch.StateRevoked: 1, dispatch.StateSubmitted: 2})
		if s := w.status("dlv_0001"); s.State != dispatch.StateRevoked || !s.Revoking {
			t.Errorf("%+v", s)
		}
	})
}

// TestRevokedWhileOut: the bearer's word decides, and no other copy follows.
func TestRevokedWhileOut(t *testing.T) {
	for recall, want := range map[dispatch.Recall]dispatch.State{
		dispatch.Recalled: dispatch.StateRevoked, dispatch.TooLate: dispatch.StateUnknown, dispatch.RecallUnknown: dispatch.StateUnknown,
	} {
		t.Run(string(recall), func(t *testing.T) {
			classes(t, func(t *testing.T, w *world, c dispatch.Class) {
				w.net.cancel = func(dispatch.Copy) dispatch.Recall { return recall }
				w.send(plan(c))
				w.revoke()
				w.drain()
				if recall != dispatch.Recalled {
					w.want(dispatch.StateSubmitted, "1 rcs")
				}
				w.later(time.Hour)
				w.later(grace)
				w.want(want, "1 rcs")
			})
		})
	}
}

// TestRevokedAndYetDelivered: it was, whatever the bearer had said.
func TestRevokedAndYetDelivered(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.send(plan(c))
		w.revoke()
		w.drain()
		w.want(dispatch.StateRevoked, "1 rcs")
		w.report(1, dispatch.FateDelivered)
		w.want(dispatch.StateDelivered, "1 rcs")
	})
}

// TestRevokedWhileBeingSubmitted: the answer is waited for, and then the copy is taken back.
func TestRevokedWhileBeingSubmitted(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
			w.revoke()
			return dispatch.Outcome{Answer: dispatch.Accepted, Ref: ref(s.Copy)}
		}
		w.send(plan(c))
		w.want(dispatch.StateRevoked, "1 rcs")
	})
	t.Run("throttled", func(t *testing.T) {
		alone(t, func(t *testing.T, w *world) {
			w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
				w.revoke()
				return dispatch.Outcome{Answer: dispatch.Throttled}
			}
			w.send(plan(dispatch.ClassService))
			w.want(dispatch.StateRevoked, "1 rcs")
		})
	})
	t.Run("lost", func(t *testing.T) {
		classes(t, func(t *testing.T, w *world, c dispatch.Class) {
			w.net.submit = func(s dispatch.Submission) dispatch.Outcome {
				w.revoke()
				return dispatch.Outcome{}
			}
			w.send(plan(c))
			w.later(time.Hour + grace)
			w.want(dispatch.StateUnknown, "1 rcs")
		})
	})
}

// TestRevokedWhileItIsBeingPrepared: between the lease and the copy's number.
func TestRevokedWhileItIsBeingPrepared(t *testing.T) {
	classes(t, func(t *testing.T, w *world, c dispatch.Class) {
		w.net.reach = func(dispatch.Channel, dispatch.Recipient) (bool, error) {
			w.revoke()
			return true, nil
		}
		w.send(plan(c))
		w.want(dispatch.StateRevoked)
	})
}
