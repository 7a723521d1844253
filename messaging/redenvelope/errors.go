package redenvelope

import "simtrust"

// Reasons of refusal; part of the wire contract. Those from ReasonOver on are why a person gets no share, and change nothing.
const (
	ReasonCampaign = "envelope_refused" // invalid: the message names the member
	ReasonKey      = "key_refused"      // invalid
	ReasonKeyUsed  = "key_used"         // conflict: the key stands for another request
	ReasonFunds    = "funds_short"      // conflict: the chatbot's account does not cover the budget
	ReasonUnknown  = "unknown_envelope" // not found, another chatbot's too
	ReasonPage     = "page_refused"     // invalid
	ReasonFunding  = "funding_refused"  // invalid: the message names the member
	ReasonOver     = "envelope_empty"   // unprocessable: all shares are taken
	ReasonExpired  = "envelope_expired" // unprocessable
	ReasonClosed   = "envelope_closed"  // unprocessable: its sender ended it
	ReasonNobody   = "recipient_ended"  // unprocessable: the tenure is not current
	ReasonUnusable = "line_unusable"    // unprocessable: the line is suspended, or an organisation's without a named user
	ReasonUninvite = "not_invited"      // unprocessable: what was tapped is no message of the campaign to this person
	ReasonYoung    = "tenure_young"     // unprocessable, by the campaign's rules, as are the following
	ReasonSIM      = "sim_changed"      // the SIM serves for too short a time
	ReasonDevice   = "device_shared"    // the telephone serves too many numbers
	ReasonNoDevice = "device_unknown"   // nobody knows which telephone it is
)

const op = "messaging.redenvelope"

func fault(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: op, Msg: msg}
}

func refused(reason, msg string) error { return fault(simtrust.KindUnprocessable, reason, msg) }

var (
	errKeyUsed  = fault(simtrust.KindConflict, ReasonKeyUsed, "the key was used for another request")
	errFunds    = fault(simtrust.KindConflict, ReasonFunds, "the chatbot's account does not cover the budget; the operator funds it")
	errUnknown  = fault(simtrust.KindNotFound, ReasonUnknown, "the chatbot has no such red envelope")
	errOver     = refused(ReasonOver, "all shares are taken")
	errExpired  = refused(ReasonExpired, "the red envelope has expired")
	errClosed   = refused(ReasonClosed, "the red envelope was closed")
	errNobody   = refused(ReasonNobody, "nobody holds the number as they did")
	errUnusable = refused(ReasonUnusable, "the line cannot be used now")
	errUninvite = refused(ReasonUninvite, "no message of the campaign went to this person")
	errYoung    = refused(ReasonYoung, "the number has not been held for long enough")
	errSIM      = refused(ReasonSIM, "the SIM was changed too short a time ago")
	errDevice   = refused(ReasonDevice, "the telephone serves too many numbers")
	errNoDevice = refused(ReasonNoDevice, "the telephone is not known")
)
