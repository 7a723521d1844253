package csr

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	stdasn1 "encoding/asn1"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidECKey   = stdasn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidRSAKey  = stdasn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidP256    = stdasn1.ObjectIdentifier{1, 2, 840, 10045, 3, 1, 7}
	oidP384    = stdasn1.ObjectIdentifier{1, 3, 132, 0, 34}
	oidSM2     = stdasn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301}
	derNull    = []byte{5, 0}
	derNothing = []byte(nil)
)

// parseKey reads a SubjectPublicKeyInfo and applies the rules on keys.
func parseKey(spki cryptobyte.String) (crypto.PublicKey, Algorithm, error) {
	var info, alg cryptobyte.String
	var id stdasn1.ObjectIdentifier
	var key []byte
	if !spki.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&alg, asn1.SEQUENCE) || !alg.ReadASN1ObjectIdentifier(&id) ||
		!info.ReadASN1BitStringAsBytes(&key) || !info.Empty() {
		return nil, "", errMalformed
	}
	switch {
	case id.Equal(oidECKey):
		return parsePoint(alg, key)
	case id.Equal(oidRSAKey):
		if string(alg) != string(derNull) {
			return nil, "", errMalformed
		}
		pub, err := parseRSA(key)
		return pub, RSA, err
	default:
		return nil, "", refuse(ReasonAlgorithm, "keys are EC, RSA or SM2")
	}
}

// parsePoint tells the curve by the key's parameters alone. Only the uncompressed form is taken, as RFC 5480 §2.2 has everybody
// support it and nothing else.
func parsePoint(params cryptobyte.String, point []byte) (crypto.PublicKey, Algorithm, error) {
	var curve stdasn1.ObjectIdentifier
	if !params.ReadASN1ObjectIdentifier(&curve) || !params.Empty() {
		return nil, "", refuse(ReasonCurve, "the curve must be named")
	}
	var pub *ecdsa.PublicKey
	var err error
	var alg Algorithm
	switch {
	case curve.Equal(oidP256):
		alg = P256
		pub, err = ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	case curve.Equal(oidP384):
		alg = P384
		pub, err = ecdsa.ParseUncompressedPublicKey(elliptic.P384(), point)
	case curve.Equal(oidSM2):
		alg = SM2
		pub, err = sm2.NewPublicKey(point)
	default:
		return nil, "", refuse(ReasonCurve, "curves are P-256, P-384 and SM2")
	}
	if err != nil {
		return nil, "", refuse(ReasonWeakKey, "the key is not a point of its curve in uncompressed form")
	}
	return pub, alg, nil
}

func parseRSA(key cryptobyte.String) (*rsa.PublicKey, error) {
	var fields cryptobyte.String
	n, e := new(big.Int), new(big.Int)
	if !isDER(key) || !key.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1Integer(n) || !fields.ReadASN1Integer(e) || !fields.Empty() {
		return nil, errMalformed
	}
	if err := checkRSA(n, e); err != nil {
		return nil, err
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}
