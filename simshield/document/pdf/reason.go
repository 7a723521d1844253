package pdf

import (
	"fmt"

	"simtrust"
)

// Reasons of refusal, all of simtrust.KindInvalid.
const (
	ReasonMalformed = "pdf_malformed"   // something is not where, or what, it must be
	ReasonTrailing  = "pdf_trailing"    // content behind the end-of-file mark
	ReasonEncrypted = "pdf_encrypted"   // the file is encrypted
	ReasonStreams   = "pdf_xref_stream" // cross-references in a stream, in whole or in part
	ReasonCertified = "pdf_certified"   // the file was certified, so that nothing may be added
	ReasonXFA       = "pdf_xfa"         // a form that readers show in place of the pages
	ReasonRoom      = "pdf_room"        // the message does not fit the room
)

func refuse(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "pdf", Msg: "the PDF: " + fmt.Sprintf(format, args...)}
}
