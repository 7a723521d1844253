package status

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/internal/keys"
)

// suite is how keys of one algorithm sign.
type suite struct {
	identifier []byte // AlgorithmIdentifier, DER
	options    crypto.SignerOpts
	verify     func(public crypto.PublicKey, message, signature []byte) bool
}

var suites = map[keys.KeyAlgorithm]suite{
	keys.P256: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false), crypto.SHA256,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha256.Sum256(message)
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), sum[:], signature)
		}},
	keys.P384: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false), crypto.SHA384,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha512.Sum384(message)
			return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), sum[:], signature)
		}},
	keys.RSA3072: {algorithmID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, true), crypto.SHA256,
		func(public crypto.PublicKey, message, signature []byte) bool {
			sum := sha256.Sum256(message)
			return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
		}},
	keys.SM2: {algorithmID(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, false), sm2.DefaultSM2SignerOpts,
		func(public crypto.PublicKey, message, signature []byte) bool {
			return sm2.VerifyASN1WithSM2(public.(*ecdsa.PublicKey), nil, message, signature)
		}},
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

// signer is a private key with the public key of its certificate.
type signer struct {
	suite
	key    crypto.Signer
	public crypto.PublicKey
}

// newSigner fails where the key does not sign, or is not that of the certificate.
func newSigner(key crypto.Signer, public crypto.PublicKey) (signer, error) {
	algorithm, err := keys.AlgorithmOf(public)
	if err != nil {
		return signer{}, err
	}
	return signer{suites[algorithm], key, public}, keys.CheckPair(key, public)
}

// signed returns SEQUENCE { message, algorithm, signature, rest }, the form of certificates, CRLs and OCSP answers.
func (s signer) signed(message, rest []byte) ([]byte, error) {
	signature, err := crypto.SignMessage(s.key, rand.Reader, message, s.options)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(message)+len(signature)+len(rest)+64))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(message)
		b.AddBytes(s.identifier)
		b.AddASN1BitString(signature)
		b.AddBytes(rest)
	})
	return b.Bytes()
}
