//go:build e2e

package e2e

import (
	"crypto/tls"
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
)

// TestEnrichment: a login with the header of the operator's proxy, and every way in which that header does not hold.
func TestEnrichment(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { attackEnrichment(t, startEnriched(t, true)) })
	t.Run("postgres", func(t *testing.T) {
		attackEnrichment(t, startEnriched(t, true, fmt.Sprintf("database: %q", newDatabase(t))))
	})
}

func attackEnrichment(t *testing.T, e enriched) {
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
		"lives too long":       {"iat", in(-31 * time.Second), "exp", in(31 * time.Second)},
		"no iat":               {"iat", nil},
		"issued in the future": {"iat", in(2 * time.Minute), "exp", in(150 * time.Second)},
		"not yet valid":        {"nbf", in(2 * time.Minute)},
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
	log := harmless.ReplaceAllString(e.out.String(), "$1")
	for _, hidden := range []string{lineNumber[1:], lineIMSI, e.AdminToken, e.RADIUS.Secret, "eyJ"} {
		if i := strings.Index(log, hidden); i >= 0 {
			t.Errorf("the log holds %q: %s", hidden, around(log, i))
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
