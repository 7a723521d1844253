package keys_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"path/filepath"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/keys"
)

// FuzzToken holds that nothing but a token of the ring verifies.
func FuzzToken(f *testing.F) {
	base, now := f.TempDir(), newClock()
	ring, err := keys.Open(f.Context(), filepath.Join(base, "keys"), keys.Options{
		Secret: filepath.Join(base, "secret"), CreateSecret: true, Now: now.Now,
	})
	if err != nil {
		f.Fatal(err)
	}
	good, err := ring.SignJWT("JWT", jwt.RegisteredClaims{ExpiresAt: jwt.NewNumericDate(now.Now().Add(time.Hour))})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(t *testing.T, signed string) {
		if err := verify(ring, now, signed); err == nil && signed != good {
			t.Errorf("a forged token verifies: %q", signed)
		}
	})
}

// FuzzSignature feeds ES256 what a broken hardware token might return.
func FuzzSignature(f *testing.F) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		sig, err := keys.ES256.Sign("x", stubSigner{public: &key.PublicKey, der: der})
		if err == nil && len(sig) != 64 {
			t.Errorf("a signature of %d bytes", len(sig))
		}
	})
}
