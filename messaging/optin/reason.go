package optin

import "simtrust"

// Reasons of refusal; part of the wire contract.
const (
	ReasonRecipientChanged = "recipient_changed" // conflict: who opted in does not hold the number now
	ReasonNoOptIn          = "no_opt_in"         // denied: nobody known under the number has opted in
	ReasonRefused          = "refused"           // denied: the person does not want it
	ReasonSIMChanged       = "sim_changed"       // conflict: held back, the SIM is too new
	ReasonSuperseded       = "superseded"        // conflict: obtained before it was withdrawn or disputed
	ReasonRenewalLimit     = "renewal_limit"     // limited: too many renewed opt-ins on one day
	ReasonChangesLimit     = "changes_limit"     // limited: told of too many changed recipients on one day
	ReasonUnknownNumber    = "unknown_number"    // not found, to the operator's gateway only: nobody holds the number
	ReasonEvidence         = "evidence"          // invalid: too long, or with control characters
	ReasonBasis            = "basis"             // invalid: neither consent nor contract
	ReasonClass            = "class"             // invalid: no such class of message
	ReasonChatbot          = "chatbot"           // invalid: not exactly one of id and service id
)

const op = "messaging.optin"

// What a sender may learn of a recipient. Each is one value for all causes, so that none shows through.
var (
	errChanged    = refusal(simtrust.KindConflict, ReasonRecipientChanged, "RECIPIENT_CHANGED: who opted in is not known to hold the number now")
	errNoOptIn    = refusal(simtrust.KindDenied, ReasonNoOptIn, "nobody known under the number has opted in to the chatbot")
	errRefused    = refusal(simtrust.KindDenied, ReasonRefused, "the person refuses the chatbot, and only a START from their phone ends that")
	errSIMChanged = refusal(simtrust.KindConflict, ReasonSIMChanged, "held back: another SIM serves the number since a short time")
	errSuperseded = refusal(simtrust.KindConflict, ReasonSuperseded, "an opt-in obtained later than the last one ended is needed")
	errLimit      = refusal(simtrust.KindLimited, ReasonRenewalLimit, "too many renewed opt-ins today")
	errTold       = refusal(simtrust.KindLimited, ReasonChangesLimit, "too many opt-ins of recipients that changed today; no more are taken before tomorrow")
)

func refusal(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: op, Msg: msg}
}
