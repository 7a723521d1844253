package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"

	josecipher "github.com/go-jose/go-jose/v4/cipher"
)

// TransportKey wraps keys on their way from the maker of the cards (AES Key Wrap, RFC 3394).
type TransportKey struct{ block cipher.Block }

// NewTransportKey takes an AES key of 128, 192 or 256 bits.
func NewTransportKey(key []byte) (TransportKey, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return TransportKey{}, errors.New("a transport key has 16, 24 or 32 octets")
	}
	return TransportKey{block}, nil
}

// Unwrap opens a wrapped key.
func (t TransportKey) Unwrap(wrapped []byte) ([]byte, error) {
	key, err := josecipher.KeyUnwrap(t.block, wrapped)
	if err != nil {
		return nil, errors.New("the wrapped key does not open under the transport key")
	}
	return key, nil
}
