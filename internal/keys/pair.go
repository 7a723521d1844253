package keys

import (
	"crypto"
	"crypto/rand"

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
	signature, err := alg.Sign(signer, message)
	if err != nil {
		return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonToken, Op: "keys.pair", Msg: "the private key does not sign", Err: err}
	}
	if !alg.Verify(public, message, signature) {
		return wrongKey(nil)
	}
	return nil
}

func wrongKey(err error) error {
	return broken(ReasonWrongKey, "the private key is not that of the certificate", err)
}
