package acme_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// failed proves nothing and wants to be told so, without a word about where the server looked.
func (f *forger) failed(o orderView, kind, problem string) {
	f.w.t.Helper()
	v := f.try(o.Authorizations[0], kind)
	c := v.challenge(f.w.t, kind)
	if v.Status != "invalid" || c.Status != "invalid" || c.Error == nil || c.Error.Type != "urn:ietf:params:acme:error:"+problem {
		f.w.t.Fatalf("%+v %+v", v, c.Error)
	}
	if strings.Contains(c.Error.Detail, "127.") || strings.Contains(c.Error.Detail, "169.254") || strings.Contains(c.Error.Detail, "secret") {
		f.w.t.Errorf("the problem tells of the network: %s", c.Error.Detail)
	}
	if now := f.show(o); now.Status != "invalid" || now.Error == nil {
		f.w.t.Errorf("%+v", now)
	}
}

func (f *forger) http01(o orderView) (path, authorization string) {
	f.w.t.Helper()
	c := f.authorization(o.Authorizations[0]).challenge(f.w.t, "http-01")
	return "/.well-known/acme-challenge/" + c.Token, c.Token + "." + f.thumbprint()
}

func TestFailedHTTP(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		here := "http://127.0.0.1:" + w.http01Port()
		for name, tt := range map[string]struct {
			prepare func(path, authorization string)
			problem string
		}{
			"not there": {func(string, string) {}, "unauthorized"},
			"other account": {func(path, text string) {
				w.challenge.answer(path, strings.Split(text, ".")[0]+"."+b64(make([]byte, 32)))
			}, "incorrectResponse"},
			"token alone":                   {func(path, text string) { w.challenge.answer(path, strings.Split(text, ".")[0]) }, "incorrectResponse"},
			"more behind":                   {func(path, text string) { w.challenge.answer(path, text+"secret") }, "incorrectResponse"},
			"much behind":                   {func(path, text string) { w.challenge.answer(path, text+strings.Repeat(" ", 1000)+"secret") }, "incorrectResponse"},
			"blanks behind":                 {func(path, text string) { w.challenge.answer(path, text+" \r\n") }, ""},
			"redirect to metadata":          {func(path, _ string) { w.challenge.redirect(path, "http://169.254.169.254/latest/meta-data/") }, "connection"},
			"redirect to a private address": {func(path, _ string) { w.challenge.redirect(path, "http://10.0.0.1/") }, "connection"},
			"redirect to another loopback":  {func(path, _ string) { w.challenge.redirect(path, "http://127.0.0.2:"+w.http01Port()+"/") }, "connection"},
			"redirect to another port":      {func(path, _ string) { w.challenge.redirect(path, "http://127.0.0.1:9999/") }, "connection"},
			"redirect to a file":            {func(path, _ string) { w.challenge.redirect(path, "file:///etc/passwd") }, "connection"},
			"redirects for ever":            {func(path, _ string) { w.challenge.redirect(path, here+path) }, "connection"},
		} {
			t.Run(name, func(t *testing.T) {
				o := f.order("a.example.com")
				tt.prepare(f.http01(o))
				if tt.problem == "" {
					if v := f.try(o.Authorizations[0], "http-01"); v.Status != "valid" {
						t.Errorf("blanks behind the proof: %+v", v)
					}
					return
				}
				f.failed(o, "http-01", tt.problem)
			})
		}
		o := f.order("a.example.com")
		path, text := f.http01(o)
		w.challenge.answer("/elsewhere", text+"\n")
		w.challenge.redirect(path, "http://b.example.com:"+w.http01Port()+"/elsewhere")
		if v := f.try(o.Authorizations[0], "http-01"); v.Status != "valid" {
			t.Errorf("a redirect to a public name: %+v", v)
		}
	})
}

// A name that leads to an address within is refused, whatever kind of challenge it is looked at with.
func TestNamesThatLeadWithin(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	for i, ip := range []string{"10.0.0.1", "169.254.169.254", "192.168.1.1", "127.0.0.2", "0.0.0.0", "100.64.0.1", "::1", "fd00::1", "fe80::1",
		"::ffff:10.0.0.1", "64:ff9b::a00:1"} {
		name := "n" + strconv.Itoa(i) + ".example.com"
		w.dns.setAddress(name, ip)
		for _, kind := range []string{"http-01", "tls-alpn-01"} {
			f.failed(f.order(name), kind, "connection")
		}
	}
}

func TestFailedDNS(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	f.failed(f.order("a.example.com"), "dns-01", "dns")
	o := f.order("b.example.com")
	c := f.authorization(o.Authorizations[0]).challenge(t, "dns-01")
	w.dns.addText("_acme-challenge.b.example.com", c.Token, c.Token+"."+f.thumbprint())
	f.failed(o, "dns-01", "incorrectResponse")
}

// proofCertificate is one for tls-alpn-01 with something wrong about it.
func proofCertificate(t *testing.T, authorization string, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	sum := sha256.Sum256([]byte(authorization))
	value, err := asn1.Marshal(sum[:])
	if err != nil {
		t.Fatal(err)
	}
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: start, NotAfter: start.AddDate(1, 0, 0), DNSNames: []string{"a.example.com"},
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 31}, Critical: true, Value: value}}}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: (*ecdsa.PrivateKey)(key)}
}

func TestFailedTLS(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	address := net.JoinHostPort("127.0.0.1", strconv.Itoa(w.config.TLSALPN01Port))
	f.failed(f.order("a.example.com"), "tls-alpn-01", "connection")
	for name, tt := range map[string]struct {
		change    func(*x509.Certificate)
		protocols []string
		problem   string
	}{
		"other proof":    {func(c *x509.Certificate) { c.ExtraExtensions[0].Value = append([]byte{4, 32}, make([]byte, 32)...) }, []string{"acme-tls/1"}, "incorrectResponse"},
		"not critical":   {func(c *x509.Certificate) { c.ExtraExtensions[0].Critical = false }, []string{"acme-tls/1"}, "incorrectResponse"},
		"no proof":       {func(c *x509.Certificate) { c.ExtraExtensions = nil }, []string{"acme-tls/1"}, "unauthorized"},
		"other name":     {func(c *x509.Certificate) { c.DNSNames = []string{"b.example.com"} }, []string{"acme-tls/1"}, "unauthorized"},
		"more names":     {func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, "b.example.com") }, []string{"acme-tls/1"}, "unauthorized"},
		"an address":     {func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }, []string{"acme-tls/1"}, "unauthorized"},
		"no protocol":    {func(*x509.Certificate) {}, nil, "unauthorized"},
		"other protocol": {func(*x509.Certificate) {}, []string{"h2"}, "tls"},
	} {
		t.Run(name, func(t *testing.T) {
			o := f.order("a.example.com")
			c := f.authorization(o.Authorizations[0]).challenge(t, "tls-alpn-01")
			cert := proofCertificate(t, c.Token+"."+f.thumbprint(), tt.change)
			l, err := tls.Listen("tcp", address, &tls.Config{Certificates: []tls.Certificate{cert}, NextProtos: tt.protocols})
			if err != nil {
				t.Fatal(err)
			}
			served := make(chan struct{})
			go func() {
				defer close(served)
				if conn, err := l.Accept(); err == nil {
					_ = conn.(*tls.Conn).HandshakeContext(context.Background())
					_ = conn.Close()
				}
			}()
			f.failed(o, "tls-alpn-01", tt.problem)
			<-served
			_ = l.Close()
		})
	}
}

// A challenge that a crash interrupted is looked at again by the next run.
func TestInterruptedChallenge(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		f := w.register(newKey(t), w.external())
		o := f.order("a.example.com")
		path, text := f.http01(o)
		asked, free := make(chan struct{}), make(chan struct{})
		w.challenge.hold(path, asked, free)
		c := f.authorization(o.Authorizations[0]).challenge(t, "http-01")
		var now challengeView
		f.post(c.URL, "{}").into(t, &now)
		if now.Status != "processing" {
			t.Fatalf("%+v", now)
		}
		<-asked
		w.Close()
		close(free)
		w.challenge.answer(path, text)
		w.restart()
		if v := f.authorization(o.Authorizations[0]); v.Status != "pending" || v.challenge(t, "http-01").Status != "processing" {
			t.Fatalf("the crash was a verdict: %+v", v)
		}
		w.clock.advance(time.Second)
		w.Work(t.Context())
		if v := f.await(o.Authorizations[0]); v.Status != "valid" {
			t.Errorf("%+v", v)
		}
		if now := f.show(o); now.Status != "ready" {
			t.Errorf("%+v", now)
		}
	})
}

// Only the first of an authorization's challenges decides, and an account that is deactivated meanwhile gets nothing.
func TestVerdictAfterTheEnd(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	o := f.order("a.example.com")
	path, text := f.http01(o)
	asked, free := make(chan struct{}), make(chan struct{})
	w.challenge.hold(path, asked, free)
	f.post(f.authorization(o.Authorizations[0]).challenge(t, "http-01").URL, "{}")
	<-asked
	if a := f.post(o.Authorizations[0], map[string]any{"status": "deactivated"}); a.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", a.StatusCode, a.text)
	}
	w.challenge.answer(path, text)
	close(free)
	w.until("the challenge is settled", func() bool {
		return f.authorization(o.Authorizations[0]).challenge(t, "http-01").Status != "processing"
	})
	if v := f.authorization(o.Authorizations[0]); v.Status != "deactivated" {
		t.Errorf("%+v", v)
	}
	if now := f.show(o); now.Status != "invalid" {
		t.Errorf("%+v", now)
	}
}
