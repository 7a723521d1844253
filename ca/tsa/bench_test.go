package tsa_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"testing"

	"simtrust/ca/tsa"
	"simtrust/internal/keys"
)

// BenchmarkHTTP is a stamp through the router, by kind of key; BenchmarkSignature is the least that it can cost.
func BenchmarkHTTP(b *testing.B) {
	for _, alg := range []keys.KeyAlgorithm{keys.P256, keys.SM2, keys.RSA3072} {
		b.Run(string(alg), func(b *testing.B) {
			w := embedded(b, newHierarchy(b, alg, nil))
			der := newQuery().der(b)
			for b.Loop() {
				r := httptest.NewRequest(http.MethodPost, tsa.Path, bytes.NewReader(der))
				r.Header.Set("Content-Type", "application/timestamp-query")
				rec := httptest.NewRecorder()
				if w.handler.ServeHTTP(rec, r); rec.Code != http.StatusOK || rec.Body.Len() < 500 {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}

func BenchmarkSignature(b *testing.B) {
	key := newKey(keys.P256)
	sum := sha256.Sum256([]byte("message"))
	for b.Loop() {
		if _, err := key.Sign(rand.Reader, sum[:], crypto.SHA256); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRefusal is a request that is not stamped.
func BenchmarkRefusal(b *testing.B) {
	w := embedded(b, newHierarchy(b, keys.P256, nil))
	q := newQuery()
	q.Imprint.Hash = q.Imprint.Hash[:31]
	der := q.der(b)
	for b.Loop() {
		w.Stamp(b.Context(), der)
	}
}
