//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

const (
	proxyAddress  = "127.0.0.50" // of the operator's HTTP proxy
	mobileAddress = "10.20.30.40"
	proxyIssuer   = "proxy.operator.example"
	lineNumber    = "+8613912345678"
	lineIMSI      = "460000123456789"
)

// enriched is an operator's server behind a proxy that states the subscriber of a request in a signed header.
type enriched struct {
	*sandbox
	ca     authority
	proxy  tls.Certificate
	key    *ecdsa.PrivateKey // signs the header
	camara app
}

// startEnriched starts simtrust serve, with TLS or without, and gives it one number and one application. more are lines of its
// configuration.
func startEnriched(t *testing.T, overTLS bool, more ...string) enriched {
	t.Helper()
	e := enriched{ca: newAuthority(t), key: newKey(t)}
	e.proxy = e.ca.issue(t, "proxy")
	files := &sandbox{dir: t.TempDir()}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: e.key.Public(), KeyID: "proxy-1", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		t.Fatal(err)
	}
	lines := []string{
		"  enrichment:",
		fmt.Sprintf("    - {issuer: %s, jwks_file: %s, certificates: [%s]}", proxyIssuer, files.write(t, "proxy.jwks", string(public)), fingerprint(e.proxy)),
		"proxies: [" + proxyAddress + "/32]",
	}
	lines = append(lines, more...)
	if overTLS {
		cert, key := pemOf(t, e.ca.issue(t, "server"))
		lines = append(lines, fmt.Sprintf("tls: {certificate: %s, key: %s, client_ca: %s}",
			files.write(t, "server.crt", cert), files.write(t, "server.key", key), files.write(t, "clients.crt", e.ca.pem())))
	}
	plain := e.client("127.0.0.1", nil)
	e.sandbox = startServe(t, serveConfig{nas: "127.0.0.77/32", http: plain, lines: lines})
	e.register(t, plain)
	return e
}

// client is an HTTP client at an address, with a certificate or without.
func (e enriched) client(from string, certs []tls.Certificate) *http.Client {
	c := phone(from)
	c.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: e.ca.pool(), Certificates: certs}
	return c
}

func (e *enriched) register(t *testing.T, c *http.Client) {
	t.Helper()
	key := jose.JSONWebKey{Key: newKey(t), KeyID: "camara-1", Algorithm: "ES256", Use: "sig"}
	public, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key.Public()}})
	if err != nil {
		t.Fatal(err)
	}
	e.camara = app{issuer: e.Issuer, http: c}
	var registered struct {
		App struct {
			ID string `json:"id"`
		} `json:"app"`
	}
	v, err := e.camara.admin("/account/v1/apps", e.AdminToken, map[string]any{"name": "Verifier", "auth": "private_key_jwt", "profile": "camara",
		"redirect_uris": []string{callback}, "scopes": []string{"openid", "number-verification:verify"}, "jwks": json.RawMessage(public),
		"legal_bases": map[string]string{"dpv:FraudPreventionAndDetection": "legitimate-interest"}}, &registered)
	if registered.App.ID == "" {
		t.Fatalf("register: %s %v", v, err)
	}
	statuses, v, err := e.camara.feed(e.AdminToken, []map[string]any{
		{"seq": 1, "type": "assign", "number": lineNumber, "holder": "holder-1", "effective": "2024-01-02T03:04:05Z", "iccid": "89860012345678901234", "imsi": lineIMSI},
		{"seq": 2, "type": "assign", "number": "+8613912345679", "holder": "holder-2", "effective": "2024-01-02T03:04:05Z", "iccid": "89860012345678901235", "imsi": "460000123456780"},
		{"seq": 3, "type": "release", "number": "+8613912345679", "effective": "2024-02-02T03:04:05Z"},
	})
	if statuses["applied"] != 3 {
		t.Fatalf("feed: %v %s %v", statuses, v, err)
	}
	e.camara.client = client{ClientID: registered.App.ID, RedirectURIs: []string{callback}}
	if e.camara.JWKS, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{key}}); err != nil {
		t.Fatal(err)
	}
}

// statement is what the proxy signs about one request, with changes; nil removes a claim.
func (e enriched) statement(target string, changes ...any) jwt.MapClaims {
	now := time.Now()
	c := jwt.MapClaims{"iss": proxyIssuer, "aud": e.Issuer, "iat": now.Unix(), "exp": now.Add(30 * time.Second).Unix(), "jti": random(),
		"htm": "GET", "htu": target, "client_ip": mobileAddress, "phone_number": lineNumber, "imsi": lineIMSI}
	for i := 0; i+1 < len(changes); i += 2 {
		if c[changes[i].(string)] = changes[i+1]; changes[i+1] == nil {
			delete(c, changes[i].(string))
		}
	}
	return c
}

// sign signs a statement as the proxy does, with changes to the header.
func (e enriched) sign(t *testing.T, c jwt.MapClaims, header ...any) string {
	t.Helper()
	return signed(t, jwt.SigningMethodES256, e.key, c, header...)
}

func signed(t *testing.T, m jwt.SigningMethod, key any, c jwt.MapClaims, header ...any) string {
	t.Helper()
	token := jwt.NewWithClaims(m, c)
	token.Header["kid"], token.Header["typ"] = "proxy-1", "subscriber-assertion+jwt"
	for i := 0; i+1 < len(header); i += 2 {
		token.Header[header[i].(string)] = header[i+1]
	}
	text, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// pass sends an authorization request through a proxy, again where it is told to, and answers the parameters of the redirect.
func (e enriched) pass(t *testing.T, through *http.Client, target string, header http.Header) url.Values {
	t.Helper()
	q := e.passOnce(t, through, target, header)
	for try := 0; q.Get("error") == unavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		q = e.passOnce(t, through, target, header)
	}
	return q
}

func (e enriched) passOnce(t *testing.T, through *http.Client, target string, header http.Header) url.Values {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := through.Do(req)
	if err != nil {
		t.Error(err)
		return nil
	}
	_ = res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(res.Header.Get("Location"), callback) {
		t.Errorf("%s %v", res.Status, res.Header)
		return nil
	}
	return back.Query()
}

func asserting(assertions ...string) http.Header {
	return http.Header{"Subscriber-Assertion": assertions, "X-Forwarded-For": {mobileAddress}}
}
