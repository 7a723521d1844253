//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// TestAssertionAttacks: a client assertion that is not exactly right is 401 invalid_client, and nobody is let in.
func TestAssertionAttacks(t *testing.T) { eachAttacked(t, attackAssertion) }

func attackAssertion(t *testing.T, s *sandbox) {
	camara, bank := s.app("camara"), s.app("bank")
	key := camara.key(t)
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(key.Key.(*ecdsa.PrivateKey).Public())
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	in := func(d time.Duration) int64 { return now.Add(d).Unix() }
	claims := func(changes ...any) jwt.MapClaims {
		c := jwt.MapClaims{"iss": camara.ClientID, "sub": camara.ClientID, "aud": s.Issuer, "jti": random(), "iat": in(0), "exp": in(time.Minute)}
		for i := 0; i+1 < len(changes); i += 2 {
			if c[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
				delete(c, changes[i].(string))
			}
		}
		return c
	}
	sign := func(m jwt.SigningMethod, key any, c jwt.Claims, header ...any) string {
		token := jwt.NewWithClaims(m, c)
		token.Header["kid"] = "camara-1"
		for i := 0; i+1 < len(header); i += 2 {
			token.Header[header[i].(string)] = header[i+1]
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := func(changes ...any) string { return sign(jwt.SigningMethodES256, key.Key, claims(changes...)) }
	const malformed = "the client assertion is malformed or not signed by a registered key"
	const audience = "client assertion: aud is not this server as the client's profile wants it"
	used := good()
	for name, tt := range map[string]struct{ assertion, text string }{
		"alg none":                   {sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims()), malformed},
		"alg None":                   {sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, claims(), "alg", "None"), malformed},
		"HS256, public key in DER":   {sign(jwt.SigningMethodHS256, public, claims()), malformed},
		"HS256, public key in PEM":   {sign(jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}), claims()), malformed},
		"HS256, client id":           {sign(jwt.SigningMethodHS256, []byte(camara.ClientID), claims()), malformed},
		"key of a stranger":          {sign(jwt.SigningMethodES256, stranger, claims()), malformed},
		"key of another client":      {sign(jwt.SigningMethodES256, bank.key(t).Key, claims()), malformed},
		"unknown kid":                {sign(jwt.SigningMethodES256, key.Key, claims(), "kid", "camara-2"), malformed},
		"kid of another client":      {sign(jwt.SigningMethodES256, key.Key, claims(), "kid", "bank-1"), malformed},
		"kid is a path":              {sign(jwt.SigningMethodES256, key.Key, claims(), "kid", "../../dev/null"), malformed},
		"key in the header":          {sign(jwt.SigningMethodES256, stranger, claims(), "jwk", jose.JSONWebKey{Key: stranger.Public()}), malformed},
		"critical extension":         {sign(jwt.SigningMethodES256, key.Key, claims(), "crit", []string{"exp"}), malformed},
		"no signature":               {strings.Join(strings.Split(good(), ".")[:2], ".") + ".", malformed},
		"two parts":                  {strings.Join(strings.Split(good(), ".")[:2], "."), malformed},
		"not a token":                {"x", malformed},
		"claims of another":          {swapClaims(good(), claims("jti", "swapped")), malformed},
		"aud of another server":      {good("aud", "https://other.example"), audience},
		"aud with another server":    {good("aud", []string{s.Issuer, "https://other.example"}), audience},
		"no aud":                     {good("aud", nil), audience},
		"aud prefix":                 {good("aud", s.Issuer+"/token/x"), audience},
		"aud with slash":             {good("aud", s.Issuer+"/"), audience},
		"expired":                    {good("iat", in(-2*time.Minute), "exp", in(-time.Minute)), "client assertion: exp is missing or past"},
		"no exp":                     {good("exp", nil), "client assertion: exp is missing or past"},
		"negative exp":               {good("exp", -1), "client assertion: exp is missing or past"},
		"issued in the future":       {good("iat", in(time.Minute), "exp", in(2*time.Minute)), "client assertion: iat or nbf is in the future"},
		"not yet valid":              {good("nbf", in(time.Minute)), "client assertion: iat or nbf is in the future"},
		"lives an hour":              {good("exp", in(time.Hour)), "client assertion: the lifetime is over 300 seconds"},
		"lived long already":         {good("iat", in(-10*time.Minute)), "client assertion: the lifetime is over 300 seconds"},
		"no jti":                     {good("jti", nil), "client assertion: jti is missing or too long"},
		"long jti":                   {good("jti", strings.Repeat("j", 257)), "client assertion: jti is missing or too long"},
		"iss is another":             {good("iss", bank.ClientID), "client assertion: iss and sub must be the client_id"},
		"sub is another":             {good("sub", bank.ClientID), malformed},
		"sub is nobody":              {good("sub", "nobody"), "the client is not known"},
		"sub is a client by secret":  {good("sub", s.client("service").ClientID), "the client is registered for another authentication method"},
		"sub with a control":         {good("sub", "a\x00"), malformed},
		"a number where text should": {good("jti", 7), malformed},
	} {
		t.Run(name, func(t *testing.T) {
			camara.refusesAssertion(t, tt.assertion, tt.text)
		})
	}
	if got := camara.withAssertion(t, good("pad", strings.Repeat("x", 9000))); got.Status != http.StatusBadRequest || got.Error != "invalid_request" {
		t.Errorf("9000 octets: %+v", got)
	}
	if got := camara.withAssertion(t, used); got.Status != http.StatusOK {
		t.Fatalf("a good assertion: %+v", got)
	}
	camara.refusesAssertion(t, used, "client assertion: jti was used before")
	t.Run("64 at once", func(t *testing.T) {
		assertion := good()
		var won, lost atomic.Int32
		var racers sync.WaitGroup
		for range 64 {
			racers.Go(func() {
				switch got := camara.withAssertion(t, assertion); {
				case got.Status == http.StatusOK:
					won.Add(1)
				case got.Status == http.StatusUnauthorized && got.Error == "invalid_client":
					lost.Add(1)
				}
			})
		}
		racers.Wait()
		if won.Load() != 1 || lost.Load() != 63 {
			t.Errorf("%d accepted, %d refused", won.Load(), lost.Load())
		}
	})
	t.Run("another method", func(t *testing.T) {
		for name, form := range map[string]url.Values{
			"none":        {"client_id": {camara.ClientID}},
			"post secret": {"client_id": {camara.ClientID}, "client_secret": {"x"}},
			"nothing":     {},
		} {
			form.Set("grant_type", "client_credentials")
			form.Set("scope", "number-recycling:check")
			res, err := camara.http.PostForm(s.Issuer+"/token", form)
			if err != nil {
				t.Fatal(err)
			}
			var got answer
			err = json.NewDecoder(res.Body).Decode(&got)
			_ = res.Body.Close()
			if err != nil || res.StatusCode != http.StatusUnauthorized || got.Error != "invalid_client" {
				t.Errorf("%s: %s %+v %v", name, res.Status, got, err)
			}
		}
	})
}

// key is the client's private key.
func (a app) key(t *testing.T) jose.JSONWebKey {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(a.JWKS, &set); err != nil {
		t.Fatal(err)
	}
	return set.Keys[0]
}

// swapClaims puts other claims under a signature.
func swapClaims(token string, claims jwt.MapClaims) string {
	parts := strings.Split(token, ".")
	text, _ := json.Marshal(claims)
	parts[1] = base64.RawURLEncoding.EncodeToString(text)
	return strings.Join(parts, ".")
}

// described is an OAuth error with its description.
type described struct {
	Status      int
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

func (a app) withAssertion(t *testing.T, assertion string) described {
	res, err := a.http.PostForm(a.issuer+"/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion}})
	if err != nil {
		t.Error(err)
		return described{}
	}
	defer res.Body.Close()
	got := described{Status: res.StatusCode}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Error(err)
	}
	return got
}

func (a app) refusesAssertion(t *testing.T, assertion, text string) {
	t.Helper()
	if got, want := a.withAssertion(t, assertion), (described{http.StatusUnauthorized, "invalid_client", text}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
