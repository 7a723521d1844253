package purchase

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"simtrust/simshield"
)

// step is something that happens to a purchase.
type step struct {
	name string
	do   func(Standing) Standing
}

func steps() []step {
	list := []step{
		{"button", func(s Standing) Standing { return s.confirmed(true) }},
		{"confirm, for the SIM", func(s Standing) Standing { return s.confirmed(false) }},
		{"deny by button", func(s Standing) Standing { return s.denied(ByButton) }},
		{"deny by text", func(s Standing) Standing { return s.denied(ByText) }},
		{"tenure ended", func(s Standing) Standing { return s.lost(CauseTenureEnded) }},
		{"SIM changed", func(s Standing) Standing { return s.lost(CauseSIMChanged) }},
		{"lapse", Standing.lapsed},
		{"opened", Standing.opened},
		{"not enrolled", func(s Standing) Standing { return s.unasked(simshield.ReasonNotEnrolled) }},
	}
	for _, state := range []simshield.State{simshield.StateOpen, simshield.StateSigned, simshield.StateCancelled, simshield.StateRefused,
		simshield.StateUnanswered, simshield.StateExpired, simshield.StateBlocked, simshield.StateFailed} {
		list = append(list, step{"sim " + string(state), func(s Standing) Standing { return s.answered(state, "cause") }})
	}
	return list
}

// TestMachine: whatever happens in whatever order, a purchase ends once and for the reason that it had; text alone never confirms, the SIM's
// signature always does, and nothing confirms what nobody confirmed.
func TestMachine(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	all := steps()
	for range 100_000 {
		s := Standing{State: StateAsked}
		var path []string
		for range 12 {
			now := all[random.IntN(len(all))]
			next := now.do(s)
			path = append(path, now.name)
			if fault := judge(s, next, now.name, path); fault != "" {
				t.Fatalf("%s: %q: %+v, then %+v", fault, path, s, next)
			}
			s = next
		}
	}
}

// judge says what is wrong with a step.
func judge(before, after Standing, name string, path []string) string {
	switch {
	case before.Final() && after != before:
		return "an end changed"
	case after.Final() && after.Stop:
		return "an end is stopped"
	case before.Stop && !after.Stop && !after.Final():
		return "a stop was forgotten"
	case name == "sim signed" && before.atSIM() && after != Standing{State: StateConfirmed, Method: BySIM}:
		return "a signature was lost"
	case after.State == before.State || after.State != StateConfirmed:
		return unconfirmed(after)
	case after.Method == ByButton && (name != "button" || before.State != StateAsked):
		return "confirmed by something else"
	case after.Method == BySIM && (name != "sim signed" || !slices.Contains(path, "confirm, for the SIM")):
		return "confirmed without signature, or without having been asked"
	case after.Method == ByText || after.Method == "" || after.Cause != "":
		return "confirmed by text"
	}
	return ""
}

func unconfirmed(s Standing) string {
	switch {
	case s.State == StateDenied && s.Method == "":
		return "denied by nobody"
	case s.State == StateFailed && s.Cause == "":
		return "failed without a cause"
	case s.State == StateExpired && s.Method != "":
		return "expired though answered"
	}
	return ""
}

// TestStop: what the person or the network stopped while the SIM asks ends as that, unless the SIM has signed.
func TestStop(t *testing.T) {
	for _, state := range []State{StateStarting, StateSigning} {
		for _, end := range []simshield.State{simshield.StateCancelled, simshield.StateRefused, simshield.StateUnanswered, simshield.StateExpired,
			simshield.StateBlocked, simshield.StateFailed} {
			asked := Standing{State: state}
			if got := asked.denied(ByText).answered(end, "cause"); (got != Standing{State: StateDenied, Method: ByText}) {
				t.Errorf("%s, denied, %s: %+v", state, end, got)
			}
			if got := asked.lost(CauseSIMChanged).denied(ByText).answered(end, "cause"); (got != Standing{State: StateFailed, Cause: CauseSIMChanged}) {
				t.Errorf("%s, SIM changed, %s: %+v", state, end, got)
			}
			if got := asked.answered(end, "cause"); !got.Final() || got.State == StateConfirmed {
				t.Errorf("%s, %s: %+v", state, end, got)
			}
		}
	}
	for name, got := range map[string]Standing{
		"stopped before it was asked":   Standing{State: StateStarting}.denied(ByButton).unasked("busy"),
		"stopped, and its time is over": Standing{State: StateStarting}.denied(ByButton).lapsed(),
	} {
		if want := (Standing{State: StateDenied, Method: ByButton}); got != want {
			t.Errorf("%s: %s", name, fmt.Sprint(got))
		}
	}
}
