package dispatch

import "time"

// phase is what a delivery waits for.
type phase string

const (
	waiting    phase = "waiting"    // to be handed to the bearer of its step
	submitting phase = "submitting" // the bearer's answer
	submitted  phase = "submitted"  // a report
	asking     phase = "asking"     // the bearer's word on a copy of which nobody knows whether it was taken, or what became of it
	cancelling phase = "cancelling" // the bearer's word on whether a copy was taken back
	done       phase = "done"       // nothing
)

// halt is why no further copy is sent.
type halt string

const (
	running halt = ""
	wanted  halt = "revoked" // the sender wants it back
	denied  halt = "refused" // the recipient may not be written to
)

// position is where a delivery stands. At most two copies may have arrived or may yet: the newest, and an earlier one.
type position struct {
	State     State
	Phase     phase
	Step      int
	Attempt   int  // the newest copy; 0: none was made
	Via       int  // the step it was made by
	Live      bool // it may have arrived or may yet
	Doubted   int  // an earlier one of which that is true; 0: none
	DoubtVia  int  // the step that one was made by
	Halt      halt
	Duplicate bool // a copy was made while an earlier one could have arrived
	Tries     int  // how often the question of this phase was put, or the delivery put off in a row
	Reason    string
}

// pending is the copy that is waited for, asked about or cancelled; 0: none.
func (p *position) pending() int {
	if p.Live {
		return p.Attempt
	}
	return p.Doubted
}

// step is the one whose channel is concerned next, or was last.
func (p *position) step() int {
	switch {
	case p.Phase == waiting || p.pending() == 0:
		return p.Step
	case p.Live:
		return p.Via
	}
	return p.DoubtVia
}

// kind is what happened to a delivery.
type kind string

// Events from the node that holds the lease.
const (
	began       kind = "began"       // it is about to hand over a copy, the one after the newest
	barred      kind = "barred"      // the recipient may not be written to
	unreachable kind = "unreachable" // the channel does not reach the recipient
	deferred    kind = "deferred"    // it cannot be told yet whether the recipient may be written to
	away        kind = "away"        // nor whether the channel reaches the recipient
	lapsed      kind = "lapsed"      // the time it waited for has come
)

// Events about one copy.
const (
	accepted  kind = "accepted"
	throttled kind = "throttled" // it was not taken, or never left
	lost      kind = "lost"
	notTaken  kind = "not_taken"
	delivered kind = "delivered"
	displayed kind = "displayed"
	failed    kind = "failed"
	absent    kind = "absent" // rejected, for the channel does not reach the recipient
	expired   kind = "expired"
	recalled  kind = "recalled" // the copy was taken back
	tooLate   kind = "too_late" // it cannot be
	unheard   kind = "unheard"  // nobody knows whether it was
	untold    kind = "untold"   // the bearer cannot say what became of it
)

// revoke is the sender's wish.
const revoke kind = "revoke"

// event is something that happened. What is about a copy that never was, or comes twice, changes nothing.
type event struct {
	kind    kind
	attempt int
	reason  string
	after   time.Duration // for how long the bearer wants to see nothing of it; 0: it keeps its place
	late    bool          // the step has had its time already
	stale   bool          // the message has expired: nothing is sent any more
	over    bool          // its end has come: nothing is waited for any more
}

// wait is when a delivery is looked at again.
type wait int

const (
	asBefore   wait = iota // no change
	atOnce                 // now
	inPlace                // at once, before everything that was queued later
	aWhile                 // after a pause that grows with the tries
	putOff                 // when the bearer wants to see it; what is not urgent later each time
	underLease             // when the lease is over
	forStep                // when the step has had its time
	toTheEnd               // at the end
)

// route is what the machine knows of a plan.
type route struct {
	urgent bool
	steps  []leg
}

type leg struct {
	channel Channel
	when    When
	after   time.Duration
}
