//go:build e2e

package e2e

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMethodAbuse: a resource has its methods and no others.
func TestMethodAbuse(t *testing.T) { eachAttacked(t, attackMethodAbuse) }

func attackMethodAbuse(t *testing.T, s *sandbox) {
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
func TestSmuggling(t *testing.T) { eachAttacked(t, attackSmuggling) }

func attackSmuggling(t *testing.T, s *sandbox) {
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
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
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
		if err := conn.SetReadDeadline(start.Add(time.Minute)); err != nil {
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
