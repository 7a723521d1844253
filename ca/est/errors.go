package est

import "simtrust"

// Reasons of errors, beside those of ca and ca/csr.
const (
	ReasonLabel         = "unknown_label"        // not found; invalid where a credential is made
	ReasonCredential    = "credential_refused"   // unauthenticated
	ReasonOtherLabel    = "other_label"          // denied: the credential is for another profile
	ReasonNames         = "names_not_authorised" // denied; invalid where a credential is made
	ReasonEncoding      = "not_base64"           // invalid
	ReasonSubject       = "subject_refused"      // invalid: an attribute no certificate has, or twice
	ReasonLinking       = "linking_not_proven"   // invalid: a challenge that is not of this connection
	ReasonAttribute     = "attribute_refused"    // invalid: the CSR asks for what is not done
	ReasonNothingLike   = "nothing_to_renew"     // denied: no valid certificate of these names was obtained with this credential
	ReasonOtherNames    = "other_names"          // denied: a renewal keeps subject and alternative names
	ReasonNoCredentials = "unknown_credential"   // not found
)

func invalid(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "est", Msg: msg}
}

func denied(reason, msg string) error {
	return &simtrust.Error{Kind: simtrust.KindDenied, Reason: reason, Op: "est", Msg: msg}
}
