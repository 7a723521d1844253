package simshield

import (
	"time"

	"simtrust"
	"simtrust/simshield/applet"
)

// State is how a transaction stands. All but StateOpen are final.
type State string

// The states.
const (
	StateOpen       State = "open"       // the card has been asked, or will be
	StateSigned     State = "signed"     // with a receipt
	StateCancelled  State = "cancelled"  // by the party, or because what it rests on ended; Cause tells
	StateRefused    State = "refused"    // by the person
	StateUnanswered State = "unanswered" // the person did nothing
	StateExpired    State = "expired"    // no answer came in time
	StateBlocked    State = "blocked"    // the PIN is blocked, and the key's use over
	StateFailed     State = "failed"     // Cause tells
)

// Causes of ends.
const (
	CauseParty         = "party"          // the party cancelled
	CauseTenureEnded   = "tenure_ended"   // the number went to somebody else
	CauseSIMChanged    = "sim_changed"    // the card was replaced
	CausePhoneAbsent   = "phone_absent"   // the phone cannot be reached
	CauseDelivery      = "delivery"       // the message could not be sent
	CauseSIM           = "sim_error"      // the card refused the packet or the command
	CauseHandset       = "handset_unable" // the handset cannot show it
	CauseBusy          = "card_busy"
	CauseNoKey         = "no_key" // the card does not have the key
	CauseSignature     = "signature_invalid"
	CauseCertificate   = "certificate_invalid" // revoked, suspended or expired when the signature came
	CausePINBlocked    = "pin_blocked"
	CauseLostOwnership = "not_current" // when the signature came the number was held otherwise
)

// Reasons of refusal.
const (
	ReasonRequest        = "request_refused"    // invalid: the signed request is malformed, or says what it must not
	ReasonRequestKey     = "request_unsigned"   // unauthenticated: not signed by a registered key of the party
	ReasonReplayed       = "order_differs"      // conflict: the order is known with another content
	ReasonBusy           = "sim_busy"           // conflict: the card has a transaction open
	ReasonNotEnrolled    = "not_enrolled"       // not found: the number has no key of that kind for this party
	ReasonNotCurrent     = "tenure_not_current" // denied: the number is not held as it was, or is barred
	ReasonCertificate    = "certificate_refused"
	ReasonTooMany        = "too_many_prompts" // limited: the card was asked too often
	ReasonUnknown        = "unknown_transaction"
	ReasonEnded          = "ended" // conflict: it cannot be cancelled any more
	ReasonNoReceipt      = "no_receipt"
	ReasonPartySuspended = "party_suspended"
	ReasonPartyScope     = "party_not_registered" // denied: the party was not registered to ask for confirmations
)

// Transaction is something that a party asked a person to confirm.
type Transaction struct {
	ID    string
	Party string
	// Ref is the party's own id.
	Ref     string
	Kind    applet.Kind
	State   State
	Cause   string
	Code    string // verification code, shown on both screens
	Key     string
	Created time.Time
	Expires time.Time
	Ended   time.Time // zero: open
	// Signature is there where State is StateSigned.
	Signature applet.Signature
	tenure    simtrust.TenureID
}

// Final says that the transaction has ended.
func (t Transaction) Final() bool { return t.State != StateOpen }

// answered are the ends that a card's results mean, beside a signature.
var answered = map[applet.Result]struct {
	state State
	cause string
}{
	applet.Cancelled:     {StateRefused, ""},
	applet.NoResponse:    {StateUnanswered, ""},
	applet.PINBlocked:    {StateBlocked, CausePINBlocked},
	applet.NoKey:         {StateFailed, CauseNoKey},
	applet.HandsetUnable: {StateFailed, CauseHandset},
	applet.Busy:          {StateFailed, CauseBusy},
	applet.Expired:       {StateExpired, ""},
	applet.IDCancelled:   {StateCancelled, CauseParty},
	applet.Malformed:     {StateFailed, CauseSIM},
}
