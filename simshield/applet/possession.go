package applet

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidPossession = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 2, 2}
	oidECKey      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}

	oidCurves     = map[Algorithm]asn1.ObjectIdentifier{P256: {1, 2, 840, 10045, 3, 1, 7}, SM2: {1, 2, 156, 10197, 1, 301}}
	oidSignatures = map[Algorithm]asn1.ObjectIdentifier{P256: {1, 2, 840, 10045, 4, 3, 2}, SM2: {1, 2, 156, 10197, 1, 501}}
)

// Possession is what a fresh key signs to prove that the card has it.
type Possession struct {
	ID        ID
	Challenge [16]byte
	Kind      Kind
	Algorithm Algorithm
	PublicKey [33]byte
	Code      string
}

// DER is the message for [Sign]: the CertificationRequestInfo (RFC 2986, section 4.1) of the key, without a subject, with one attribute
// of the type 1.3.6.1.4.1.32473.2.2:
//
//	Possession ::= SEQUENCE {
//	  id         OCTET STRING (SIZE (16)),
//	  challenge  OCTET STRING (SIZE (16)),
//	  kind       ENUMERATED { login (1), document (2), transaction (3) },
//	  code       UTF8String }
//
// Signed attributes are a SET: no signature over the one is a signature over the other. DER panics where the algorithm is none.
func (p Possession) DER() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(tag.SEQUENCE, func(*cryptobyte.Builder) {})
		b.AddASN1(tag.SEQUENCE, p.key)
		b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), p.attribute)
	})
	return b.BytesOrPanic()
}

// key is the SubjectPublicKeyInfo. Octets that are no key stay as they are: nothing verifies under them.
func (p Possession) key(b *cryptobyte.Builder) {
	point := p.PublicKey[:]
	if key, err := ParsePublicKey(point, p.Algorithm); err == nil {
		if whole, err := uncompressed(key, p.Algorithm); err == nil {
			point = whole
		}
	}
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidECKey)
		b.AddASN1ObjectIdentifier(oidCurves[p.Algorithm])
	})
	b.AddASN1BitString(point)
}

func (p Possession) attribute(b *cryptobyte.Builder) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPossession)
		b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1OctetString(p.ID[:])
				b.AddASN1OctetString(p.Challenge[:])
				b.AddASN1Enum(int64(p.Kind))
				addText(b, p.Code)
			})
		})
	})
}

// Request checks the proof of possession of an enrolment that answers the command, and returns it as a certification request (RFC
// 2986), DER. The code is the caller's to compare.
func (e Enrolment) Request(c Enrol) ([]byte, error) {
	key, err := ParsePublicKey(e.PublicKey[:], c.Algorithm)
	if err != nil {
		return nil, err
	}
	info := Possession{ID: c.ID, Challenge: c.Challenge, Kind: c.Kind, Algorithm: c.Algorithm, PublicKey: e.PublicKey, Code: e.Code}.DER()
	if err := Verify(key, c.Algorithm, info, e.Proof); err != nil {
		return nil, err
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(info)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidSignatures[c.Algorithm]) })
		b.AddASN1BitString(e.Proof.ASN1())
	})
	return b.Bytes()
}
