package purchase

import "simtrust"

// Reasons of refusal; part of the wire contract. Beside them stand those of simshield's requests, those of messages, and as denied those why a
// recipient gets none.
const (
	ReasonRequest   = "purchase_refused"   // invalid: the request is no transfer to one payee, or the words are no lines
	ReasonThreshold = "sim_above_refused"  // invalid: not an amount in the purchase's currency
	ReasonWait      = "wait_refused"       // invalid
	ReasonParty     = "party_not_allowed"  // denied: the chatbot may not carry requests of the party
	ReasonDiffers   = "order_differs"      // conflict: the order is known with another content
	ReasonUnknown   = "unknown_purchase"   // not found, another client's too
	ReasonNoLink    = "party_not_linked"   // not found
	ReasonToken     = "answer_not_genuine" // denied: not a suggestion of ours, or another's
	ReasonTooLate   = "answer_too_late"    // conflict: the purchase has ended otherwise
)

const op = "purchase"

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: op, Msg: msg}
}

func refuse(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: op, Msg: msg}
}

var (
	errParty     = refuse(simtrust.KindDenied, ReasonParty, "the chatbot may not carry requests of this party; ask the operator to link them")
	errDiffers   = refuse(simtrust.KindConflict, ReasonDiffers, "the order is known with another content")
	errUnknown   = refuse(simtrust.KindNotFound, ReasonUnknown, "this client has no such purchase")
	errNoLink    = refuse(simtrust.KindNotFound, ReasonNoLink, "the chatbot is not linked to this party")
	errToken     = refuse(simtrust.KindDenied, ReasonToken, "the answer is to nothing that this person was asked")
	errTooLate   = refuse(simtrust.KindConflict, ReasonTooLate, "the purchase has ended, or the SIM asks already")
	errThreshold = invalid(ReasonThreshold, "sim_above: an amount in the currency of the purchase with all its decimals, such as 1000.00")
	errHolder    = refuse(simtrust.KindDenied, CauseTenureEnded, "the number is not held as it was when the order came first")
	errForgotten = refuse(simtrust.KindUnavailable, ReasonUnknown, "the purchase ended before its notice went out; ask again")
)
