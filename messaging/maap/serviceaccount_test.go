package maap_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/maap"
)

const (
	robot = "rcs-sender@bank.iam.gserviceaccount.example"
	scope = "https://www.googleapis.com/auth/rcsbusinessmessaging"
)

// keyFile is one as Google's console gives it out.
func keyFile(t *testing.T, key any, spoil func(map[string]any)) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	f := map[string]any{"type": "service_account", "project_id": "bank", "private_key_id": "k1", "client_email": robot, "client_id": "1",
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), "token_uri": "https://oauth2.example/token", "universe_domain": "x"}
	spoil(f)
	file, _ := json.Marshal(f)
	return file
}

func rsaKey(t *testing.T, bits int) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// tokenServer gives tokens for assertions that one service account signed.
type tokenServer struct {
	*httptest.Server
	public *rsa.PublicKey
	now    func() time.Time
	given  int
	faults []error
}

func (s *tokenServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if err := s.check(r); err != nil {
		s.faults = append(s.faults, err)
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `{"error":"invalid_grant","access_token":"not-to-be-used"}`)
		return
	}
	s.given++
	_, _ = fmt.Fprintf(w, `{"access_token":"g%d","expires_in":3599,"token_type":"Bearer"}`, s.given)
}

func (s *tokenServer) check(r *http.Request) error {
	if r.Method != http.MethodPost || r.Header.Get("Authorization") != "" || r.PostFormValue("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
		return errors.New("not the grant")
	}
	var claims struct {
		jwt.RegisteredClaims
		Scope string `json:"scope"`
	}
	t, err := jwt.ParseWithClaims(r.PostFormValue("assertion"), &claims, func(*jwt.Token) (any, error) { return s.public, nil }, jwt.WithValidMethods([]string{"RS256"}),
		jwt.WithIssuer(robot), jwt.WithAudience(s.URL+"/token"), jwt.WithIssuedAt(), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.now))
	switch {
	case err != nil:
		return err
	case t.Header["kid"] != "k1" || t.Header["typ"] != "JWT" || claims.Scope != scope:
		return fmt.Errorf("%v, scope %q", t.Header, claims.Scope)
	case claims.ExpiresAt.Sub(claims.IssuedAt.Time) > time.Hour:
		return errors.New("a life of more than an hour")
	}
	return nil
}

// TestServiceAccount: a token is had for an assertion, used until shortly before its end, and without one nothing is sent.
func TestServiceAccount(t *testing.T) {
	w := alone(t, nil)
	key := rsaKey(t, 2048)
	tokens := &tokenServer{public: &key.PublicKey, now: w.clock.now}
	tokens.Server = httptest.NewServer(tokens)
	t.Cleanup(tokens.Close)
	service, err := maap.ParseServiceAccount(keyFile(t, key, func(f map[string]any) { f["token_uri"] = tokens.URL + "/token" }), "")
	if err != nil {
		t.Fatal(err)
	}
	accounts := w.accounts()[:1]
	accounts[0].RBM.OAuth, accounts[0].RBM.Service = nil, service
	if w.Bearer, err = maap.New(w.deps(nil), accounts...); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		later time.Duration
		want  string
	}{{0, "Bearer g1"}, {time.Minute, "Bearer g1"}, {53 * time.Minute, "Bearer g1"}, {time.Minute, "Bearer g2"}} {
		w.clock.pass(c.later)
		w.sends(submission("bot_bank", fmt.Sprint("dlv_", i)))
		heard := w.google.heard()
		if len(heard) != i+1 || heard[i].auth != c.want {
			t.Fatalf("message %d: %+v, %v", i, heard, tokens.faults)
		}
	}
	w.clock.pass(time.Hour)
	tokens.public = &rsaKey(t, 2048).PublicKey // the key was taken from the account
	before := len(w.google.heard())
	if out := w.sends(submission("bot_bank", "dlv_refused")); out[0].Answer != dispatch.Postponed || len(w.google.heard()) != before || len(tokens.faults) != 1 {
		t.Errorf("%+v, %v", out, tokens.faults)
	}
	if log := w.log.String(); strings.Contains(log, "eyJ") || strings.Contains(log, robot) {
		t.Error("an assertion stands in the log")
	}
}

// TestServiceAccountRefused: a key file that no token could be had with is refused at the start, and not repeated.
func TestServiceAccountRefused(t *testing.T) {
	good, short := rsaKey(t, 2048), rsaKey(t, 1024)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	set := func(name string, value any) []byte {
		return keyFile(t, good, func(f map[string]any) { f[name] = value })
	}
	for name, file := range map[string][]byte{
		"nothing": nil, "no JSON": []byte("-----BEGIN PRIVATE KEY-----secret"), "a list": []byte(`["secret"]`), "a person's": set("type", "authorized_user"),
		"no type": set("type", ""), "no address": set("client_email", ""), "no endpoint": set("token_uri", ""), "no URL": set("token_uri", "file:///secret"),
		"no key": set("private_key", ""), "no PEM": set("private_key", "secret"), "a key of nothing": set("private_key", "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n"),
		"a number for a key": set("private_key", 1), "a short key": keyFile(t, short, func(map[string]any) {}), "another kind": keyFile(t, curve, func(map[string]any) {}),
	} {
		a, err := maap.ParseServiceAccount(file, "")
		if err == nil || a != nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), robot) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
