package csr

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	_ "crypto/sha256" // the hashes of accepted signatures
	_ "crypto/sha512"
	stdasn1 "encoding/asn1"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// sm2UserID is the signer's distinguishing id that GM/T 0009 §10 fixes for certificates and requests.
var sm2UserID = []byte("1234567812345678")

type scheme int

const (
	schemeECDSA scheme = iota
	schemePKCS1
	schemeSM2
)

// schemes are the accepted signature algorithms with the parameters they are written with.
var schemes = []struct {
	id     stdasn1.ObjectIdentifier
	scheme scheme
	hash   crypto.Hash
	params []byte
}{
	{stdasn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, schemeECDSA, crypto.SHA256, derNothing},
	{stdasn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, schemeECDSA, crypto.SHA384, derNothing},
	{stdasn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, schemeECDSA, crypto.SHA512, derNothing},
	{stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, schemePKCS1, crypto.SHA256, derNull},
	{stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, schemePKCS1, crypto.SHA384, derNull},
	{stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, schemePKCS1, crypto.SHA512, derNull},
	{stdasn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, schemeSM2, 0, derNothing},
	{stdasn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, schemeSM2, 0, derNull}, // GM/T tools write both
}

// proofOfPossession is a request's signature over what it asks.
type proofOfPossession struct {
	scheme    scheme
	hash      crypto.Hash
	signed    []byte
	signature []byte
}

func readProof(s *cryptobyte.String, signed []byte) (proofOfPossession, error) {
	var alg cryptobyte.String
	var id stdasn1.ObjectIdentifier
	p := proofOfPossession{signed: signed}
	if !s.ReadASN1(&alg, asn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&id) || !s.ReadASN1BitStringAsBytes(&p.signature) || !s.Empty() {
		return p, errMalformed
	}
	for _, known := range schemes {
		if id.Equal(known.id) && string(alg) == string(known.params) {
			p.scheme, p.hash = known.scheme, known.hash
			return p, nil
		}
	}
	return p, refuse(ReasonAlgorithm, "signatures are ECDSA or RSA (PKCS #1 v1.5) with SHA-2, or SM2 with SM3")
}

// verify checks that the scheme is the key's own, then the signature.
func (p proofOfPossession) verify(pub crypto.PublicKey, alg Algorithm) error {
	want := map[Algorithm]scheme{P256: schemeECDSA, P384: schemeECDSA, RSA: schemePKCS1, SM2: schemeSM2}[alg]
	if p.scheme != want {
		return refuse(ReasonAlgorithm, "the signature algorithm is not one of the key's")
	}
	if !p.holds(pub) {
		return refuse(ReasonBadSignature, "the request is not signed with its own key")
	}
	return nil
}

func (p proofOfPossession) holds(pub crypto.PublicKey) bool {
	switch p.scheme {
	case schemeSM2:
		return sm2.VerifyASN1WithSM2(pub.(*ecdsa.PublicKey), sm2UserID, p.signed, p.signature)
	case schemeECDSA:
		return ecdsa.VerifyASN1(pub.(*ecdsa.PublicKey), p.digest(), p.signature)
	default:
		return rsa.VerifyPKCS1v15(pub.(*rsa.PublicKey), p.hash, p.digest(), p.signature) == nil
	}
}

func (p proofOfPossession) digest() []byte {
	h := p.hash.New()
	h.Write(p.signed)
	return h.Sum(nil)
}
