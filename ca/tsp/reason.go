package tsp

import "simtrust"

// Reasons of errors.
const (
	ReasonMalformed = "tsp_malformed" // invalid: not a token, or not an answer to the query
	ReasonSigner    = "tsp_signer"    // invalid: the signer is no time-stamping authority
	ReasonRefused   = "tsp_refused"   // unavailable: the authority gives no time stamp now
)

func refuse(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "tsp", Msg: msg}
}

var errRefused = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonRefused, Op: "tsp", Msg: "the time-stamping authority gives no time stamp now"}
