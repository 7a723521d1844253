//go:build e2e || bench

package e2e

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// app is a relying party written out by hand, so that a test can send exactly what it wants.
type app struct {
	client
	issuer string
	http   *http.Client
}

func (s *sandbox) app(name string) app {
	return app{client: s.client(name), issuer: s.Issuer, http: &http.Client{Timeout: time.Minute,
		Transport: &http.Transport{MaxIdleConnsPerHost: 512}}}
}

// flow is one authorization request and what belongs to it.
type flow struct {
	state, nonce, verifier string
	redirect               string
}

func newFlow(redirect string) flow {
	return flow{state: random(), nonce: random(), verifier: random() + random(), redirect: redirect}
}

func random() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}

func (f flow) challenge() string {
	sum := sha256.Sum256([]byte(f.verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeURL is the request for scope; more pairs of name and value override or add parameters.
func (a app) authorizeURL(f flow, scope string, more ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {a.ClientID}, "redirect_uri": {f.redirect}, "scope": {scope},
		"state": {f.state}, "nonce": {f.nonce}, "code_challenge": {f.challenge()}, "code_challenge_method": {"S256"}}
	for i := 0; i+1 < len(more); i += 2 {
		q.Set(more[i], more[i+1])
	}
	return a.issuer + "/authorize?" + q.Encode()
}

// A server whose process stood still answers "try again", and has done nothing. So often a client does.
const (
	triesAgain = 50
	triesAfter = 200 * time.Millisecond
)

const unavailable = "temporarily_unavailable"

// authorize sends the request from a phone, again where it is told to, and answers the parameters of the redirect.
func (a app) authorize(t testing.TB, from *http.Client, f flow, scope string, more ...string) url.Values {
	t.Helper()
	q := a.authorizeOnce(t, from, f, scope, more...)
	for try := 0; q.Get("error") == unavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		q = a.authorizeOnce(t, from, f, scope, more...)
	}
	return q
}

func (a app) authorizeOnce(t testing.TB, from *http.Client, f flow, scope string, more ...string) url.Values {
	t.Helper()
	res, err := from.Get(a.authorizeURL(f, scope, more...))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(res.Header.Get("Location"), f.redirect) {
		t.Fatalf("authorize: %s, Location %q\n%s", res.Status, res.Header.Get("Location"), body)
	}
	q := back.Query()
	if q.Get("state") != f.state || q.Get("iss") != a.issuer {
		t.Fatalf("authorize answered %v", q)
	}
	return q
}

// answer is a token response or an OAuth error.
type answer struct {
	Status      int
	AccessToken string `json:"access_token"`
	IDToken     string `json:"id_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int    `json:"expires_in"`
	Error       string `json:"error"`
}

// token redeems a code; more pairs override or add parameters.
func (a app) token(t testing.TB, f flow, code string, more ...string) answer {
	t.Helper()
	got, err := a.tryToken(f, code, more...)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func (a app) tryToken(f flow, code string, more ...string) (answer, error) {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {f.redirect}, "code_verifier": {f.verifier}}
	for i := 0; i+1 < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	return a.post("/token", form)
}

// post sends a form to an endpoint with the client's own authentication.
func (a app) post(path string, form url.Values) (answer, error) {
	req, err := a.request(path, form)
	if err != nil {
		return answer{}, err
	}
	res, err := a.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer res.Body.Close()
	got := answer{Status: res.StatusCode}
	return got, json.NewDecoder(res.Body).Decode(&got)
}

func (a app) request(path string, form url.Values) (*http.Request, error) {
	switch {
	case form.Has("client_assertion"):
	case len(a.JWKS) > 0:
		assertion, err := a.assertion(a.issuer)
		if err != nil {
			return nil, err
		}
		form.Set("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
		form.Set("client_assertion", assertion)
	case a.ClientSecret == "":
		form.Set("client_id", a.ClientID)
	}
	req, err := http.NewRequest(http.MethodPost, a.issuer+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a.ClientSecret != "" {
		req.SetBasicAuth(url.QueryEscape(a.ClientID), url.QueryEscape(a.ClientSecret))
	}
	return req, nil
}

// assertion is a client assertion (RFC 7523 §3) for the audience.
func (a app) assertion(audience string) (string, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(a.JWKS, &set); err != nil {
		return "", err
	}
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": a.ClientID, "sub": a.ClientID, "aud": audience,
		"jti": random(), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix()})
	token.Header["kid"] = set.Keys[0].KeyID
	return token.SignedString(set.Keys[0].Key)
}

// apiAnswer is what a CAMARA operation answered.
type apiAnswer struct {
	Status            int
	Verified          *bool  `json:"devicePhoneNumberVerified"`
	DevicePhoneNumber string `json:"devicePhoneNumber"`
	Recycled          *bool  `json:"phoneNumberRecycled"`
	Code              string `json:"code"`
}

func (a app) api(method, path, token, body string) (apiAnswer, error) {
	req, err := a.apiRequest(method, path, token, body)
	if err != nil {
		return apiAnswer{}, err
	}
	res, err := a.http.Do(req)
	if err != nil {
		return apiAnswer{}, err
	}
	defer res.Body.Close()
	got := apiAnswer{Status: res.StatusCode}
	return got, json.NewDecoder(res.Body).Decode(&got)
}

func (a app) apiRequest(method, path, token, body string) (*http.Request, error) {
	req, err := http.NewRequest(method, a.issuer+path, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// verify asks whether the token's phone has this number (CAMARA number-verification v2), again where it is told to.
func (a app) verify(t testing.TB, token, number string) apiAnswer {
	t.Helper()
	for try := 0; ; try++ {
		got, err := a.api(http.MethodPost, "/number-verification/v2/verify", token, fmt.Sprintf(`{"phoneNumber":%q}`, number))
		if err != nil {
			t.Fatal(err)
		}
		if got.Status != http.StatusServiceUnavailable || try == triesAgain {
			return got
		}
		<-time.After(triesAfter)
	}
}

// claims reads a token's payload; the test that wants its signature checked uses a real client.
func claims(t testing.TB, token string) map[string]any {
	t.Helper()
	var c jwt.MapClaims
	if _, _, err := jwt.NewParser().ParseUnverified(token, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

const (
	verifyScope = "openid number-verification:verify dpv:FraudPreventionAndDetection"
	shareScope  = "openid number-verification:device-phone-number:read dpv:FraudPreventionAndDetection"
)
