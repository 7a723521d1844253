package document

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"mime"

	"simtrust"
	"simtrust/simshield/applet"
)

// Bounds of an order.
const (
	MaxContent   = 5 << 20
	maxOrder     = 64
	maxMediaType = 100
)

// Order is a document that a party wants a person to sign.
type Order struct {
	Number simtrust.Number
	// Order is the party's own id.
	Order string
	// Title is shown on the telephone.
	Title    string
	Format   Format
	Language applet.Language
	// Application is that whose document key signs; the bank's applet answers to its own bank only.
	Application applet.Application
	// NationalID is who is meant to sign; empty: whoever holds the number.
	NationalID string
	// Content is the document. Hash stands for one that stays with the party, which CAdES alone allows, by Algorithm.
	Content   []byte
	Hash      []byte
	Algorithm applet.HashAlgorithm
	// Detached leaves the document out of a CAdES message.
	Detached bool
	// MediaType is that of the content, for JAdES; empty: application/octet-stream.
	MediaType string
}

// check judges what can be judged without a key.
func (o *Order) check() error {
	switch {
	case o.Order == "" || len(o.Order) > maxOrder:
		return invalid(ReasonOrder, "order: 1 to %d octets", maxOrder)
	case o.Title == "":
		return invalid(ReasonOrder, "title: it is what the person sees")
	case forms[o.Format] == nil:
		return invalid(ReasonFormat, "format: cades, jades or pades")
	case len(o.Content) > MaxContent:
		return invalid(ReasonOrder, "content: up to %d octets", MaxContent)
	case (len(o.Content) == 0) == (len(o.Hash) == 0):
		return invalid(ReasonOrder, "either content or hash")
	case o.Format != CAdES && (o.Detached || o.Hash != nil):
		return invalid(ReasonFormat, "cades alone is made without the document in it")
	case o.Hash != nil && o.Algorithm != applet.SHA256 && o.Algorithm != applet.SM3:
		return invalid(ReasonOrder, "hash_algorithm: SHA-256, or SM3 for keys of SM2")
	case o.Hash != nil && len(o.Hash) != o.Algorithm.Size():
		return invalid(ReasonOrder, "hash: %d octets", o.Algorithm.Size())
	}
	return o.checkMediaType()
}

func (o *Order) checkMediaType() error {
	if o.MediaType == "" {
		return nil
	}
	if _, _, err := mime.ParseMediaType(o.MediaType); err != nil || len(o.MediaType) > maxMediaType || o.Format != JAdES {
		return invalid(ReasonOrder, "media_type: that of the content, for jades")
	}
	return nil
}

// is says that a digest is the order's. Orders from before who is meant was in it have the former one.
func (o *Order) is(digest, key []byte) bool {
	return hmac.Equal(digest, o.digest(key)) || hmac.Equal(digest, o.formerDigest())
}

// digest tells whether two orders under one id are the same. It is keyed: a copy of the store is not to tell who was meant.
func (o *Order) digest(key []byte) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(o.text(o.NationalID))
	return mac.Sum(nil)
}

func (o *Order) formerDigest() []byte {
	sum := sha256.Sum256(o.text())
	return sum[:]
}

func (o *Order) text(more ...any) []byte {
	content := sha256.Sum256(o.Content)
	text, err := json.Marshal(append([]any{o.Number.E164(), o.Title, o.Format, o.Language, o.Application, content[:], o.Hash, o.Algorithm, o.Detached,
		o.MediaType}, more...))
	if err != nil {
		panic(err) // of strings and numbers
	}
	return text
}
