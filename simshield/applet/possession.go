package applet

import (
	"crypto/ecdsa"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

var oidPossession = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 2, 2}

// Possession is what a fresh key signs to prove that the card has it.
type Possession struct {
	ID        ID
	Challenge [16]byte
	Kind      Kind
	Algorithm Algorithm
	PublicKey [33]byte
	Code      string
}

// DER is the message for [Sign]:
//
//	Possession ::= SEQUENCE {
//	  type       OBJECT IDENTIFIER (1.3.6.1.4.1.32473.2.2),
//	  id         OCTET STRING (SIZE (16)),
//	  challenge  OCTET STRING (SIZE (16)),
//	  kind       ENUMERATED { login (1), document (2), transaction (3) },
//	  algorithm  ENUMERATED { p256 (1), sm2 (2) },
//	  publicKey  OCTET STRING (SIZE (33)),
//	  code       UTF8String }
//
// Signed attributes are a SET: no signature over the one is a signature over the other.
func (p Possession) DER() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidPossession)
		b.AddASN1OctetString(p.ID[:])
		b.AddASN1OctetString(p.Challenge[:])
		b.AddASN1Enum(int64(p.Kind))
		b.AddASN1Enum(int64(p.Algorithm))
		b.AddASN1OctetString(p.PublicKey[:])
		b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(p.Code)) })
	})
	return b.BytesOrPanic()
}

// Verify checks the proof of possession of an enrolment that answers the command, and returns the key. The code is the caller's to
// compare.
func (e Enrolment) Verify(c Enrol) (*ecdsa.PublicKey, error) {
	key, err := ParsePublicKey(e.PublicKey[:], c.Algorithm)
	if err != nil {
		return nil, err
	}
	p := Possession{ID: c.ID, Challenge: c.Challenge, Kind: c.Kind, Algorithm: c.Algorithm, PublicKey: e.PublicKey, Code: e.Code}
	if err := Verify(key, c.Algorithm, p.DER(), e.Proof); err != nil {
		return nil, err
	}
	return key, nil
}
