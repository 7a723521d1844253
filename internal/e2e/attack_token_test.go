//go:build e2e

package e2e

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// TestCodeAttacks: a code is good for its own client, redirect URI and verifier, once. A wrong attempt does not use it up; a second
// right one ends what came of the first.
func TestCodeAttacks(t *testing.T) { eachAttacked(t, attackCode) }

func attackCode(t *testing.T, s *sandbox) {
	camara, bank, me := s.app("camara"), s.app("bank"), s.Subscribers[1]
	f := newFlow(callback)
	code := camara.authorize(t, phone(me.IP), f, verifyScope).Get("code")
	other := newFlow(callback)
	for name, attempt := range map[string]func() answer{
		"another client":      func() answer { return bank.token(t, f, code) },
		"wrong verifier":      func() answer { return camara.token(t, other, code) },
		"no verifier":         func() answer { return camara.token(t, f, code, "code_verifier", "") },
		"challenge, plain":    func() answer { return camara.token(t, f, code, "code_verifier", f.challenge()) },
		"verifier too short":  func() answer { return camara.token(t, f, code, "code_verifier", f.verifier[:42]) },
		"another redirect":    func() answer { return camara.token(t, f, code, "redirect_uri", callback+"/") },
		"code cut short":      func() answer { return camara.token(t, f, code[:len(code)-1]) },
		"code made longer":    func() answer { return camara.token(t, f, code+"A") },
		"code of another":     func() answer { return camara.token(t, f, strings.Split(code, ".")[0]+"."+strings.Repeat("A", 52)) },
		"code without secret": func() answer { return camara.token(t, f, strings.Split(code, ".")[0]) },
		"code with quote":     func() answer { return camara.token(t, f, code+"'") },
	} {
		if got := attempt(); got.Status != http.StatusBadRequest || got.Error != "invalid_grant" || got.AccessToken != "" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, attempt := range map[string]func() answer{
		"no redirect": func() answer { return camara.token(t, f, code, "redirect_uri", "") },
		"no code":     func() answer { return camara.token(t, f, "") },
	} {
		if got := attempt(); got.Status != http.StatusBadRequest || got.Error != "invalid_request" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	token := camara.token(t, f, code)
	if token.Status != http.StatusOK {
		t.Fatalf("the attempts used the code up: %+v", token)
	}
	if got := bank.token(t, f, code); got.Error != "invalid_grant" {
		t.Errorf("another client, after use: %+v", got)
	}
	if active := introspect(t, camara, token.AccessToken); !active {
		t.Error("a stranger's attempt ended the token")
	}
	if got := camara.token(t, f, code); got.Error != "invalid_grant" {
		t.Errorf("replay: %+v", got)
	}
	if got := camara.verify(t, token.AccessToken, me.Number); got.Status != http.StatusUnauthorized {
		t.Errorf("the token outlived the replay of its code: %+v", got)
	}
	if active := introspect(t, camara, token.AccessToken); active {
		t.Error("the token is still active")
	}
}

// introspect asks whether a token is active, again where it is told to.
func introspect(t *testing.T, a app, token string) bool {
	t.Helper()
	active, status := introspectOnce(t, a, token)
	for try := 0; status == http.StatusServiceUnavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		active, status = introspectOnce(t, a, token)
	}
	if active == nil {
		t.Fatalf("introspection: %d", status)
	}
	return *active
}

func introspectOnce(t *testing.T, a app, token string) (active *bool, status int) {
	t.Helper()
	assertion, err := a.assertion(a.issuer)
	if err != nil {
		t.Fatal(err)
	}
	res, err := a.http.PostForm(a.issuer+"/introspect", url.Values{"token": {token}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct {
		Active *bool `json:"active"`
	}
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil {
		t.Fatalf("introspection: %s %v", res.Status, err)
	}
	return got.Active, res.StatusCode
}

// TestTokenForgery: an access token that the server did not sign, or not as an access token, is worth nothing anywhere.
func TestTokenForgery(t *testing.T) { eachAttacked(t, attackTokenForgery) }

func attackTokenForgery(t *testing.T, s *sandbox) {
	camara, me := s.app("camara"), s.Subscribers[1]
	f := newFlow(callback)
	real := camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
	_, jwks := get(t, camara.http, s.Issuer+"/jwks")
	var set jose.JSONWebKeySet
	if err := json.Unmarshal([]byte(jwks), &set); err != nil {
		t.Fatal(err)
	}
	public := set.Keys[0]
	der, err := x509.MarshalPKIXPublicKey(public.Key)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.Key.(*ecdsa.PublicKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	stranger, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := jwt.MapClaims(claims(t, real.AccessToken))
	forge := func(m jwt.SigningMethod, key any, header ...any) string {
		token := jwt.NewWithClaims(m, c)
		token.Header["kid"], token.Header["typ"] = public.KeyID, "at+jwt"
		for i := 0; i+1 < len(header); i += 2 {
			token.Header[header[i].(string)] = header[i+1]
		}
		text, err := token.SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	longer := jwt.MapClaims{}
	for name, value := range c {
		longer[name] = value
	}
	longer["exp"] = time.Now().Add(time.Hour).Unix()
	for name, token := range map[string]string{
		"empty":              "",
		"alg none":           forge(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"HS256, DER":         forge(jwt.SigningMethodHS256, der),
		"HS256, PEM":         forge(jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
		"HS256, point":       forge(jwt.SigningMethodHS256, point),
		"HS256, JWKS":        forge(jwt.SigningMethodHS256, []byte(jwks)),
		"HS256, empty":       forge(jwt.SigningMethodHS256, []byte{}),
		"another key":        forge(jwt.SigningMethodES256, stranger),
		"another kid":        forge(jwt.SigningMethodES256, stranger, "kid", "mine"),
		"key in the header":  forge(jwt.SigningMethodES256, stranger, "jwk", jose.JSONWebKey{Key: stranger.Public()}),
		"key by URL":         forge(jwt.SigningMethodES256, stranger, "jku", "http://127.0.0.1:1/jwks"),
		"a client's key":     forge(jwt.SigningMethodES256, camara.key(t).Key),
		"longer life":        swapClaims(real.AccessToken, longer),
		"ID token":           real.IDToken,
		"signature cut off":  real.AccessToken[:strings.LastIndexByte(real.AccessToken, '.')+1],
		"signature cut":      real.AccessToken[:len(real.AccessToken)-2],
		"padding":            real.AccessToken + "=",
		"repeated":           real.AccessToken + "," + real.AccessToken,
		"5000 octets":        strings.Repeat("a", 5000),
		"a code":             camara.authorize(t, phone(me.IP), newFlow(callback), verifyScope).Get("code"),
		"basic credentials":  base64.StdEncoding.EncodeToString([]byte("a:b")),
		"admin token halved": s.AdminToken[:len(s.AdminToken)/2],
		"admin token's hash": hexOf(s.AdminToken),
	} {
		t.Run(name, func(t *testing.T) {
			if got := camara.verify(t, token, me.Number); got.Status != http.StatusUnauthorized || got.Code != "UNAUTHENTICATED" {
				t.Errorf("verify: %+v", got)
			}
			for _, path := range []string{"/userinfo", "/admin/v1/keys"} {
				if got := (problemAt{http.StatusUnauthorized, "unauthenticated"}); s.problem(t, http.MethodGet, path, "Bearer "+token, "") != got {
					t.Errorf("%s is not %+v", path, got)
				}
			}
		})
	}
	if got := camara.verify(t, real.AccessToken, me.Number); got.Status != http.StatusOK {
		t.Errorf("the real one: %+v", got)
	}
}

func hexOf(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// problemAt is an error of the server's own API, as far as tests compare it.
type problemAt struct {
	Status int    `json:"status"`
	Kind   string `json:"kind"`
}

// problem sends a request, again where it is told to, and answers the problem (RFC 9457) that came back.
func (s *sandbox) problem(t *testing.T, method, path, authorization, body string) problemAt {
	t.Helper()
	p := s.problemOnce(t, method, path, authorization, body)
	for try := 0; p.Status == http.StatusServiceUnavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		p = s.problemOnce(t, method, path, authorization, body)
	}
	return p
}

func (s *sandbox) problemOnce(t *testing.T, method, path, authorization, body string) problemAt {
	t.Helper()
	req, err := http.NewRequest(method, s.Issuer+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	req.Header.Set("Content-Type", "application/json")
	if len(body) > 1<<20 {
		req.Header.Set("Expect", "100-continue") // the server does not read it: the answer would race with a reset
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	var p problemAt
	if err := json.Unmarshal(text, &p); err != nil || p.Status != res.StatusCode {
		t.Errorf("%s %s: %s: %s", method, path, res.Status, text)
	}
	return p
}
