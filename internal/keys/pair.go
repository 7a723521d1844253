package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/emmansun/gmsm/sm2"

	"simtrust"
)

// CheckPair has the signer sign 32 random bytes and verifies the signature with the public key of a certificate. A key that is
// not the certificate's is internal, with [ReasonWrongKey]; a signer that fails is unavailable, with [ReasonToken].
func CheckPair(signer crypto.Signer, public crypto.PublicKey) error {
	alg, err := AlgorithmOf(public)
	if err != nil {
		return err
	}
	if held, err := AlgorithmOf(signer.Public()); err != nil || held != alg {
		return wrongKey(err)
	}
	message := make([]byte, 32)
	_, _ = rand.Read(message) // never fails (Go 1.24)
	signature, err := crypto.SignMessage(signer, rand.Reader, message, alg.options())
	if err != nil {
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonToken, Op: "keys.pair", Msg: "the private key does not sign", Err: err}
	}
	if !alg.verify(public, message, signature) {
		return wrongKey(nil)
	}
	return nil
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

// verify checks a signature over the message itself. The public key has been found to be of this algorithm.
func (a KeyAlgorithm) verify(public crypto.PublicKey, message, signature []byte) bool {
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

func wrongKey(err error) error {
	return broken(ReasonWrongKey, "the private key is not that of the certificate", err)
}
