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

// BenchmarkSign compares the ring with golang-jwt over the same claims.
func BenchmarkSign(b *testing.B) {
	now := time.Now()
	claims := jwt.RegisteredClaims{
		Issuer: "https://id.example", Subject: "shop", Audience: jwt.ClaimStrings{"https://api.example"}, ID: "tok_0123456789",
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}
	b.Run("ring", func(b *testing.B) {
		base := b.TempDir()
		ring, err := keys.Open(b.Context(), filepath.Join(base, "keys"), keys.Options{Secret: filepath.Join(base, "secret"), CreateSecret: true})
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ring.SignJWT("at+jwt", claims); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("golang-jwt", func(b *testing.B) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			tok := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
			tok.Header["kid"] = "0123456789"
			if _, err := tok.SignedString(key); err != nil {
				b.Fatal(err)
			}
		}
	})
}
