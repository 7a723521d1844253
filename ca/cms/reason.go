package cms

import "simtrust"

// Reasons of refusal, all of [simtrust.KindInvalid].
const (
	ReasonTooLarge    = "cms_too_large"
	ReasonMalformed   = "cms_malformed"   // not signed data in DER, or not of the form that doc.go describes
	ReasonAlgorithm   = "cms_algorithm"   // a digest or signature algorithm that is not accepted, or two that do not fit each other
	ReasonAltered     = "cms_altered"     // the content is not what was signed
	ReasonSignature   = "cms_signature"   // the signature is not by the certificate's key
	ReasonCertificate = "cms_certificate" // the signer's certificate is absent, or not the one that was meant
	ReasonUntrusted   = "cms_untrusted"   // no chain to a root that is good for this at that instant
)

func refuse(reason, msg string) error { return refuseFor(reason, msg, nil) }

func refuseFor(reason, msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "cms.verify", Msg: msg, Err: err}
}
