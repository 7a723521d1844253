//go:build e2e

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSpoofedHeaders: no header that a client can send makes its connection somebody else's, in either direction.
func TestSpoofedHeaders(t *testing.T) {
	s := startAttacked(t)
	camara, victim := s.app("camara"), s.Subscribers[2]
	headers := map[string][]string{
		"X-Forwarded-For":             {victim.IP, victim.IP + ", 127.0.0.1", "127.0.0.1, " + victim.IP, "::ffff:" + victim.IP},
		"Forwarded":                   {"for=" + victim.IP, `for="` + victim.IP + `:1234";proto=https`, "for=127.0.0.1, for=" + victim.IP},
		"X-Real-Ip":                   {victim.IP},
		"X-Client-Ip":                 {victim.IP},
		"Client-Ip":                   {victim.IP},
		"True-Client-Ip":              {victim.IP},
		"Cf-Connecting-Ip":            {victim.IP},
		"X-Forwarded-Host":            {"evil.example"},
		"Via":                         {"1.1 proxy"},
		"X-Msisdn":                    {victim.Number, victim.Number[1:]},
		"x-msisdn":                    {victim.Number},
		"X_MSISDN":                    {victim.Number},
		"X-Up-Calling-Line-Id":        {victim.Number},
		"X-Nokia-Msisdn":              {victim.Number},
		"X-Wap-Network-Client-Msisdn": {victim.Number},
		"X-Imsi":                      {victim.IMSI},
		"X-Mdn":                       {victim.Number},
		"X-Phone-Number":              {victim.Number},
		"X-Subscriber-Id":             {victim.IMSI},
		"Subscriber-Assertion":        {"eyJhbGciOiJub25lIn0.e30.", victim.Number},
		"subscriber-assertion":        {"x"},
		"Subscriber_Assertion":        {"x"},
	}
	dropped := s.metric(t, "simtrust_enrichment_headers_dropped_total")
	turn := 0
	for name, values := range headers {
		me := s.Subscribers[3+turn%20] // each number has its limit
		turn++
		for _, value := range values {
			for _, given := range [][]string{{value}, {value, value}, {me.IP, value}} {
				if got := spoofed(t, camara, "127.9.9.9", name, given).Get("error"); got != "access_denied" {
					t.Errorf("%s: %q from Wi-Fi: %q", name, given, got)
				}
				f := newFlow(callback)
				token := camara.token(t, f, spoofedFlow(t, camara, me.IP, name, given, f))
				if got := camara.verify(t, token.AccessToken, me.Number); got.Verified == nil || !*got.Verified {
					t.Errorf("%s: %q from a phone: %+v", name, given, got)
				}
			}
		}
	}
	if now := s.metric(t, "simtrust_enrichment_headers_dropped_total"); now < dropped+50 {
		t.Errorf("%v headers were counted as dropped", now-dropped)
	}
}

func spoofed(t *testing.T, a app, ip, name string, values []string) url.Values {
	t.Helper()
	return a.authorizeWith(t, phone(ip), newFlow(callback), func(r *http.Request) { r.Header[name] = values })
}

func spoofedFlow(t *testing.T, a app, ip, name string, values []string, f flow) string {
	t.Helper()
	return a.authorizeWith(t, phone(ip), f, func(r *http.Request) { r.Header[name] = values }).Get("code")
}

// TestConsentAttacks: an answer to the consent page counts from our own page, in the browser it was shown to, on the same data
// session, once.
func TestConsentAttacks(t *testing.T) {
	s := startAttacked(t)
	shop := s.app("shop")
	me, other := s.Subscribers[5], s.Subscribers[6]
	allow := func(p consentPage) consentAnswer {
		return consentAnswer{page: p, ip: me.IP, origin: []string{s.Issuer}, cookie: p.cookie}
	}

	p := shop.consentPage(t, me.IP)
	h := p.header
	if csp := h.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "default-src 'none'") ||
		h.Get("X-Frame-Options") != "DENY" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || strings.Contains(csp, "unsafe") {
		t.Errorf("the page can be framed or kept: %v", h)
	}
	if !strings.Contains(p.body, "138****") || strings.Contains(p.body, me.Number[3:]) {
		t.Errorf("the number on the page is not masked:\n%s", p.body)
	}
	stranger := shop.consentPage(t, me.IP)
	elsewhere := shop.consentPage(t, other.IP)
	for name, tt := range map[string]struct {
		change func(*consentAnswer)
		status int
	}{
		"no Origin":                 {func(a *consentAnswer) { a.origin = nil }, 403},
		"Origin null":               {func(a *consentAnswer) { a.origin = []string{"null"} }, 403},
		"empty Origin":              {func(a *consentAnswer) { a.origin = []string{""} }, 403},
		"another origin":            {func(a *consentAnswer) { a.origin = []string{"https://evil.example"} }, 403},
		"another port":              {func(a *consentAnswer) { a.origin = []string{"http://127.0.0.1:1"} }, 403},
		"another scheme":            {func(a *consentAnswer) { a.origin = []string{strings.Replace(s.Issuer, "http", "https", 1)} }, 403},
		"origin as a prefix":        {func(a *consentAnswer) { a.origin = []string{s.Issuer + ".evil.example"} }, 403},
		"two origins":               {func(a *consentAnswer) { a.origin = []string{s.Issuer, "https://evil.example"} }, 403},
		"no cookie":                 {func(a *consentAnswer) { a.cookie = nil }, 400},
		"cookie of another browser": {func(a *consentAnswer) { a.cookie = stranger.cookie }, 400},
		"cookie of another person":  {func(a *consentAnswer) { a.cookie = elsewhere.cookie }, 400},
		"handle of another page":    {func(a *consentAnswer) { a.page.handle = elsewhere.handle }, 400},
		"no handle":                 {func(a *consentAnswer) { a.page.handle = "" }, 400},
		"guessed handle":            {func(a *consentAnswer) { a.page.handle = strings.Repeat("a", 52) }, 400},
		"two cookies":               {func(a *consentAnswer) { a.extra = stranger.cookie }, 400},
	} {
		t.Run(name, func(t *testing.T) {
			a := allow(p)
			tt.change(&a)
			if res, err := shop.answerConsent(a); err != nil || res.StatusCode != tt.status || res.Header.Get("Location") != "" {
				t.Errorf("%v %v", res, err)
			}
		})
	}
	stolen := shop.consentPage(t, me.IP)
	for _, ip := range []string{other.IP, "127.9.9.9"} {
		a := allow(stolen)
		a.ip = ip
		res, err := shop.answerConsent(a)
		if err != nil || strings.Contains(res.Header.Get("Location"), "code=") {
			t.Errorf("from %s: %v %v", ip, res, err)
		}
	}
	t.Run("16 at once", func(t *testing.T) {
		var mu sync.Mutex
		codes, refusals := 0, 0
		var clicks sync.WaitGroup
		for range 16 {
			clicks.Go(func() {
				res, err := shop.answerConsent(allow(p))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil && res.StatusCode == http.StatusSeeOther && strings.Contains(res.Header.Get("Location"), "code="):
					codes++
				case err == nil && res.StatusCode == http.StatusBadRequest:
					refusals++
				}
			})
		}
		clicks.Wait()
		if codes != 1 || refusals != 15 {
			t.Errorf("%d codes, %d refusals", codes, refusals)
		}
	})
	if res, err := shop.answerConsent(allow(p)); err != nil || res.StatusCode != http.StatusBadRequest {
		t.Errorf("again later: %v %v", res, err)
	}
	if got := shop.authorize(t, phone(other.IP), newFlow(callback), "openid phone", "prompt", "none"); got.Get("error") != "consent_required" {
		t.Errorf("somebody else's consent came about: %v", got)
	}
}

// TestMethodAbuse: a resource has its methods and no others.
func TestMethodAbuse(t *testing.T) {
	s := startAttacked(t)
	for path, allowed := range map[string]string{
		"/token": "POST", "/introspect": "POST", "/revoke": "POST", "/authorize/consent": "POST", "/authorize": "GET, HEAD, POST",
		"/jwks": "GET, HEAD", "/.well-known/openid-configuration": "GET, HEAD", "/userinfo": "GET, HEAD, POST",
		verifyPath: "POST", sharePath: "GET, HEAD", recyclePath: "POST", "/renumber/v1/feed": "POST", "/admin/v1/keys": "GET, HEAD",
	} {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "TRACK", "PROPFIND", "get", "GETX"} {
			if strings.Contains(", "+allowed+",", ", "+method+",") {
				continue
			}
			req, err := http.NewRequest(method, s.Issuer+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != http.StatusMethodNotAllowed || res.Header.Get("Allow") != allowed || strings.Contains(string(body), "TRACE") {
				t.Errorf("%s %s: %s, Allow %q", method, path, res.Status, res.Header.Get("Allow"))
			}
		}
	}
	override, err := http.NewRequest(http.MethodGet, s.Issuer+"/token", nil)
	if err != nil {
		t.Fatal(err)
	}
	override.Header.Set("X-Http-Method-Override", "POST")
	if res, err := http.DefaultClient.Do(override); err != nil || res.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("override: %v %v", res, err)
	}
}

// TestSmuggling: a request whose end two readers could see differently is refused, or ends where RFC 9112 §6.3 says.
func TestSmuggling(t *testing.T) {
	s := startAttacked(t)
	host := strings.TrimPrefix(s.Issuer, "http://")
	head := "POST /token HTTP/1.1\r\nHost: " + host + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	hidden := "GET /admin/v1/keys HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	for name, tt := range map[string]struct {
		request  string
		statuses string // of all responses on the connection
	}{
		"two lengths":            {head + "Content-Length: 0\r\nContent-Length: " + fmt.Sprint(len(hidden)) + "\r\n\r\n" + hidden, "400"},
		"length list":            {head + "Content-Length: 0, 5\r\n\r\nhello", "400"},
		"signed length":          {head + "Content-Length: +5\r\n\r\nhello", "400"},
		"negative length":        {head + "Content-Length: -5\r\n\r\nhello", "400"},
		"hex length":             {head + "Content-Length: 0x5\r\n\r\nhello", "400"},
		"unknown coding":         {head + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"chunked, identity":      {head + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"two codings":            {head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden, "501"},
		"space before the colon": {head + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"},
		"folded header":          {head + "X-A: b\r\n\tTransfer-Encoding: chunked\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "401"}, // one header value (RFC 9112 §5.2)
		"NUL in a header":        {head + "X-A: b\x00c\r\nContent-Length: 0\r\n\r\n", "400"},
		"control in the target":  {"GET /jwks\x01 HTTP/1.1\r\nHost: " + host + "\r\n\r\n", "400"},
		"no host":                {"GET /jwks HTTP/1.1\r\n\r\n", "400"},
		"two hosts":              {"GET /jwks HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"},
		"HTTP/0.9":               {"GET /jwks\r\n\r\n", "400"},
		"HTTP/3.7":               {"GET /jwks HTTP/3.7\r\nHost: a\r\n\r\n", "505"},
		"correlator injection":   {"GET /jwks HTTP/1.1\r\nHost: " + host + "\r\nX-Correlator: a\rSet-Cookie: b=c\r\nConnection: close\r\n\r\n", "400"},
		"40 KB of headers":       {"GET /jwks HTTP/1.1\r\nHost: " + host + "\r\nX-A: " + strings.Repeat("a", 40<<10) + "\r\n\r\n", "431"},
		"length and chunked": {head + "Content-Length: " + fmt.Sprint(5+len(hidden)) + "\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
			"GET /jwks HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n", "401 200"},
		"chunk without an end": {head + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\nZZ\r\nhello\r\n0\r\n\r\n", "400"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(exchange(t, host, tt.request), " "); got != tt.statuses {
				t.Errorf("answered %q, want %q", got, tt.statuses)
			}
		})
	}
}

// exchange writes octets to a connection and answers the statuses of what came back, up to the end of the connection.
func exchange(t *testing.T, host, request string) []string {
	t.Helper()
	conn, err := net.Dial("tcp", host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(conn, request) // a server that has seen enough may have closed
	var statuses []string
	for r := bufio.NewReader(conn); ; {
		res, err := http.ReadResponse(r, nil)
		if err != nil {
			return statuses
		}
		_, _ = io.Copy(io.Discard, res.Body)
		if len(res.Cookies()) > 0 {
			t.Errorf("a cookie came back: %v", res.Header)
		}
		statuses = append(statuses, fmt.Sprint(res.StatusCode))
		if res.Close {
			return statuses
		}
	}
}

// TestSlowHeaders: connections that never finish their headers do not keep others out, and are closed after the ten seconds that
// the server gives them.
func TestSlowHeaders(t *testing.T) {
	t.Parallel()
	s := startSandbox(t)
	host := strings.TrimPrefix(s.Issuer, "http://")
	start := time.Now()
	conns := make([]net.Conn, 200)
	for i := range conns {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if _, err := io.WriteString(conn, "GET /jwks HTTP/1.1\r\nHost: a\r\nX-A: "); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	h := &history{}
	if !h.login(s.app("camara"), phone(s.Subscribers[1].IP), s.Subscribers[1].Number, 0, false) {
		t.Error("nobody can log in")
	}
	h.report(t)
	for _, conn := range conns {
		if err := conn.SetReadDeadline(start.Add(25 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal("a slow connection is still open")
		}
	}
	if took := time.Since(start); took < 8*time.Second {
		t.Errorf("slow connections were closed after %v already", took)
	}
}
