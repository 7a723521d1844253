package smpp

import "fmt"

// State is what has become of a message (SMPP 3.4 §5.2.28); 0 is none of them.
type State byte

// States.
const (
	StateEnroute       State = 1
	StateDelivered     State = 2
	StateExpired       State = 3
	StateDeleted       State = 4
	StateUndeliverable State = 5
	StateAccepted      State = 6
	StateUnknown       State = 7
	StateRejected      State = 8
)

// stateWords are the words of receipts (SMPP 3.4 Appendix B).
var stateWords = [...]string{
	StateEnroute: "ENROUTE", StateDelivered: "DELIVRD", StateExpired: "EXPIRED", StateDeleted: "DELETED",
	StateUndeliverable: "UNDELIV", StateAccepted: "ACCEPTD", StateUnknown: "UNKNOWN", StateRejected: "REJECTD",
}

// String returns the word of a receipt.
func (s State) String() string {
	if int(s) < len(stateWords) && s > 0 {
		return stateWords[s]
	}
	return fmt.Sprintf("state %d", byte(s))
}

// Final reports a state that no other follows. ACCEPTD is none, for service centres send it of messages that they only took over, and
// neither is UNKNOWN.
func (s State) Final() bool {
	switch s {
	case StateDelivered, StateExpired, StateDeleted, StateUndeliverable, StateRejected:
		return true
	default:
		return false
	}
}
