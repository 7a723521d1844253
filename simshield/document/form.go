package document

import (
	"time"

	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// Format is a form of signed document.
type Format string

// The formats.
const (
	CAdES Format = "cades"
	JAdES Format = "jades"
	PAdES Format = "pades"
)

// form makes the documents of a format.
type form interface {
	// prepare makes all that there is before the signature. The order is checked, the key is the one that will sign.
	prepare(o *Order, k *simshield.Key, at time.Time) (draft, error)
	// input is what is signed.
	input(d draft) []byte
	// complete puts the document together; stamp returns a time stamp token over octets. The signature is the key's over the input.
	complete(d draft, k *simshield.Key, s applet.Signature, stamp stamp) ([]byte, error)
	// mediaType is that of the signed document.
	mediaType() string
}

var forms = map[Format]form{CAdES: cades{}, JAdES: jades{}, PAdES: pades{}}

// stamp returns the token of a time stamp over octets.
type stamp func(octets []byte) ([]byte, error)

// draft is a document before its signature.
type draft struct {
	// Head is the SET OF signed attributes, or the protected header.
	Head []byte
	// Content is the document; nil where it is elsewhere.
	Content []byte
	// Sum is the digest of what a CMS message is about, where the document is not in it.
	Sum []byte
	// GapStart and GapEnd are where in a PDF the message goes.
	GapStart, GapEnd int
}

// octets is how much of a draft is kept.
func (d draft) octets() int { return len(d.Head) + len(d.Content) + len(d.Sum) }
