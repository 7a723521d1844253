package ceremony

import "simtrust"

// Reasons of the errors of this package.
const (
	ReasonSpec       = "ceremony_file_invalid" // the file cannot be read as a ceremony
	ReasonProfile    = "ceremony_refused"      // the file asks for a certificate that must not exist
	ReasonChanged    = "ceremony_changed"      // an entry that has been carried out differs, or is missing
	ReasonNoDir      = "hierarchy_missing"     // there is no hierarchy in the directory
	ReasonDamaged    = "hierarchy_damaged"     // a file of the hierarchy is missing, changed, or contradicts another
	ReasonTranscript = "transcript_damaged"    // the transcript has been cut or edited
	ReasonExpired    = "certificate_expired"   // a delegate's certificate is not valid now
	ReasonKey        = "ca_key_failed"         // the key of a certificate is missing, another one, or does not sign
)

func refused(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonProfile, Op: "ca.ceremony", Msg: msg}
}

func changed(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonChanged, Op: "ca.ceremony", Msg: msg}
}

func failed(msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInternal, Op: "ca.ceremony", Msg: msg, Err: err}
}

func broken(reason, msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInternal, Reason: reason, Op: "ca.hierarchy", Msg: msg, Err: err}
}
