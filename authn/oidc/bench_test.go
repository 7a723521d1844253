package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// BenchmarkClientCredentials is the token endpoint without connections, beside the least that could answer it: one client, nothing
// looked up, golang-jwt and the same JSON.
func BenchmarkClientCredentials(b *testing.B) {
	w := onSQLite(b)
	secret := w.apps["service"].Secret
	for name, handler := range map[string]http.Handler{"floor": tokenFloor(b, secret), "provider": w.handler} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				req := httptest.NewRequest(http.MethodPost, "/token", strings.NewReader("grant_type=client_credentials&scope=number-recycling%3Acheck"))
				req.SetBasicAuth("service", secret)
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if res := serve(handler, req); res.StatusCode != http.StatusOK {
					b.Fatalf("%d %s", res.StatusCode, res.body)
				}
			}
		})
	}
}

func tokenFloor(b *testing.B, secret string) http.Handler {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.Fatal(err)
	}
	hash := sha256.Sum256([]byte(secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		client, given, _ := r.BasicAuth()
		sum := sha256.Sum256([]byte(given))
		if subtle.ConstantTimeCompare(sum[:], hash[:]) != 1 || r.PostFormValue("grant_type") != "client_credentials" {
			http.Error(w, "refused", http.StatusUnauthorized)
			return
		}
		now, scope := time.Now().Unix(), r.PostFormValue("scope")
		token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
			"iss": "https://id.example", "sub": client, "aud": "https://id.example", "exp": now + 300, "iat": now,
			"jti": simtrust.NewID("tok"), "client_id": client, "scope": scope,
		})
		token.Header["typ"], token.Header["kid"] = "at+jwt", "k1"
		signed, err := token.SignedString(key)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": signed, "token_type": "Bearer", "expires_in": 300, "scope": scope})
	})
}

// BenchmarkLogin is a whole login without connections: authorize with prompt=none, token, verify; three durable steps.
func BenchmarkLogin(b *testing.B) {
	sqldbtest.EachBench(b, schema, func(b *testing.B, db *sqldb.DB) {
		w := newWorld(b, db)
		w.must(w.accounts.Consent(b.Context(), consentTo(w, "web", oidc.ScopeVerify)))
		for _, clients := range []int{1, 64, 256} {
			b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) { benchmarkLogins(b, w, clients) })
		}
	})
}

func benchmarkLogins(b *testing.B, w *world, clients int) {
	var failed atomic.Pointer[error]
	b.SetParallelism(max(1, clients/runtime.GOMAXPROCS(0)))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := logIn(w); err != nil {
				failed.Store(&err)
				return
			}
		}
	})
	if err := failed.Load(); err != nil {
		b.Fatal(*err)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "logins/s")
}

var loginQuery = authorization("client_id", "web", "scope", oidc.ScopeVerify).Encode()

func logIn(w *world) error {
	back := serve(w.handler, w.request(http.MethodGet, "/authorize?"+loginQuery, "", lineHeader, "1"))
	to, err := url.Parse(back.Header.Get("Location"))
	if err != nil {
		return err
	}
	form := url.Values{
		"grant_type": {"authorization_code"}, "code": {to.Query().Get("code")}, "redirect_uri": {callback}, "code_verifier": {verifier},
	}
	got := serve(w.handler, w.request(http.MethodPost, "/token", form.Encode(), w.basic("web")...))
	if got.StatusCode != http.StatusOK {
		return fmt.Errorf("token: %d %s", got.StatusCode, got.body)
	}
	req := w.request(http.MethodPost, pathVerify, claimed, "Authorization", "Bearer "+w.tokens(got).Access)
	req.Header.Set("Content-Type", "application/json")
	if res := serve(w.handler, req); res.StatusCode != http.StatusOK {
		return fmt.Errorf("verify: %d %s", res.StatusCode, res.body)
	}
	return nil
}
