package keys

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
)

var identifiers = map[KeyAlgorithm][]byte{
	P256:    identifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false),
	P384:    identifier(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false),
	RSA3072: identifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, true),
	SM2:     identifier(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, false),
}

func identifier(oid asn1.ObjectIdentifier, null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null { // RFC 4055, section 5: RSA has parameters, and they are NULL
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic()
}

// Identifier is the AlgorithmIdentifier of the algorithm's signatures in certificates and the like (RFC 5280, section 4.1.1.2), DER.
func (a KeyAlgorithm) Identifier() []byte { return identifiers[a] }

// Sign has a key of this algorithm sign a message, SM2 under the id 1234567812345678.
func (a KeyAlgorithm) Sign(key crypto.Signer, message []byte) ([]byte, error) {
	return crypto.SignMessage(key, rand.Reader, message, a.options())
}

func (a KeyAlgorithm) options() crypto.SignerOpts {
	switch a {
	case SM2:
		return sm2.DefaultSM2SignerOpts
	case P384:
		return crypto.SHA384
	default:
		return crypto.SHA256
	}
}

// Verify tells whether a signature over a message is by a public key. No signature is by a key of another algorithm.
func (a KeyAlgorithm) Verify(public crypto.PublicKey, message, signature []byte) bool {
	if of, err := AlgorithmOf(public); err != nil || of != a {
		return false
	}
	switch a {
	case SM2:
		return sm2.VerifyASN1WithSM2(public.(*ecdsa.PublicKey), nil, message, signature)
	case P384:
		sum := sha512.Sum384(message)
		return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), sum[:], signature)
	case P256:
		sum := sha256.Sum256(message)
		return ecdsa.VerifyASN1(public.(*ecdsa.PublicKey), sum[:], signature)
	default:
		sum := sha256.Sum256(message)
		return rsa.VerifyPKCS1v15(public.(*rsa.PublicKey), crypto.SHA256, sum[:], signature) == nil
	}
}
