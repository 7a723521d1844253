package csr

import "simtrust"

// Reasons of refusal, all of [simtrust.KindInvalid].
const (
	ReasonTooLarge           = "csr_too_large"
	ReasonNotDER             = "csr_not_der"
	ReasonMalformed          = "csr_malformed"           // DER, but not a certification request
	ReasonAlgorithm          = "csr_algorithm"           // key or signature algorithm not accepted, or the two do not fit each other
	ReasonCurve              = "csr_curve"               // a curve other than P-256, P-384 and SM2
	ReasonWeakKey            = "csr_weak_key"            // RSA size, exponent, factors; a point off its curve
	ReasonBadSignature       = "csr_bad_signature"       // no proof of possession
	ReasonForbiddenExtension = "csr_forbidden_extension" // CA:TRUE, keyCertSign, cRLSign, unknown critical, duplicate
	ReasonForbiddenName      = "csr_forbidden_name"      // NUL, control or template characters in a name
)

func refuse(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "csr.parse", Msg: msg}
}
