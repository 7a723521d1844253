package status

import (
	"crypto"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/internal/keys"
)

// signer is a private key with the public key of its certificate.
type signer struct {
	keys.KeyAlgorithm
	key    crypto.Signer
	public crypto.PublicKey
}

// newSigner fails where the key does not sign, or is not that of the certificate.
func newSigner(key crypto.Signer, public crypto.PublicKey) (signer, error) {
	algorithm, err := keys.AlgorithmOf(public)
	if err != nil {
		return signer{}, err
	}
	return signer{algorithm, key, public}, keys.CheckPair(key, public)
}

// signed returns SEQUENCE { message, algorithm, signature, rest }, the form of certificates, CRLs and OCSP answers.
func (s signer) signed(message, rest []byte) ([]byte, error) {
	signature, err := s.Sign(s.key, message)
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(message)+len(signature)+len(rest)+64))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(message)
		b.AddBytes(s.Identifier())
		b.AddASN1BitString(signature)
		b.AddBytes(rest)
	})
	return b.Bytes()
}
