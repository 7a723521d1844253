package ca

import "simtrust"

// Reasons of errors.
const (
	ReasonUnknownProfile     = "unknown_profile"     // invalid
	ReasonUnknownIssuer      = "unknown_issuer"      // invalid: none of that id, or none active that fits profile and key
	ReasonSubject            = "subject_refused"     // invalid: the subject breaks the profile's rules
	ReasonName               = "name_refused"        // invalid: an alternative name is malformed, not allowed or not authorised
	ReasonAsked              = "extension_refused"   // invalid: the CSR asks for what the profile does not have
	ReasonKeyKind            = "key_refused"         // invalid: the profile does not take this kind of key
	ReasonValidity           = "validity_refused"    // invalid: the end asked for is past, or later than the profile allows
	ReasonBinding            = "binding_refused"     // invalid: tenure or relying party missing, or not allowed
	ReasonOutlivesIssuer     = "outlives_issuer"     // unavailable: the issuer ends before the certificate would
	ReasonKeyBusy            = "key_busy"            // unavailable: too many signatures are under way; nothing was begun
	ReasonLint               = "lint_failed"         // internal: the certificate would not be well-formed; nothing was signed
	ReasonKeyBlocked         = "key_blocked"         // denied: the key was compromised, now or ever
	ReasonTenureNotCurrent   = "tenure_not_current"  // denied
	ReasonSIMReplaced        = "sim_replaced"        // denied: the SIM was replaced since the request was authorised
	ReasonTokenInvalid       = "token_invalid"       // denied: forged, expired, of another audience
	ReasonTokenScope         = "token_scope"         // denied: the request is not what the token authorises
	ReasonTokenSpent         = "token_spent"         // conflict
	ReasonRequestDiffers     = "request_differs"     // conflict: the key of the request was used with other content
	ReasonInProgress         = "in_progress"         // conflict: the same request is being signed
	ReasonAbandoned          = "abandoned"           // conflict: the same request was begun and not finished; ask under another key
	ReasonUnknownCertificate = "unknown_certificate" // not found
	ReasonRevocationReason   = "revocation_reason"   // invalid: the profile does not allow this reason
	ReasonAlreadyRevoked     = "already_revoked"     // conflict
	ReasonNotOnHold          = "not_on_hold"         // conflict
	ReasonExpired            = "expired"             // conflict
	ReasonNotRenewable       = "not_renewable"       // denied
	ReasonClientCertificate  = "client_certificate"  // unauthenticated: none, or not ours and valid
	ReasonSearch             = "search_refused"      // invalid: a search or bulk query without any condition
	ReasonUnknownJob         = "unknown_job"         // not found
	ReasonRequestKey         = "request_key"         // invalid: longer than 128 characters, or none that can be printed
	ReasonRequestText        = "request_text"        // invalid: the body is no certification request
)

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: msg}
}

func errSubject(msg string) error { return invalid(ReasonSubject, msg) }
func errName(msg string) error    { return invalid(ReasonName, msg) }
func errAsked(msg string) error   { return invalid(ReasonAsked, msg) }

func denied(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindDenied, Reason: reason, Msg: msg}
}

func conflict(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindConflict, Reason: reason, Msg: msg}
}

var (
	errUnknownProfile     = invalid(ReasonUnknownProfile, "no such profile")
	errKeyBlocked         = denied(ReasonKeyBlocked, "the key is blocked: it was compromised")
	errTenureEnded        = denied(ReasonTenureNotCurrent, "the number is no longer held as it was")
	errSIMReplaced        = denied(ReasonSIMReplaced, "the SIM was replaced since the request was authorised")
	errKeyBusy            = error(&simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonKeyBusy, Msg: "the issuers' keys do not keep up; try again"})
	errTokenSpent         = conflict(ReasonTokenSpent, "the authorisation token was used already")
	errAbandoned          = conflict(ReasonAbandoned, "the certificate was begun and not finished; it is revoked")
	errUnknownCertificate = error(&simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknownCertificate, Msg: "no such certificate"})
)
