//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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

// startEnriched starts simtrust serve, with TLS or without, and gives it one number and one application.
func startEnriched(t *testing.T, overTLS bool) enriched {
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

// pass sends an authorization request through a proxy and answers the parameters of the redirect.
func (e enriched) pass(t *testing.T, through *http.Client, target string, header http.Header) url.Values {
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

// TestEnrichment: a login with the header of the operator's proxy, and every way in which that header does not hold.
func TestEnrichment(t *testing.T) {
	e := startEnriched(t, true)
	proxy := e.client(proxyAddress, []tls.Certificate{e.proxy})

	f := newFlow(callback)
	target := e.camara.authorizeURL(f, verifyScope)
	once := e.sign(t, e.statement(target))
	token := e.camara.token(t, f, e.pass(t, proxy, target, asserting(once)).Get("code"))
	if amr, _ := claims(t, token.AccessToken)["amr"].([]any); !slices.Contains(amr, any("enrichment")) {
		t.Errorf("amr is %v", amr)
	}
	if got := e.camara.verify(t, token.AccessToken, lineNumber); got.Verified == nil || !*got.Verified {
		t.Fatalf("verify: %+v", got)
	}
	denied := func(t *testing.T, through *http.Client, header http.Header) {
		t.Helper()
		if got := e.pass(t, through, target, header); got.Get("error") != "access_denied" || got.Has("code") {
			t.Errorf("%v", got)
		}
	}
	t.Run("replayed", func(t *testing.T) { denied(t, proxy, asserting(once)) })
	t.Run("64 at once", func(t *testing.T) {
		header := asserting(e.sign(t, e.statement(target)))
		var codes atomic.Int32
		var racers sync.WaitGroup
		for range 64 {
			racers.Go(func() {
				if e.pass(t, proxy, target, header.Clone()).Has("code") {
					codes.Add(1)
				}
			})
		}
		racers.Wait()
		if codes.Load() != 1 {
			t.Errorf("%d codes", codes.Load())
		}
	})

	in := func(d time.Duration) int64 { return time.Now().Add(d).Unix() }
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][]any{
		"expired":              {"iat", in(-2 * time.Minute), "exp", in(-time.Minute)},
		"no exp":               {"exp", nil},
		"lives too long":       {"exp", in(62 * time.Second)},
		"no iat":               {"iat", nil},
		"issued in the future": {"iat", in(20 * time.Second)},
		"not yet valid":        {"nbf", in(20 * time.Second)},
		"another audience":     {"aud", "https://other.example"},
		"audience with slash":  {"aud", e.Issuer + "/"},
		"two audiences":        {"aud", []string{e.Issuer, "https://other.example"}},
		"no audience":          {"aud", nil},
		"another issuer":       {"iss", "other.operator.example"},
		"no issuer":            {"iss", nil},
		"no jti":               {"jti", nil},
		"long jti":             {"jti", strings.Repeat("j", 129)},
		"another method":       {"htm", "POST"},
		"method in lower case": {"htm", "get"},
		"no method":            {"htm", nil},
		"another URL":          {"htu", e.camara.authorizeURL(newFlow(callback), verifyScope)},
		"URL without query":    {"htu", e.Issuer + "/authorize"},
		"another path":         {"htu", strings.Replace(target, "/authorize", "/Authorize", 1)},
		"another host":         {"htu", strings.Replace(target, u.Host, "other.example", 1)},
		"over plain HTTP":      {"htu", strings.Replace(target, "https:", "http:", 1)},
		"no URL":               {"htu", nil},
		"another client":       {"client_ip", "10.20.30.41"},
		"client is the proxy":  {"client_ip", proxyAddress},
		"no client":            {"client_ip", nil},
		"no number":            {"phone_number", nil},
		"number without plus":  {"phone_number", lineNumber[1:]},
		"number never ours":    {"phone_number", "+8613900000000"},
		"number released":      {"phone_number", "+8613912345679", "imsi", "460000123456780"},
		"no IMSI":              {"imsi", nil},
		"IMSI of another":      {"imsi", "460000123456780"},
		"a number of a type":   {"imsi", 460000123456789},
		"4 KB of something":    {"x", strings.Repeat("x", 4096)},
	} {
		t.Run(name, func(t *testing.T) { denied(t, proxy, asserting(e.sign(t, e.statement(target, change...)))) })
	}

	good := func() string { return e.sign(t, e.statement(target)) }
	public, err := e.key.PublicKey.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for name, header := range map[string]http.Header{
		"alg none":           asserting(signed(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, e.statement(target))),
		"HS256":              asserting(signed(t, jwt.SigningMethodHS256, public, e.statement(target))),
		"another key":        asserting(signed(t, jwt.SigningMethodES256, newKey(t), e.statement(target))),
		"unknown kid":        asserting(e.sign(t, e.statement(target), "kid", "proxy-2")),
		"another type":       asserting(e.sign(t, e.statement(target), "typ", "JWT")),
		"critical":           asserting(e.sign(t, e.statement(target), "crit", []string{"exp"})),
		"client's own key":   asserting(signed(t, jwt.SigningMethodES256, e.camara.key(t).Key, e.statement(target))),
		"none":               {"X-Forwarded-For": {mobileAddress}},
		"empty":              asserting(""),
		"two":                asserting(good(), good()),
		"joined":             asserting(good() + "," + good()),
		"under another name": {"Subscriber_Assertion": {good()}, "X-Forwarded-For": {mobileAddress}},
		"no client address":  {"Subscriber-Assertion": {good()}},
		"both addresses":     {"Subscriber-Assertion": {good()}, "X-Forwarded-For": {mobileAddress}, "Forwarded": {"for=" + mobileAddress}},
		"another address":    {"Subscriber-Assertion": {good()}, "X-Forwarded-For": {mobileAddress + ", 10.9.9.9"}},
		"unknown address":    {"Subscriber-Assertion": {good()}, "X-Forwarded-For": {"unknown"}},
	} {
		t.Run("header "+name, func(t *testing.T) { denied(t, proxy, header) })
	}

	for name, through := range map[string]*http.Client{
		"without a certificate":    e.client(proxyAddress, nil),
		"certificate not listed":   e.client(proxyAddress, []tls.Certificate{e.ca.issue(t, "proxy")}),
		"from an unlisted address": e.client("127.0.0.51", []tls.Certificate{e.proxy}),
	} {
		t.Run(name, func(t *testing.T) { denied(t, through, asserting(good())) })
	}
	t.Run("certificate of another CA", func(t *testing.T) {
		if res, err := e.client(proxyAddress, []tls.Certificate{newAuthority(t).issue(t, "proxy")}).Get(e.Issuer + "/healthz"); err == nil {
			t.Errorf("let in: %s", res.Status)
		}
	})
	if got := e.pass(t, proxy, target, asserting(good())); !got.Has("code") {
		t.Errorf("after all that a good one is refused: %v", got)
	}
	for _, hidden := range []string{lineNumber[1:], lineIMSI, e.AdminToken, e.RADIUS.Secret, "eyJ"} {
		if strings.Contains(e.out.String(), hidden) {
			t.Errorf("the log holds %q", hidden)
		}
	}
}

// TestEnrichmentOverPlain: without TLS nobody can be the proxy.
func TestEnrichmentOverPlain(t *testing.T) {
	e := startEnriched(t, false)
	target := e.camara.authorizeURL(newFlow(callback), verifyScope)
	header := asserting(e.sign(t, e.statement(target)))
	if got := e.pass(t, e.client(proxyAddress, []tls.Certificate{e.proxy}), target, header); got.Get("error") != "access_denied" {
		t.Errorf("%v", got)
	}
}

// TestTLS: what the TLS socket takes and what it does not.
func TestTLS(t *testing.T) {
	e := startEnriched(t, true)
	host := strings.TrimPrefix(e.Issuer, "https://")
	for name, c := range map[string]*tls.Config{
		"TLS 1.1":      {RootCAs: e.ca.pool(), MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
		"unknown root": {RootCAs: newAuthority(t).pool()},
		"another name": {RootCAs: e.ca.pool(), ServerName: "other.example"},
	} {
		if conn, err := tls.Dial("tcp", host, c); err == nil {
			_ = conn.Close()
			t.Errorf("%s: connected", name)
		}
	}
	if res, err := http.Get("http://" + host + "/healthz"); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP on the TLS socket: %v %v", res, err)
	}
	conn, err := tls.Dial("tcp", host, &tls.Config{RootCAs: e.ca.pool(), NextProtos: []string{"h2", "http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	if p := conn.ConnectionState(); p.Version != tls.VersionTLS13 || p.NegotiatedProtocol != "h2" {
		t.Errorf("negotiated %s %s", tls.VersionName(p.Version), p.NegotiatedProtocol)
	}
	_ = conn.Close()
	quiet, err := net.Dial("tcp", host) // a connection that never says anything holds nobody up
	if err != nil {
		t.Fatal(err)
	}
	defer quiet.Close()
	res, _ := get(t, e.client("127.0.0.1", nil), e.Issuer+"/.well-known/openid-configuration")
	if res.StatusCode != http.StatusOK {
		t.Errorf("discovery: %s", res.Status)
	}
}

// TestRefusesPlainHTTP: serve does not carry tokens in clear over a network, unless somebody in front terminates TLS.
func TestRefusesPlainHTTP(t *testing.T) {
	s := &sandbox{dir: t.TempDir()}
	out, err := s.run(t, "serve", "--listen", "0.0.0.0:0", "--data", filepath.Join(s.dir, "data"))
	if err == nil || !strings.Contains(out, "0.0.0.0:0 is not a loopback address and would carry tokens in clear; set tls.certificate and tls.key") {
		t.Errorf("%v: %s", err, out)
	}
}
