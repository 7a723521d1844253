package simtrust

import (
	"crypto/rand"
	"encoding/base32"
	"fmt"
)

var idEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// NewID returns prefix, an underscore and 128 random bits in 26 characters of Crockford's base 32, such as
// ten_4x2m9k6c0a7f3q8w1z5t8v2n4e.
func NewID(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // crypto/rand never fails: it ends the program instead (Go 1.24)
	return prefix + "_" + idEncoding.EncodeToString(b[:])
}

// NewSecret returns 256 random bits in 52 characters: a client secret, an authorization code, a one-time handle.
func NewSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return idEncoding.EncodeToString(b[:])
}

// NewUUID returns a random UUID, such as protocols of others ask for (RFC 9562, section 5.4).
func NewUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0F|0x40, b[8]&0x3F|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
