package csr

import (
	"crypto/sha256"
	stdasn1 "encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var errMalformed = refuse(ReasonMalformed, "not a certification request")

// Parse reads and checks a request. Errors are [simtrust.KindInvalid] with one of the reasons of this package.
func Parse(der []byte) (*Request, error) {
	switch {
	case len(der) > MaxSize:
		return nil, refuse(ReasonTooLarge, "the request is too large")
	case !isDER(der):
		return nil, refuse(ReasonNotDER, "the request is not one DER element")
	}
	r := &Request{Raw: der}
	if err := r.read(der); err != nil {
		return nil, err
	}
	return r, nil
}

// read takes the fields of RFC 2986 §4.2 apart. The key is judged before the signature, because a weak key's signature proves
// nothing.
func (r *Request) read(s cryptobyte.String) error {
	var request, info cryptobyte.String
	if !s.ReadASN1(&request, asn1.SEQUENCE) || !request.ReadASN1Element(&info, asn1.SEQUENCE) {
		return errMalformed
	}
	proof, err := readProof(&request, info)
	if err != nil {
		return err
	}
	var version int
	var body, subject, spki, attributes cryptobyte.String
	if !info.ReadASN1(&body, asn1.SEQUENCE) || !body.ReadASN1Integer(&version) || version != 0 ||
		!body.ReadASN1Element(&subject, asn1.SEQUENCE) || !body.ReadASN1Element(&spki, asn1.SEQUENCE) ||
		!body.ReadASN1(&attributes, asn1.Tag(0).ContextSpecific().Constructed()) || !body.Empty() {
		return errMalformed
	}
	r.RawSubject, r.SPKI, r.SPKIHash = subject, spki, sha256.Sum256(spki)
	if r.PublicKey, r.Algorithm, err = parseKey(spki); err != nil {
		return err
	}
	if err := proof.verify(r.PublicKey, r.Algorithm); err != nil {
		return err
	}
	if err := r.readSubject(); err != nil {
		return err
	}
	return r.readAttributes(attributes)
}

func (r *Request) readSubject() error {
	if err := checkNames(r.RawSubject); err != nil {
		return err
	}
	if rest, err := stdasn1.Unmarshal(r.RawSubject, &r.Subject); err != nil || len(rest) != 0 {
		return errMalformed
	}
	return nil
}
