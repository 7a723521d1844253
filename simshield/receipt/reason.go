package receipt

import "simtrust"

// Reasons of errors.
const (
	ReasonMalformed   = "receipt_malformed"           // invalid: not a receipt in its one form
	ReasonTooLarge    = "receipt_too_large"           // invalid
	ReasonUnproven    = "receipt_unproven"            // invalid: a step of the verification failed
	ReasonRoots       = "receipt_roots"               // invalid: no roots to verify with, or not certificates
	ReasonFacts       = "receipt_facts"               // invalid: the facts do not belong together
	ReasonNoStamp     = "receipt_no_stamp"            // unavailable: no time stamp can be had
	ReasonNoStatus    = "receipt_no_status"           // unavailable: the certificate's status cannot be had
	ReasonCertificate = "receipt_certificate_refused" // denied: the certificate is not good at the time of the stamp
)

func fault(kind simtrust.Kind, reason, msg string, err error) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: "receipt", Msg: msg, Err: err}
}

func invalid(reason, msg string) error { return fault(simtrust.KindInvalid, reason, msg, nil) }
