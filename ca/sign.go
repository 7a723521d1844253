package ca

import (
	"bytes"
	"crypto/sha256"
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/internal/keys"
)

// throwaways are signatures of the right form that no key made over anything that is issued, by the issuer's algorithm.
var throwaways = map[keys.KeyAlgorithm][]byte{
	keys.P256: dummyECDSA(32), keys.P384: dummyECDSA(48), keys.RSA3072: bytes.Repeat([]byte{0x5a}, 384), keys.SM2: dummyECDSA(32),
}

// dummyECDSA has the form of a signature with coordinates of n octets.
func dummyECDSA(n int) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Repeat([]byte{0x5a}, n)) })
		b.AddASN1(tag.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Repeat([]byte{0x5a}, n)) })
	})
	return b.BytesOrPanic()
}

// assemble puts a certificate together: the bytes to be signed as they are, the algorithm, a signature.
func assemble(tbs, algorithm, signature []byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(tbs)
		b.AddBytes(algorithm)
		b.AddASN1BitString(signature)
	})
	return b.Bytes()
}

// reassemble does so with the algorithm that the bytes name themselves.
func reassemble(tbs, signature []byte) ([]byte, error) {
	in := cryptobyte.String(tbs)
	var body, algorithm cryptobyte.String
	ok := in.ReadASN1(&body, tag.SEQUENCE) && in.Empty() &&
		body.SkipOptionalASN1(tag.Tag(0).ContextSpecific().Constructed()) && body.SkipASN1(tag.INTEGER) &&
		body.ReadASN1Element(&algorithm, tag.SEQUENCE)
	if !ok {
		return nil, errors.New("ca: a stored certificate is damaged")
	}
	return assemble(tbs, algorithm, signature)
}

var (
	errOtherBytes = errors.New("ca: the certificate does not hold the bytes that were linted")
	errSignature  = errors.New("ca: the signature does not verify under the issuer's certificate")
)

// sign has the issuer sign exactly tbs and returns certificate and signature, compared with what was linted and verified.
func (c *compiled) sign(tbs []byte) (raw, signature []byte, err error) {
	linted := sha256.Sum256(tbs)
	signature, err = c.issuer.Algorithm.Sign(c.issuer.Signer, tbs)
	if err != nil {
		return nil, nil, err
	}
	if raw, err = assemble(tbs, c.issuer.Algorithm.Identifier(), signature); err != nil {
		return nil, nil, err
	}
	signed, ok := toBeSigned(raw)
	if !ok || sha256.Sum256(signed) != linted {
		return nil, nil, errOtherBytes
	}
	if !c.issuer.Algorithm.Verify(c.public, signed, signature) {
		return nil, nil, errSignature
	}
	return raw, signature, nil
}

// toBeSigned cuts the signed part out of a certificate.
func toBeSigned(raw []byte) ([]byte, bool) {
	in := cryptobyte.String(raw)
	var outer, tbs cryptobyte.String
	ok := in.ReadASN1(&outer, tag.SEQUENCE) && in.Empty() && outer.ReadASN1Element(&tbs, tag.SEQUENCE)
	return tbs, ok
}
