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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// get answers the response to a GET and its body.
func get(t testing.TB, from *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := from.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// TestRedirectURITricks: a redirect URI is one of the registered ones to the character; for any other there is a page and no redirect.
func TestRedirectURITricks(t *testing.T) {
	s := startAttacked(t)
	from := phone(s.Subscribers[1].IP)
	for _, uri := range []string{
		"", callback + "/", callback + "x", callback + "/../evil", callback + "?x=1", callback + "?", callback + "#", callback + "#x", callback + ";x",
		callback + " ", " " + callback, callback + "\n", callback + "\r\nSet-Cookie: a=b", callback + "\x00", callback + "%00", callback + "%20",
		"http://127.0.0.1:9/%63allback", "http://127.0.0.1:9//callback", "http://127.0.0.1:9/./callback", "http://127.0.0.1:9\\callback",
		"http://127.0.0.1:9/Callback", "HTTP://127.0.0.1:9/callback", "https://127.0.0.1:9/callback", "//127.0.0.1:9/callback",
		"http://evil@127.0.0.1:9/callback", "http://127.0.0.1:9@evil.example/callback", "http://127.0.0.1:9.evil.example/callback",
		"http://127.0.0.1:10/callback", "http://127.0.0.1/callback", "http://127.0.0.1:09/callback", "http://127.0.0.1.:9/callback",
		"http://localhost:9/callback", "http://127.1:9/callback", "http://[::ffff:127.0.0.1]:9/callback", "http://2130706433:9/callback",
		"http://evil.example/" + callback, "javascript:alert(1)", "data:text/html,x",
	} {
		for _, name := range []string{"shop", "camara", "bank"} {
			a := s.app(name)
			f := newFlow(uri)
			res, body := get(t, from, a.authorizeURL(f, "openid"))
			if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" || len(res.Cookies()) > 0 ||
				!strings.Contains(body, "invalid_request: redirect_uri is missing, repeated or not registered for the client") {
				t.Errorf("%s with %q: %s %v\n%s", name, uri, res.Status, res.Header, body)
			}
		}
	}
	a := s.app("camara")
	for _, more := range []string{"&redirect_uri=" + url.QueryEscape(callback), "&redirect_uri=http://evil.example", "&client_id=" + a.ClientID, "&client_id="} {
		res, _ := get(t, from, a.authorizeURL(newFlow(callback), verifyScope)+more)
		if more == "&client_id=" {
			continue // a parameter without a value counts as left out (RFC 6749 §3.1)
		}
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%s: %s %v", more, res.Status, res.Header)
		}
	}
	for _, id := range []string{"", "nobody", a.ClientID + " ", strings.ToUpper(a.ClientID), a.ClientID + "\x00"} {
		b := a
		b.ClientID = id
		if res, _ := get(t, from, b.authorizeURL(newFlow(callback), verifyScope)); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("client %q: %s %v", id, res.Status, res.Header)
		}
	}
}

// TestAuthorizationRequestAttacks: a request that is wrong in itself goes back to the client with the error of the standard.
func TestAuthorizationRequestAttacks(t *testing.T) {
	s := startAttacked(t)
	from := phone(s.Subscribers[1].IP)
	challenge := strings.Repeat("a", 43)
	for name, tt := range map[string]struct {
		client string
		change []string
		want   string
	}{
		"no PKCE, camara":            {"camara", []string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"no PKCE, public":            {"shop", []string{"scope", "openid phone", "code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"no PKCE, fapi2":             {"bank", []string{"scope", "openid phone", "code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"plain":                      {"camara", []string{"code_challenge_method", "plain"}, "invalid_request"},
		"plain by default":           {"camara", []string{"code_challenge_method", ""}, "invalid_request"},
		"method in lower case":       {"camara", []string{"code_challenge_method", "s256"}, "invalid_request"},
		"method without challenge":   {"camara", []string{"code_challenge", ""}, "invalid_request"},
		"challenge too short":        {"camara", []string{"code_challenge", challenge[1:]}, "invalid_request"},
		"challenge too long":         {"camara", []string{"code_challenge", challenge + "a"}, "invalid_request"},
		"challenge in base64":        {"camara", []string{"code_challenge", challenge[2:] + "+/"}, "invalid_request"},
		"implicit flow":              {"camara", []string{"response_type", "token"}, "unsupported_response_type"},
		"hybrid flow":                {"camara", []string{"response_type", "code id_token"}, "unsupported_response_type"},
		"no response type":           {"camara", []string{"response_type", ""}, "invalid_request"},
		"fragment":                   {"camara", []string{"response_mode", "fragment"}, "invalid_request"},
		"form_post":                  {"camara", []string{"response_mode", "form_post"}, "invalid_request"},
		"request object":             {"camara", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"},
		"request object elsewhere":   {"camara", []string{"request_uri", "http://127.0.0.1:1/"}, "request_uri_not_supported"},
		"no scope":                   {"camara", []string{"scope", ""}, "invalid_scope"},
		"scope of another client":    {"camara", []string{"scope", verifyScope + " phone"}, "invalid_scope"},
		"scope of the server":        {"camara", []string{"scope", verifyScope + " number:feed"}, "invalid_scope"},
		"scope with quotes":          {"camara", []string{"scope", verifyScope + ` "`}, "invalid_scope"},
		"no purpose":                 {"camara", []string{"scope", "openid number-verification:verify"}, "invalid_scope"},
		"two purposes":               {"camara", []string{"scope", verifyScope + " dpv:RequestedServiceProvision"}, "invalid_scope"},
		"unknown purpose":            {"camara", []string{"scope", "openid number-verification:verify dpv:Advertising"}, "invalid_scope"},
		"mixed with another API":     {"camara", []string{"scope", verifyScope + " number-recycling:check"}, "invalid_scope"},
		"prompt none and login":      {"camara", []string{"prompt", "none login"}, "invalid_request"},
		"unknown prompt":             {"camara", []string{"prompt", "create"}, "invalid_request"},
		"max_age of letters":         {"camara", []string{"max_age", "x"}, "invalid_request"},
		"nonce too long":             {"camara", []string{"nonce", strings.Repeat("n", 513)}, "invalid_request"},
		"nonce with a line break":    {"camara", []string{"nonce", "a\r\nb"}, "invalid_request"},
		"hint that is no token":      {"camara", []string{"id_token_hint", "x.y.z"}, "invalid_request"},
		"purpose that needs consent": {"camara", []string{"scope", "openid number-verification:verify dpv:RequestedServiceProvision"}, "consent_required"},
		"login without consent":      {"shop", []string{"scope", "openid phone", "prompt", "none"}, "consent_required"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.app(tt.client).authorize(t, from, newFlow(callback), verifyScope, tt.change...); got.Get("error") != tt.want || got.Has("code") {
				t.Errorf("%v", got)
			}
		})
	}
	t.Run("repeated", func(t *testing.T) {
		for _, param := range []string{"scope", "state", "nonce", "code_challenge", "response_type", "prompt"} {
			a, f := s.app("camara"), newFlow(callback)
			res, _ := get(t, from, a.authorizeURL(f, verifyScope, "prompt", "none")+"&"+param+"=x")
			back, err := url.Parse(res.Header.Get("Location"))
			if q := back.Query(); err != nil || q.Get("error") != "invalid_request" || q.Has("code") || param == "state" && q.Has("state") {
				t.Errorf("%s: %v", param, q)
			}
		}
	})
}

// TestStateInjection: what a request carries in state comes back encoded, or not at all, and never becomes a header.
func TestStateInjection(t *testing.T) {
	s := startAttacked(t)
	a, from := s.app("camara"), phone(s.Subscribers[1].IP)
	for state, whole := range map[string]bool{
		`"><script>alert(1)</script>`: true, "a&code=stolen&iss=evil": true, "ü %0d%0aX: y #frag": true, strings.Repeat("s", 4096): true,
		"a\r\nSet-Cookie: a=b": false, "a\nLocation: http://evil.example": false, "a\x00b": false, "\xff\xfe": false,
	} {
		f := newFlow(callback)
		f.state = state
		res, _ := get(t, from, a.authorizeURL(f, verifyScope))
		location := res.Header.Get("Location")
		back, err := url.Parse(location)
		if err != nil || !strings.HasPrefix(location, callback+"?") || len(res.Header.Values("Location")) != 1 || len(res.Cookies()) != 0 || back.Fragment != "" {
			t.Errorf("%q: %v %v", state, res.Header, err)
			continue
		}
		q := back.Query()
		if len(q["iss"]) != 1 || len(q["code"]) > 1 || q.Get("iss") != s.Issuer {
			t.Errorf("%q: %v", state, q)
		}
		if whole && (q.Get("state") != state || q.Get("code") == "") || !whole && (q.Has("state") || q.Get("error") != "invalid_request") {
			t.Errorf("%q: %v", state, q)
		}
	}
}

// TestCodeAttacks: a code is good for its own client, redirect URI and verifier, once. A wrong attempt does not use it up; a second
// right one ends what came of the first.
func TestCodeAttacks(t *testing.T) {
	s := startAttacked(t)
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

func introspect(t *testing.T, a app, token string) bool {
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
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || got.Active == nil {
		t.Fatalf("introspection: %s %v", res.Status, err)
	}
	return *got.Active
}

// TestAssertionAttacks: a client assertion that is not exactly right is 401 invalid_client, and nobody is let in.
func TestAssertionAttacks(t *testing.T) {
	s := startAttacked(t)
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
		"not yet valid":              {good("nbf", in(30*time.Second)), "client assertion: iat or nbf is in the future"},
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

// TestTokenForgery: an access token that the server did not sign, or not as an access token, is worth nothing anywhere.
func TestTokenForgery(t *testing.T) {
	s := startAttacked(t)
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

// problem sends a request and answers the problem (RFC 9457) that came back.
func (s *sandbox) problem(t *testing.T, method, path, authorization, body string) problemAt {
	t.Helper()
	req, err := http.NewRequest(method, s.Issuer+path, bytes.NewBufferString(body))
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	req.Header.Set("Content-Type", "application/json")
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
