package dispatch

import (
	"time"

	"simtrust"
)

// State is how far a delivery has come, as its sender sees it. It only ever rises in rank.
type State string

// The states, by rank. Those from StateUnknown on are terminal: nothing is sent any more. What is learned later still counts.
const (
	StateQueued    State = "queued"    // no copy is with a bearer
	StateSubmitted State = "submitted" // a bearer has taken a copy
	StateUnknown   State = "unknown"   // nobody could say in time whether it arrived
	StateFailed    State = "failed"    // for good, on every channel it might take
	StateExpired   State = "expired"   // not delivered in time
	StateRevoked   State = "revoked"   // taken back before it arrived
	StateRefused   State = "refused"   // the recipient is not, or no longer, one to be written to
	StateDelivered State = "delivered" // on the handset
	StateDisplayed State = "displayed" // seen
)

var ranks = map[State]int{
	StateQueued: 0, StateSubmitted: 1, StateUnknown: 2,
	StateFailed: 3, StateExpired: 3, StateRevoked: 3, StateRefused: 3,
	StateDelivered: 4, StateDisplayed: 5,
}

// Terminal reports whether nothing is sent any more.
func (s State) Terminal() bool { return ranks[s] >= ranks[StateUnknown] }

// above reports whether a delivery may go from b to s.
func (s State) above(b State) bool { return ranks[s] > ranks[b] }

// Reasons of ends that are no bearer's and no recipient's own.
const (
	ReasonUnreachable = "unreachable" // no channel of the plan reaches the recipient
	ReasonExpired     = "expired"
	ReasonRevoked     = "revoked"
	ReasonNoAnswer    = "no_answer" // of a bearer, or of a handset by way of it
)

// Update is a change of a delivery that its sender is told of: a new state, or another copy that a bearer has taken, which is
// [StateSubmitted] again on its channel. Of a copy that arrives while it is waited for it is told before that it was taken, though the
// report overtook the answer.
type Update struct {
	Delivery, Message, Chatbot string
	Key                        string
	Tenure                     simtrust.TenureID
	Class                      Class
	State                      State
	// Channel is the one the change happened on.
	Channel Channel
	// Reason is a stable word: one of this package's, the recipients' refusal, or the bearer's code.
	Reason string
	// PossibleDuplicate says that a copy was sent while an earlier one may have arrived.
	PossibleDuplicate bool
	At                time.Time
}

// Status is where a delivery stands.
type Status struct {
	Update
	// Attempts is how many copies were handed to bearers, or were about to be.
	Attempts int
	// Revoking is set once the sender has asked for it back.
	Revoking bool
	// Out are the channels of copies that have arrived, or may have, or may yet: not of those that a bearer did not take, or that failed.
	Out []Channel
}
