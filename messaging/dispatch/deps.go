package dispatch

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Bearer brings messages to handsets over one or more channels. It is asked for many at once, all of one channel, and answers each at
// the question's place. Its methods return when ctx ends; a question that has no answer counts as not knowing.
type Bearer interface {
	// Reach says whether the channel reaches each recipient now with a message of their chatbot. Where nobody can know, as with text
	// messages, it does. An error puts all of them off.
	Reach(ctx context.Context, channel Channel, to []Recipient) ([]bool, error)
	// Submit hands over copies. What it was given it never repeats by itself under another reference.
	Submit(ctx context.Context, list []Submission) []Outcome
	// Query asks what became of copies, also of those of which nobody knows whether they were taken: these have no reference.
	Query(ctx context.Context, list []Copy) []Finding
	// Cancel takes copies back. Asking again is harmless.
	Cancel(ctx context.Context, list []Copy) []Recall
}

// Recipient is who holds a tenure now, and the chatbot that writes to them: each chatbot may have ways of its own.
type Recipient struct {
	Tenure  simtrust.TenureID
	Number  simtrust.Number
	Chatbot string
}

// Copy names one handing over of a delivery to a bearer.
type Copy struct {
	// Delivery is the same on all copies for one recipient, and what two copies are known by as the same message.
	Delivery string
	// Attempt counts the copies of a delivery from 1. An attempt is submitted at most once.
	Attempt int
	Channel Channel
	// Ref is the bearer's reference; empty before it has given one, and where its answer was lost.
	Ref string
}

// ID names the copy: the delivery's id, a full stop, the attempt. A bearer that takes ids from its clients gets this one.
func (c Copy) ID() string { return fmt.Sprintf("%s.%d", c.Delivery, c.Attempt) }

// Submission is a copy to be handed over.
type Submission struct {
	Copy
	Recipient
	Message string
	Class   Class
	Expires time.Time
	// Patience is how long the copy may go undelivered before another step is thought of; 0: until Expires.
	Patience time.Duration
	// PossibleDuplicate says that an earlier copy may have arrived.
	PossibleDuplicate bool
	ContentType       string
	Payload           []byte
}

// Answer is what a bearer says to a submission.
type Answer string

// The answers. The zero Answer counts as Lost.
const (
	Accepted  Answer = "accepted"    // reports follow under the reference
	Rejected  Answer = "rejected"    // for good: the recipient does not get this copy
	NotOnIt   Answer = "unreachable" // for good: the channel does not reach the recipient
	Throttled Answer = "throttled"   // this copy was not taken, for a limit or because the bearer is away; it may be tried later
	Postponed Answer = "postponed"   // as throttled, but this copy alone: the bearer takes others, and the channel goes on
	Lost      Answer = "lost"        // nobody knows whether it was taken
)

// Outcome is a bearer's answer to one submission.
type Outcome struct {
	Answer Answer
	// Ref is the reference of an accepted copy, unique on its channel while reports of it may come.
	Ref string
	// Reason is a stable word or the bearer's code, for a rejection.
	Reason string
	// After is how long a bearer that throttles wants to be left alone, or wants to see nothing of a copy that it postponed, up to 30 s; 0:
	// it does not say. A copy that is postponed again and is not urgent comes later each time, at the latest after 5 minutes.
	After time.Duration
}

// Fate is what a bearer says of a copy that it was handed.
type Fate string

// The fates. The zero Fate counts as FateUnknown.
const (
	FateUnknown   Fate = "unknown"   // it cannot say
	FateAccepted  Fate = "accepted"  // it has it, and has no end yet
	FateNotTaken  Fate = "not_taken" // it does not have it and will not take it under this id any more; only who can promise that says so
	FateDelivered Fate = "delivered"
	FateDisplayed Fate = "displayed"
	FateFailed    Fate = "failed"
	FateExpired   Fate = "expired"
	FateRevoked   Fate = "revoked"
)

// Finding is a bearer's answer to a query.
type Finding struct {
	Fate   Fate
	Ref    string // where it is known
	Reason string
}

// Recall is a bearer's answer to a cancellation.
type Recall string

// The answers. The zero Recall counts as RecallUnknown.
const (
	Recalled      Recall = "revoked"  // the copy does not arrive
	TooLate       Recall = "too_late" // it has left, or arrived
	RecallUnknown Recall = "unknown"
)

// Report is a bearer's word on a copy, unasked: in any order, any number of times.
type Report struct {
	// Ref is the bearer's reference. A bearer that knows only the copy's own id ([Copy.ID]) leaves it empty and sets ID.
	Ref, ID string
	Fate    Fate
	At      time.Time
	// Reason is a stable word or the bearer's code.
	Reason string
}

// Question is what is to be sent to recipients.
type Question struct {
	Chatbot          string
	Class            Class
	SIMChangedWithin time.Duration
}

// Standing is whether a tenure may be written to now: Err is nil and Number its number, or Err says why not.
type Standing struct {
	Number simtrust.Number
	Err    error
}

// Recipients knows who may be written to.
type Recipients interface {
	// Still is asked right before every submission: is the tenure current, and does the chatbot still have its permission. A Standing
	// whose error is of kind denied, conflict, not found or unprocessable refuses the recipient for good, under the error's reason. Any
	// other error, of one recipient or of all, and a tenure that is missing from the answer, means that it cannot be told: nothing is
	// sent, and it is asked again.
	Still(ctx context.Context, q Question, ids []simtrust.TenureID) (map[simtrust.TenureID]Standing, error)
}

// Listener is told what senders are told, and before that what may be answered.
type Listener interface {
	// Begun is called in the transaction that makes the numbers of copies durable, each with its channel, before any of them can leave: a
	// recipient may answer before the bearer does. Of one transaction it is called before Changed. As for Changed, an error undoes it all.
	Begun(ctx context.Context, tx *sqldb.Tx, copies []Update) error
	// Changed is called in the transaction of the changes. An error undoes them, and they are tried again. It may be called again for a
	// transaction that did not commit, so it has no effect outside tx.
	Changed(ctx context.Context, tx *sqldb.Tx, changes []Update) error
}

// Deps is what the package stands on. The bearers are named later ([Service.Carry]).
type Deps struct {
	DB         *sqldb.DB
	Recipients Recipients
	Listener   Listener
	Log        *slog.Logger
	Now        func() time.Time
}

// Config is what the operator sets. The zero value is good.
type Config struct {
	// Lease is how long a node may be at work on a delivery before another takes it up; 0: 30 s. A bearer's call has a third of it.
	Lease time.Duration
	// Grace is how long after the end of a message its last reports are waited for; 0: 5 minutes.
	Grace time.Duration
	// Batch is how many deliveries a bearer is handed in one call; 0: 256.
	Batch int
	// Parallel is how many calls a channel has under way at once on this node; 0: 4.
	Parallel int
	// Keep is how long after its expiry a message can be asked about; 0: 30 days.
	Keep time.Duration
}
