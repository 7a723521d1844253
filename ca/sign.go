package ca

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/internal/keys"
)

// signing is how issuers of one key algorithm sign.
type signing struct {
	identifier []byte // AlgorithmIdentifier, DER
	options    crypto.SignerOpts
	verify     func(public crypto.PublicKey, message, signature []byte) bool
	// throwaway is a signature of the right form that no key made over anything that is issued.
	throwaway []byte
}

var signings = map[keys.KeyAlgorithm]signing{
	keys.P256: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false), crypto.SHA256,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha256.Sum256(message)
			return verifyECDSA(public, sum[:], signature)
		}, dummyECDSA(32)},
	keys.P384: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false), crypto.SHA384,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha512.Sum384(message)
			return verifyECDSA(public, sum[:], signature)
		}, dummyECDSA(48)},
	keys.RSA3072: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, true), crypto.SHA256,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha256.Sum256(message)
			key, ok := public.(*rsa.PublicKey)
			return ok && rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
		}, bytes.Repeat([]byte{0x5a}, 384)},
	keys.SM2: {algorithmID(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, false), sm2.DefaultSM2SignerOpts,
		func(public crypto.PublicKey, message, signature []byte) bool {
			key, ok := public.(*ecdsa.PublicKey)
			return ok && sm2.VerifyASN1WithSM2(key, nil, message, signature)
		}, dummyECDSA(32)},
}

func verifyECDSA(public crypto.PublicKey, digest, signature []byte) bool {
	key, ok := public.(*ecdsa.PublicKey)
	return ok && ecdsa.VerifyASN1(key, digest, signature)
}

func algorithmID(oid asn1.ObjectIdentifier, null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null { // RFC 4055, section 5: RSA has parameters, and they are NULL
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic()
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
	signature, err = crypto.SignMessage(c.issuer.Signer, rand.Reader, tbs, c.algorithm.options)
	if err != nil {
		return nil, nil, err
	}
	if raw, err = assemble(tbs, c.algorithm.identifier, signature); err != nil {
		return nil, nil, err
	}
	signed, ok := toBeSigned(raw)
	if !ok || sha256.Sum256(signed) != linted {
		return nil, nil, errOtherBytes
	}
	if !c.algorithm.verify(c.public, signed, signature) {
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
