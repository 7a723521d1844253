package keys

import (
	"crypto"
	"crypto/rand"

	"github.com/emmansun/gmsm/sm2"
	"go.step.sm/crypto/kms/softkms"
)

// generate makes a key in memory.
func generate(alg KeyAlgorithm) (crypto.Signer, error) {
	if alg == SM2 {
		return sm2.GenerateKey(rand.Reader)
	}
	request, ok := alg.request("")
	if !ok {
		return nil, unsupported("the key algorithms are P-256, P-384, RSA-3072 and SM2")
	}
	made, err := new(softkms.SoftKMS).CreateKey(request)
	if err != nil {
		return nil, failed("keys.vault", "cannot create a key", err)
	}
	return made.CreateSignerRequest.Signer, nil
}
