package egress_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/egress"
)

var manner = egress.Manner{Timeout: time.Minute, Redirects: 3}

func TestRefusesWhatIsNotPublic(t *testing.T) {
	for name, loopback := range map[string]bool{"server": false, "sandbox": true} {
		t.Run(name, func(t *testing.T) {
			n := egress.New(egress.Options{Loopback: loopback})
			for _, address := range []string{
				"127.0.0.1:80", "127.0.0.1:1023", "127.0.0.2:8080", "127.1.0.1:8080", "0.0.0.0:8080", "10.0.0.1:80", "100.64.0.1:80",
				"169.254.169.254:80", "172.16.0.1:443", "192.168.1.1:80", "198.18.0.1:80", "203.0.113.1:80", "224.0.0.1:80", "255.255.255.255:80",
				"[::]:8080", "[::1]:8080", "[::ffff:10.0.0.1]:80", "[::ffff:127.0.0.2]:8080", "[64:ff9b::a00:1]:80", "[2002:a00:1::]:80", "[fe80::1]:80",
				"[fc00::1]:80", "[fd12::1]:80", "[ff02::1]:80", "[2001:db8::1]:80", "[::127.0.0.1]:8080",
			} {
				conn, err := n.DialContext(t.Context(), "tcp", address)
				if conn != nil {
					_ = conn.Close()
				}
				if simtrust.ReasonOf(err) != egress.ReasonAddress {
					t.Errorf("%s: %v", address, err)
				}
			}
		})
	}
}

func TestOnlyTCP(t *testing.T) {
	if _, err := egress.New(egress.Options{Loopback: true}).DialContext(t.Context(), "unix", "/tmp/socket"); !errors.As(err, new(net.UnknownNetworkError)) {
		t.Error(err)
	}
}

func TestLoopbackOnlyInTheSandbox(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }))
	defer s.Close()
	u, _ := url.Parse(s.URL)
	for _, host := range []string{"127.0.0.1", "localhost"} {
		address := "http://" + host + ":" + u.Port()
		if _, err := egress.New(egress.Options{}).Client(manner).Get(address); simtrust.ReasonOf(err) != egress.ReasonAddress {
			t.Errorf("%s: %v", address, err)
		}
		res, err := egress.New(egress.Options{Loopback: true}).Client(manner).Get(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		_ = res.Body.Close()
	}
}

func TestRedirects(t *testing.T) {
	mux := http.NewServeMux()
	s := httptest.NewServer(mux)
	defer s.Close()
	u, _ := url.Parse(s.URL)
	mux.HandleFunc("GET /", func(http.ResponseWriter, *http.Request) {})
	for path, to := range map[string]string{
		"/once": "/", "/round": "/round", "/metadata": "http://169.254.169.254/latest", "/elsewhere": "http://127.0.0.2:" + u.Port() + "/",
		"/scheme": "ftp://example.com/", "/user": "http://a:b@127.0.0.1:" + u.Port() + "/", "/port": "http://127.0.0.1:9999/",
	} {
		mux.Handle("GET "+path, http.RedirectHandler(to, http.StatusFound))
	}
	n := egress.New(egress.Options{Loopback: true})
	m := manner
	m.Ports = []string{u.Port(), "80"}
	for path, reason := range map[string]string{
		"/once": "", "/round": egress.ReasonRedirects, "/metadata": egress.ReasonAddress, "/elsewhere": egress.ReasonAddress,
		"/scheme": egress.ReasonRedirects, "/user": egress.ReasonRedirects, "/port": egress.ReasonRedirects,
	} {
		res, err := n.Client(m).Get(s.URL + path)
		if err == nil {
			_ = res.Body.Close()
		}
		if simtrust.ReasonOf(err) != reason || (reason == "") != (err == nil) {
			t.Errorf("%s: %v", path, err)
		}
	}
	res, err := n.Client(egress.Manner{Timeout: time.Minute}).Get(s.URL + "/once")
	if err != nil || res.StatusCode != http.StatusFound {
		t.Fatalf("%v %v", res, err)
	}
	_ = res.Body.Close()
}

// A resolver that is asked for a public name and answers a private address does not lead there.
func TestNameOfAPrivateAddress(t *testing.T) {
	dns := newDNS(t, netip.MustParseAddr("10.0.0.1"))
	n := egress.New(egress.Options{Loopback: true, Resolver: dns})
	if _, err := n.Client(manner).Get("http://public.example.com:8080/"); simtrust.ReasonOf(err) != egress.ReasonAddress {
		t.Error(err)
	}
}

// A name that does not exist must not be found below a domain of this machine's search list, where others may have names.
func TestNoSearchList(t *testing.T) {
	for address, want := range map[string]string{
		"www.example.com:80": "www.example.com.:80", "db:5432": "db.:5432", "www.example.com.:80": "www.example.com.:80",
		"localhost:8080": "localhost:8080", "10.0.0.1:80": "10.0.0.1:80", "[2001:db8::1]:80": "[2001:db8::1]:80", "no port": "no port", ":80": ":80",
	} {
		if got := egress.Absolute(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}
