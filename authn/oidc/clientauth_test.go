package oidc_test

import (
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/account"
)

// basic is the Authorization header of a client with a secret.
func (w *world) basic(client string) []string {
	return basic(client, w.apps[client].Secret)
}

func basic(client, secret string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte(client+":"+secret))}
}

func consentTo(w *world, app string, scopes ...string) account.ConsentReq {
	return account.ConsentReq{Tenure: w.lines.tenure("1"), App: w.apps[app].App, Scopes: scopes}
}

// asserted is a client_credentials request with an assertion.
func asserted(assertion string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"},
		"client_assertion_type": {assertionType}, "client_assertion": {assertion},
	}, changes...)
}

func TestAssertionAccepted(t *testing.T) {
	w := onSQLite(t)
	now := w.now.Now()
	for name, assertion := range map[string]string{
		"issuer as audience":         camaraKey.assertion(w, "camara"),
		"called endpoint":            camaraKey.assertion(w, "camara", "aud", w.issuer+"/token"),
		"list of ours":               camaraKey.assertion(w, "camara", "aud", []string{w.issuer, w.issuer + "/token"}),
		"longest life":               camaraKey.assertion(w, "camara", "exp", now.Add(300*time.Second).Unix()),
		"signed by hand":             camaraKey.raw(fmt.Sprintf(`{"iss":"camara","sub":"camara","jti":"hand","aud":%q,"exp":%d}`, w.issuer, now.Unix()+60)),
		"without iat":                camaraKey.assertion(w, "camara", "iat", nil),
		"clock ahead by 10 s":        camaraKey.assertion(w, "camara", "iat", now.Unix()+10, "nbf", now.Unix()+10),
		"fapi2, issuer as a string":  bankKey.assertion(w, "bank"),
		"same jti of another client": bankKey.assertion(w, "bank", "jti", "shared"),
		"same jti, first client":     camaraKey.assertion(w, "camara", "jti", "shared"),
	} {
		w.run(t, name, func(t *testing.T) {
			w.tokens(w.post("/token", asserted(assertion)))
		})
	}
	w.run(t, "at another endpoint", func(t *testing.T) {
		form := url.Values{"token": {"x"}, "client_assertion_type": {assertionType}, "client_assertion": {camaraKey.assertion(w, "camara", "aud", w.issuer+"/introspect")}}
		if res := w.post("/introspect", form); res.StatusCode != http.StatusOK {
			t.Errorf("%d %s", res.StatusCode, res.body)
		}
	})
}

func TestAssertionAttacks(t *testing.T) {
	w := onSQLite(t)
	now := w.now.Now()
	good := jwt.MapClaims{"iss": "camara", "sub": "camara", "aud": w.issuer, "jti": "j", "exp": now.Add(time.Minute).Unix()}
	spki, err := x509.MarshalPKIXPublicKey(camaraKey.private.Public())
	w.must(err)
	point, err := camaraKey.private.PublicKey.Bytes()
	w.must(err)
	jwk := map[string]any{"kty": "EC", "crv": "P-256", "x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:])}
	signed := camaraKey.assertion(w, "camara")
	parts := strings.Split(signed, ".")
	rest := fmt.Sprintf(`"aud":%q,"exp":%d}`, w.issuer, now.Unix()+60)
	for name, assertion := range map[string]string{
		"alg none":                  camaraKey.sign(jwt.SigningMethodNone, good, jwt.UnsafeAllowNoneSignatureType, nil),
		"alg None, no signature":    base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"None"}`)) + "." + parts[1] + ".",
		"HS256 with the public key": camaraKey.sign(jwt.SigningMethodHS256, good, spki, nil),
		"HS256 with the point":      camaraKey.sign(jwt.SigningMethodHS256, good, point, nil),
		"HS256 with an empty key":   camaraKey.sign(jwt.SigningMethodHS256, good, []byte{}, nil),
		"other key, same kid":       clientKey{"camara-1", otherKey.private}.assertion(w, "camara"),
		"other key, own kid":        otherKey.assertion(w, "camara"),
		"key of another client":     bankKey.assertion(w, "camara"),
		"key in the header":         camaraKey.sign(jwt.SigningMethodES256, good, otherKey.private, map[string]any{"jwk": jwk}),
		"jku":                       camaraKey.sign(jwt.SigningMethodES256, good, otherKey.private, map[string]any{"jku": "https://evil.example/jwks"}),
		"critical extension":        camaraKey.sign(jwt.SigningMethodES256, good, camaraKey.private, map[string]any{"crit": []string{"b64"}, "b64": false}),
		"unknown kid":               camaraKey.sign(jwt.SigningMethodES256, good, camaraKey.private, map[string]any{"kid": "camara-2"}),
		"alg is no text":            camaraKey.sign(jwt.SigningMethodES256, good, camaraKey.private, map[string]any{"alg": 256}),
		"signature cut":             signed[:len(signed)-4],
		"signature empty":           parts[0] + "." + parts[1] + ".",
		"four parts":                signed + ".x",
		"two parts":                 parts[0] + "." + parts[1],
		"padded":                    parts[0] + "=." + parts[1] + "." + parts[2],
		"payload exchanged":         parts[0] + "." + strings.Split(camaraKey.assertion(w, "camara", "exp", now.Unix()+200), ".")[1] + "." + parts[2],
		"expired":                   camaraKey.assertion(w, "camara", "exp", now.Unix(), "iat", now.Unix()-60),
		"no exp":                    camaraKey.assertion(w, "camara", "exp", nil),
		"exp as text":               camaraKey.assertion(w, "camara", "exp", "soon"),
		"lives too long":            camaraKey.assertion(w, "camara", "exp", now.Unix()+301),
		"made for too long":         camaraKey.assertion(w, "camara", "exp", now.Unix()+60, "iat", now.Unix()-241),
		"issued in the future":      camaraKey.assertion(w, "camara", "iat", now.Unix()+11),
		"not yet valid":             camaraKey.assertion(w, "camara", "nbf", now.Unix()+11),
		"no jti":                    camaraKey.assertion(w, "camara", "jti", nil),
		"long jti":                  camaraKey.assertion(w, "camara", "jti", strings.Repeat("j", 257)),
		"no aud":                    camaraKey.assertion(w, "camara", "aud", nil),
		"aud of another server":     camaraKey.assertion(w, "camara", "aud", "https://other.example"),
		"aud with another server":   camaraKey.assertion(w, "camara", "aud", []string{w.issuer, "https://other.example"}),
		"aud of another endpoint":   camaraKey.assertion(w, "camara", "aud", w.issuer+"/revoke"),
		"aud with a slash":          camaraKey.assertion(w, "camara", "aud", w.issuer+"/"),
		"aud empty list":            camaraKey.assertion(w, "camara", "aud", []string{}),
		"iss of another":            camaraKey.assertion(w, "camara", "iss", "bank"),
		"sub of another":            camaraKey.assertion(w, "camara", "sub", "bank"),
		"unknown client":            camaraKey.assertion(w, "nobody"),
		"client without keys":       camaraKey.assertion(w, "shop"),
		"client with a secret":      camaraKey.assertion(w, "service"),
		"fapi2, token endpoint":     bankKey.assertion(w, "bank", "aud", w.issuer+"/token"),
		"fapi2, issuer in a list":   bankKey.assertion(w, "bank", "aud", []string{w.issuer}),
		"member twice":              camaraKey.raw(`{"iss":"camara","sub":"camara","sub":"camara","jti":"dup",` + rest),
		"member in capitals":        camaraKey.raw(`{"ISS":"camara","sub":"camara","jti":"case",` + rest),
		"payload is no object":      camaraKey.raw(`["camara"]`),
		"payload is no JSON":        camaraKey.raw(`iss=camara`),
		"oversized":                 camaraKey.assertion(w, "camara", "x", strings.Repeat("x", 9000)),
		"not a token":               "assertion",
	} {
		w.run(t, name, func(t *testing.T) {
			want := refusedClient
			if name == "oversized" {
				want = badRequest
			}
			if got := w.post("/token", asserted(assertion)).oauthError(); got != want {
				t.Errorf("%s, want %s", got, want)
			}
		})
	}
}

// An assertion is good for one request, here and at every other node.
func TestAssertionReplay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		form := asserted(camaraKey.assertion(w, "camara"))
		w.tokens(w.post("/token", form))
		if got := w.post("/token", form).oauthError(); got != refusedClient {
			t.Errorf("replay: %s", got)
		}
		if res := serve(w.node(), w.request(http.MethodPost, "/token", form.Encode())); res.oauthError() != refusedClient {
			t.Errorf("replay at another node: %s", res.oauthError())
		}
		form = asserted(camaraKey.assertion(w, "camara"))
		var won atomic.Int32
		var all sync.WaitGroup
		for range 64 {
			all.Go(func() {
				if serve(w.handler, w.request(http.MethodPost, "/token", form.Encode())).StatusCode == http.StatusOK {
					won.Add(1)
				}
			})
		}
		all.Wait()
		if n := won.Load(); n != 1 {
			t.Errorf("%d of 64 at once", n)
		}
	})
}

// The assertion's keys are those registered now.
func TestAssertionAfterRotation(t *testing.T) {
	w := onSQLite(t)
	w.tokens(w.post("/token", asserted(camaraKey.assertion(w, "camara"))))
	_, err := w.accounts.RotateApp(t.Context(), account.Rotation{ID: "camara", JWKS: otherKey.public()})
	w.must(err)
	if got := w.post("/token", asserted(camaraKey.assertion(w, "camara"))).oauthError(); got != refusedClient {
		t.Errorf("old key: %s", got)
	}
	w.tokens(w.post("/token", asserted(otherKey.assertion(w, "camara"))))
}

func TestClientAuthenticationErrors(t *testing.T) {
	w := onSQLite(t)
	secret := w.apps["service"].Secret
	ask := func(changes ...string) url.Values {
		return changed(url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, changes...)
	}
	both := append(basic("service", secret), basic("service", secret)...)
	for name, test := range map[string]struct {
		form   url.Values
		header []string
		want   string
	}{
		"wrong secret":              {ask(), basic("service", secret+"x"), refusedClient},
		"empty secret":              {ask(), basic("service", ""), refusedClient},
		"secret of another":         {ask(), basic("web", secret), refusedClient},
		"unknown client":            {ask(), basic("nobody", secret), refusedClient},
		"public client with secret": {ask(), basic("shop", ""), refusedClient},
		"key client with secret":    {ask(), basic("camara", "x"), refusedClient},
		"not base64":                {ask(), []string{"Authorization", "Basic %%%"}, refusedClient},
		"no colon":                  {ask(), []string{"Authorization", "Basic c2VydmljZQ=="}, refusedClient},
		"bad escape inside":         {ask(), basic("service", "%zz"), refusedClient},
		"control octet inside":      {ask(), basic("service\x00", secret), refusedClient},
		"bearer":                    {ask(), []string{"Authorization", "Bearer " + secret}, refusedClient},
		"two headers":               {ask(), both, badRequest},
		"header and assertion":      {asserted(camaraKey.assertion(w, "camara")), basic("service", secret), badRequest},
		"secret in the body":        {ask("client_id", "service", "client_secret", secret), nil, refusedClient},
		"secret client, only named": {ask("client_id", "service"), nil, refusedClient},
		"client_id of another":      {ask("client_id", "web"), basic("service", secret), refusedClient},
		"assertion, other id":       {asserted(camaraKey.assertion(w, "camara"), "client_id", "bank"), nil, refusedClient},
		"assertion, no type":        {asserted(camaraKey.assertion(w, "camara"), "client_assertion_type", ""), nil, refusedClient},
		"assertion, SAML":           {asserted(camaraKey.assertion(w, "camara"), "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"), nil, refusedClient},
	} {
		w.run(t, name, func(t *testing.T) {
			res := w.post("/token", test.form, test.header...)
			if got := res.oauthError(); got != test.want {
				t.Errorf("%s, want %s", got, test.want)
			}
			if strings.Contains(res.body, secret) {
				t.Error("the answer repeats the secret")
			}
		})
	}
	w.run(t, "challenge", func(t *testing.T) {
		if got := w.post("/token", ask(), basic("service", "x")...).Header.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Basic ") {
			t.Errorf("%q", got)
		}
	})
	w.run(t, "scheme in lower case", func(t *testing.T) {
		w.tokens(w.post("/token", ask(), "Authorization", "basic "+basic("service", secret)[1][len("Basic "):]))
	})
	w.run(t, "suspended", func(t *testing.T) {
		_, err := w.accounts.SuspendApp(t.Context(), "service")
		w.must(err)
		if got := w.post("/token", ask(), basic("service", secret)...).oauthError(); got != refusedClient {
			t.Error(got)
		}
	})
}
