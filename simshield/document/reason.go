package document

import (
	"fmt"

	"simtrust"
	"simtrust/simshield"
)

// Reasons of refusal, beside those of simshield and pdf.
const (
	ReasonOrder     = "document_refused"   // invalid: the order is malformed
	ReasonFormat    = "document_format"    // invalid: not a format that is made, or not from a hash
	ReasonKey       = "document_key"       // unprocessable: keys of the person's algorithm do not sign that format, or that hash
	ReasonTooMuch   = "documents_too_many" // limited: the party has too much kept
	ReasonUnknown   = "unknown_document"   // not found
	ReasonRemoved   = "document_removed"   // not found: it was removed, or its day is over
	ReasonNoStamp   = "document_no_stamp"  // unavailable: no time stamp can be had now
	ReasonSignature = "document_unsigned"  // internal: the signature is not by the document key over what was prepared
)

func invalid(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Op: "document", Msg: fmt.Sprintf(format, args...)}
}

func refuse(kind simtrust.Kind, reason, msg string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Op: "document", Msg: msg}
}

var (
	errUnknown   = refuse(simtrust.KindNotFound, ReasonUnknown, "no such document")
	errRemoved   = refuse(simtrust.KindNotFound, ReasonRemoved, "the document was removed, or its day is over")
	errForgotten = refuse(simtrust.KindConflict, simshield.ReasonBusy, "the key was replaced meanwhile; try again")
	errReplayed  = refuse(simtrust.KindConflict, simshield.ReasonReplayed, "the order is known with another content")
	errTooMuch   = refuse(simtrust.KindLimited, ReasonTooMuch, "too much is kept; remove documents that were fetched")
	errSignature = refuse(simtrust.KindInternal, ReasonSignature, "the signature is not by the document key over what was prepared")
)
