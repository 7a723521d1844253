package purchase

import "simtrust/simshield"

// State is how a purchase stands.
type State string

// The states. The last four are final.
const (
	StateAsked     State = "asked"     // the notice is out, or on its way
	StateStarting  State = "starting"  // the person confirmed; the SIM is about to be asked
	StateSigning   State = "signing"   // the SIM asks the person
	StateConfirmed State = "confirmed" // Method tells how
	StateDenied    State = "denied"    // Method tells how
	StateExpired   State = "expired"   // nobody answered in time
	StateFailed    State = "failed"    // Cause tells
)

// Method is how a person answered.
type Method string

// The methods.
const (
	ByButton Method = "button"
	BySIM    Method = "sim"
	ByText   Method = "text" // typed; it never confirms
)

// Causes of ends, beside those of simshield's transactions and its reasons why the SIM cannot be asked.
const (
	CauseTenureEnded = simshield.CauseTenureEnded
	CauseSIMChanged  = simshield.CauseSIMChanged
	CauseUnanswered  = "unanswered" // the person was asked by the SIM, and did nothing
)

// Standing is all that decides what happens to a purchase next. Its methods are the whole of the rules: each takes something that happened
// and returns how the purchase stands then. What comes too late changes nothing.
type Standing struct {
	State  State
	Method Method
	Cause  string
	// Stop: the SIM is to be asked no more. Unless it has signed, Method or Cause is what the purchase ends by.
	Stop bool
}

// Final says that nothing changes it any more.
func (s Standing) Final() bool {
	return s.State == StateConfirmed || s.State == StateDenied || s.State == StateExpired || s.State == StateFailed
}

// atSIM says that the SIM is asked, or about to be.
func (s Standing) atSIM() bool { return s.State == StateStarting || s.State == StateSigning }

// confirmed: the person took the suggestion that confirms. enough: nothing more is needed than that.
func (s Standing) confirmed(enough bool) Standing {
	switch {
	case s.State != StateAsked:
		return s
	case enough:
		return Standing{State: StateConfirmed, Method: ByButton}
	}
	return Standing{State: StateStarting}
}

// denied: the person denied the purchase, be it while the SIM asks.
func (s Standing) denied(by Method) Standing {
	switch {
	case s.State == StateAsked:
		return Standing{State: StateDenied, Method: by}
	case s.atSIM() && !s.Stop:
		return Standing{State: s.State, Method: by, Stop: true}
	}
	return s
}

// lost: who was asked does not hold the number, or not with that SIM.
func (s Standing) lost(cause string) Standing {
	switch {
	case s.State == StateAsked:
		return Standing{State: StateFailed, Cause: cause}
	case s.atSIM() && !s.Stop:
		return Standing{State: s.State, Cause: cause, Stop: true}
	}
	return s
}

// lapsed: the time to answer is over. The SIM, once asked, goes by its own.
func (s Standing) lapsed() Standing {
	if s.State == StateAsked || s.State == StateStarting {
		return s.endedBy(Standing{State: StateExpired})
	}
	return s
}

// opened: the SIM asks.
func (s Standing) opened() Standing {
	if s.State == StateStarting {
		s.State = StateSigning
	}
	return s
}

// unasked: the SIM was not asked and cannot be.
func (s Standing) unasked(cause string) Standing {
	if s.State == StateStarting {
		return s.endedBy(Standing{State: StateFailed, Cause: cause})
	}
	return s
}

// answered: the transaction on the SIM has ended. A signature counts, whatever came meanwhile: it is the person's stronger word.
func (s Standing) answered(state simshield.State, cause string) Standing {
	if !s.atSIM() {
		return s
	}
	switch state {
	case simshield.StateOpen:
		return s
	case simshield.StateSigned:
		return Standing{State: StateConfirmed, Method: BySIM}
	case simshield.StateRefused:
		return s.endedBy(Standing{State: StateDenied, Method: BySIM})
	case simshield.StateExpired:
		return s.endedBy(Standing{State: StateExpired})
	case simshield.StateUnanswered:
		return s.endedBy(Standing{State: StateExpired, Cause: CauseUnanswered})
	}
	return s.endedBy(Standing{State: StateFailed, Cause: cause})
}

// endedBy is an end without a signature, or what stopped the purchase before that.
func (s Standing) endedBy(end Standing) Standing {
	switch {
	case !s.Stop:
		return end
	case s.Method != "":
		return Standing{State: StateDenied, Method: s.Method}
	}
	return Standing{State: StateFailed, Cause: s.Cause}
}
