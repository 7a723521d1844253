package keys

import (
	"crypto/hkdf"
	"crypto/sha256"
	"errors"

	"go.step.sm/crypto/jose"
)

// A seal encrypts what lies on disk: JWE in compact form (RFC 7516) with direct encryption, AES-256-GCM, so that a changed
// file does not open.
type seal struct{ key []byte }

// newSeal derives the seal of one purpose from the key-encryption secret. The secret is random, so it needs no stretching.
func newSeal(secret []byte, purpose string) seal { return seal{derive(secret, "seal/"+purpose)} }

// derive returns 32 bytes for one purpose (HKDF-SHA256, RFC 5869).
func derive(secret []byte, purpose string) []byte {
	key, err := hkdf.Key(sha256.New, secret, nil, "simtrust/"+purpose, sha256.Size)
	if err != nil {
		panic(err) // a request for more than 255 blocks, or a key too short for FIPS 140-only mode
	}
	return key
}

func (s seal) close(data []byte) ([]byte, error) {
	crypter, err := jose.NewEncrypter(jose.A256GCM, jose.Recipient{Algorithm: jose.DIRECT, Key: s.key}, nil)
	if err != nil {
		return nil, err
	}
	jwe, err := crypter.Encrypt(data)
	if err != nil {
		return nil, err
	}
	text, err := jwe.CompactSerialize()
	return []byte(text + "\n"), err
}

var errForm = errors.New("not an encrypted file")

// open returns errForm for what is not sealed at all, and another error for what another seal, or a change, keeps shut.
func (s seal) open(text []byte) ([]byte, error) {
	jwe, err := jose.ParseEncrypted(string(text))
	if err != nil || jwe.Header.Algorithm != string(jose.DIRECT) {
		return nil, errForm
	}
	return jwe.Decrypt(s.key)
}
