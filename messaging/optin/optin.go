package optin

import (
	"strings"
	"time"
	"unicode"

	"simtrust"
)

// Class is what a message is for.
type Class string

// The classes of message. An opt-in by contract allows all but promotion.
const (
	ClassAuthentication Class = "authentication"
	ClassTransaction    Class = "transaction"
	ClassService        Class = "service"
	ClassPromotion      Class = "promotion"
)

func (c Class) check() error {
	switch c {
	case ClassAuthentication, ClassTransaction, ClassService, ClassPromotion:
		return nil
	}
	return refusal(simtrust.KindInvalid, ReasonClass, "a class is authentication, transaction, service or promotion")
}

// Basis is what an opt-in rests on.
type Basis string

// Consent is the person's own. Contract is a relation in which the person expects to be written to.
const (
	Consent  Basis = "consent"
	Contract Basis = "contract"
)

// State is where an opt-in stands; the package comment has the ways from one to the other.
type State string

// The states.
const (
	StateActive    State = "active"
	StateRefused   State = "refused"
	StateWithdrawn State = "withdrawn"
	StateDisputed  State = "disputed"
	StateEnded     State = "ended"
)

// OptIn is what a chatbot's client states.
type OptIn struct {
	Chatbot, Client string
	Number          simtrust.Number
	// Obtained is when the person opted in; nil: now.
	Obtained *time.Time
	// Evidence is the sender's words for what shows it, up to 1000 octets.
	Evidence string
	// Basis is Consent where it is empty.
	Basis Basis
}

// maxEvidence bounds evidence, in octets.
const maxEvidence = 1000

func (o OptIn) check() error {
	switch {
	case o.Basis != Consent && o.Basis != Contract:
		return refusal(simtrust.KindInvalid, ReasonBasis, "a basis is consent or contract")
	case len(o.Evidence) > maxEvidence || strings.IndexFunc(o.Evidence, unicode.IsControl) >= 0:
		return refusal(simtrust.KindInvalid, ReasonEvidence, "evidence is up to 1000 octets without control characters")
	}
	return nil
}

// Entry is one chatbot's standing with one tenure.
type Entry struct {
	Chatbot string
	Tenure  simtrust.TenureID
	State   State
	// Basis is empty, and Obtained zero, where the person refused without ever having opted in.
	Basis    Basis
	Obtained time.Time
	Evidence string
	// Recorded is when the opt-in was stated here, Changed when the state last changed.
	Recorded, Changed time.Time

	number hash
	seq    int64 // counts the changes of the row
}

// opted says whether there has ever been an opt-in.
func (e *Entry) opted() bool { return e.Basis != "" }

// bound says whether there was an opt-in that neither side had taken back.
func (e *Entry) bound() bool {
	return e.opted() && e.State != StateWithdrawn && e.State != StateRefused
}

// since is when the tenure held the number for certain: an instant that the sender has named or seen before.
func (e *Entry) since() time.Time {
	if e.State == StateActive {
		return e.Obtained
	}
	return e.Changed
}

// allows says whether a message of a class may go to the entry's tenure, which is current.
func (e *Entry) allows(c Class) error {
	switch {
	case e.State == StateRefused:
		return errRefused
	case e.State == StateEnded:
		return errChanged
	case e.State != StateActive, e.Basis == Contract && c == ClassPromotion:
		return errNoOptIn
	}
	return nil
}
