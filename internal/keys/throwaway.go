package keys

import (
	"crypto"
	"sync"
)

var throwaways = map[KeyAlgorithm]func() (crypto.Signer, error){
	P256:    sync.OnceValues(func() (crypto.Signer, error) { return generate(P256) }),
	P384:    sync.OnceValues(func() (crypto.Signer, error) { return generate(P384) }),
	RSA3072: sync.OnceValues(func() (crypto.Signer, error) { return generate(RSA3072) }),
	SM2:     sync.OnceValues(func() (crypto.Signer, error) { return generate(SM2) }),
}

// Throwaway returns a key that nobody trusts, made once in the life of the process: a certificate is signed with it to be
// looked at before the authority's key sees it.
func Throwaway(alg KeyAlgorithm) (crypto.Signer, error) {
	made, ok := throwaways[alg]
	if !ok {
		return nil, unsupported("the key algorithms are P-256, P-384, RSA-3072 and SM2")
	}
	return made()
}
