package gateway

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"encoding/binary"
	"errors"
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

// wrapIV is the initial value that shows on unwrapping that nothing was changed (RFC 3394 §2.2.3.1).
const wrapIV = 0xA6A6A6A6A6A6A6A6

var errUnwrap = errors.New("the wrapped key does not open under the transport key")

// Wrap wraps a key of a multiple of 8 octets, at least 16.
func (t TransportKey) Wrap(key []byte) ([]byte, error) {
	n := len(key) / 8
	if n < 2 || len(key)%8 != 0 {
		return nil, errors.New("only keys of 16, 24, 32 … octets can be wrapped")
	}
	out := make([]byte, 8+len(key))
	copy(out[8:], key)
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], wrapIV)
	for j := range 6 {
		for i := 1; i <= n; i++ {
			copy(b[8:], out[8*i:])
			t.block.Encrypt(b[:], b[:])
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^uint64(n*j+i))
			copy(out[8*i:], b[8:])
		}
	}
	copy(out, b[:8])
	return out, nil
}

// Unwrap opens what Wrap has made.
func (t TransportKey) Unwrap(wrapped []byte) ([]byte, error) {
	n := len(wrapped)/8 - 1
	if n < 2 || n > 8 || len(wrapped)%8 != 0 {
		return nil, errUnwrap
	}
	out := append([]byte(nil), wrapped[8:]...)
	var b [16]byte
	copy(b[:8], wrapped)
	for j := 5; j >= 0; j-- {
		for i := n; i >= 1; i-- {
			binary.BigEndian.PutUint64(b[:8], binary.BigEndian.Uint64(b[:8])^uint64(n*j+i))
			copy(b[8:], out[8*(i-1):])
			t.block.Decrypt(b[:], b[:])
			copy(out[8*(i-1):], b[8:])
		}
	}
	var iv [8]byte
	binary.BigEndian.PutUint64(iv[:], wrapIV)
	if subtle.ConstantTimeCompare(iv[:], b[:8]) != 1 {
		return nil, errUnwrap
	}
	return out, nil
}
