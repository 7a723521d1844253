package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"

	"github.com/emmansun/gmsm/sm2"
	"go.step.sm/crypto/kms/apiv1"

	"simtrust"
)

// KeyAlgorithm is the algorithm and size of a key in a [Vault], as configuration and reports write it.
type KeyAlgorithm string

// The algorithms, each with the hash it signs with.
const (
	P256    KeyAlgorithm = "P-256"    // ECDSA, SHA-256
	P384    KeyAlgorithm = "P-384"    // ECDSA, SHA-384
	RSA3072 KeyAlgorithm = "RSA-3072" // PKCS #1 v1.5, SHA-256
	SM2     KeyAlgorithm = "SM2"      // GB/T 32918, SM3, the default id 1234567812345678
)

const rsaBits = 3072

// AlgorithmOf tells the algorithm of a public key: an *ecdsa.PublicKey on P-256, P-384 or sm2.P256(), or an *rsa.PublicKey of
// 3072 bits. Any other key is refused with [ReasonKeyAlgorithm].
func AlgorithmOf(public crypto.PublicKey) (KeyAlgorithm, error) {
	switch key := public.(type) {
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return P256, nil
		case elliptic.P384():
			return P384, nil
		case sm2.P256():
			return SM2, nil
		}
	case *rsa.PublicKey:
		if key.N.BitLen() == rsaBits {
			return RSA3072, nil
		}
	}
	return "", unsupported("not a key of P-256, P-384, RSA-3072 or SM2")
}

// request is what the kms makes a key of this algorithm from; false for SM2, which it does not know.
func (a KeyAlgorithm) request(name string) (*apiv1.CreateKeyRequest, bool) {
	r := &apiv1.CreateKeyRequest{Name: name}
	switch a {
	case P256:
		r.SignatureAlgorithm = apiv1.ECDSAWithSHA256
	case P384:
		r.SignatureAlgorithm = apiv1.ECDSAWithSHA384
	case RSA3072:
		r.SignatureAlgorithm, r.Bits = apiv1.SHA256WithRSA, rsaBits
	default:
		return nil, false
	}
	return r, true
}

func unsupported(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonKeyAlgorithm, Op: "keys.vault", Msg: msg}
}
