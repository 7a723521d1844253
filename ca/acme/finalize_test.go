package acme_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
)

func csrFor(t testing.TB, names ...string) []byte {
	t.Helper()
	return newCSR(t, func(r *x509.CertificateRequest) { r.DNSNames = names }, newKey(t))
}

func extension(t testing.TB, id asn1.ObjectIdentifier, value any) pkix.Extension {
	t.Helper()
	der, err := asn1.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.Extension{Id: id, Critical: true, Value: der}
}

func TestRefusedCSRs(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	o := f.ready("a.example.com", "b.example.com")
	both := []string{"a.example.com", "b.example.com"}
	csr := func(change func(*x509.CertificateRequest)) []byte {
		return newCSR(t, func(r *x509.CertificateRequest) { r.DNSNames = both; change(r) }, newKey(t))
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	broken := csrFor(t, both...)
	broken[len(broken)-1] ^= 1
	for name, der := range map[string][]byte{
		"nothing": {}, "not DER": []byte("csr"), "bad signature": broken, "no names": csrFor(t), "one missing": csrFor(t, "a.example.com"),
		"one more": csrFor(t, "a.example.com", "b.example.com", "c.example.com"), "other names": csrFor(t, "c.example.com", "d.example.com"),
		"wildcard":            csrFor(t, "a.example.com", "b.example.com", "*.example.com"),
		"another common name": csr(func(r *x509.CertificateRequest) { r.Subject.CommonName = "c.example.com" }),
		"address":             csr(func(r *x509.CertificateRequest) { r.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} }),
		"mail":                csr(func(r *x509.CertificateRequest) { r.EmailAddresses = []string{"a@a.example.com"} }),
		"uri":                 csr(func(r *x509.CertificateRequest) { r.URIs = []*url.URL{{Scheme: "https", Host: "a.example.com"}} }),
		"authority": csr(func(r *x509.CertificateRequest) {
			r.ExtraExtensions = []pkix.Extension{extension(t, asn1.ObjectIdentifier{2, 5, 29, 19}, struct{ CA bool }{true})}
		}),
		"certificate signing": csr(func(r *x509.CertificateRequest) {
			r.ExtraExtensions = []pkix.Extension{extension(t, asn1.ObjectIdentifier{2, 5, 29, 15}, asn1.BitString{Bytes: []byte{4}, BitLength: 6})}
		}),
		"account key": newCSR(t, func(r *x509.CertificateRequest) { r.DNSNames = both }, f.key), "P-224": newCSR(t, func(r *x509.CertificateRequest) { r.DNSNames = both }, p224),
	} {
		t.Run(name, func(t *testing.T) {
			if a := f.finalize(o, der); a.kind() != "badCSR" {
				t.Errorf("%d %s", a.StatusCode, a.text)
			}
		})
	}
	if a := f.post(o.Finalize, map[string]string{"csr": "a+b="}); a.kind() != "badCSR" {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	if now := f.show(o); now.Status != "ready" {
		t.Errorf("a refused CSR ended the order: %+v", now)
	}
	good := csr(func(r *x509.CertificateRequest) { r.Subject.CommonName = "A.example.com" })
	for range 2 { // the same once more is the same order
		var done orderView
		f.finalize(o, good).into(t, &done)
		if done.Status != "valid" || done.Certificate == "" {
			t.Errorf("%+v", done)
		}
	}
	if a := f.finalize(o, csrFor(t, both...)); a.kind() != "orderNotReady" {
		t.Errorf("another CSR: %d %s", a.StatusCode, a.text)
	}
	if found := w.issued(t); len(found) != 1 {
		t.Errorf("%d certificates", len(found))
	}
}

// issued is what the authority has issued.
func (w *world) issued(t testing.TB) []ca.Certificate {
	t.Helper()
	found, _, err := w.ca.Search(t.Context(), ca.Query{Profile: "tls-server"}, ca.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestNotReady(t *testing.T) {
	w := embedded(t)
	f := w.register(newKey(t), w.external())
	o := f.order("a.example.com")
	if a := f.finalize(o, csrFor(t, "a.example.com")); a.kind() != "orderNotReady" || a.StatusCode != http.StatusForbidden {
		t.Errorf("%d %s", a.StatusCode, a.text)
	}
	two := f.order("a.example.com", "b.example.com")
	first := f.authorization(two.Authorizations[0]).challenge(t, "http-01")
	w.challenge.answer("/.well-known/acme-challenge/"+first.Token, first.Token+"."+f.thumbprint())
	if v := f.try(two.Authorizations[0], "http-01"); v.Status != "valid" {
		t.Fatalf("%+v", v)
	}
	if a := f.finalize(two, csrFor(t, "a.example.com", "b.example.com")); a.kind() != "orderNotReady" {
		t.Errorf("with one of two proofs: %d %s", a.StatusCode, a.text)
	}
}

// flaky is an authority that breaks where it is told to.
type flaky struct {
	*ca.Service
	mu     sync.Mutex
	before error
	after  error
}

func (a *flaky) Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error) {
	a.mu.Lock()
	before, after := a.before, a.after
	a.mu.Unlock()
	if before != nil {
		return ca.Certificate{}, before
	}
	c, err := a.Service.Issue(ctx, req)
	if err == nil && after != nil {
		return ca.Certificate{}, after
	}
	return c, err
}

func (a *flaky) set(before, after error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.before, a.after = before, after
}

var errAway = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "away"}

// An order that was interrupted at any point is taken up by another run, and gets one certificate.
func TestInterruptedOrders(t *testing.T) {
	for name, at := range map[string]struct{ before, after error }{"before the record": {before: errAway}, "after the signature": {after: errAway}} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				broken := &flaky{Service: w.ca}
				w.authority = broken
				w.restart()
				broken.set(at.before, at.after)
				f := w.register(newKey(t), w.external())
				o := f.ready("a.example.com")
				var now orderView
				a := f.finalize(o, csrFor(t, "a.example.com"))
				a.into(t, &now)
				if now.Status != "processing" || a.Header.Get("Retry-After") == "" {
					t.Fatalf("%+v", now)
				}
				broken.set(nil, nil)
				w.restart()
				w.Work(t.Context())
				if now = f.show(o); now.Status != "valid" {
					t.Fatalf("%+v", now)
				}
				first := f.post(now.Certificate, "").text
				w.restart()
				w.Work(t.Context())
				if again := f.post(f.show(o).Certificate, "").text; !bytes.Equal(again, first) {
					t.Error("the certificate is served with other bytes")
				}
				if found := w.issued(t); len(found) != 1 {
					t.Errorf("%d certificates", len(found))
				}
			})
		})
	}
}

// A signature that did not come about ends the order: the serial number is revoked, and nothing is signed again.
func TestAbandonedOrder(t *testing.T) {
	w := embedded(t)
	broken := &flaky{Service: w.ca}
	w.authority = broken
	w.restart()
	f := w.register(newKey(t), w.external())
	o := f.ready("a.example.com")
	broken.set(&simtrust.Error{Kind: simtrust.KindConflict, Reason: ca.ReasonInProgress}, nil)
	var now orderView
	f.finalize(o, csrFor(t, "a.example.com")).into(t, &now)
	if now.Status != "processing" {
		t.Fatalf("%+v", now)
	}
	broken.set(&simtrust.Error{Kind: simtrust.KindConflict, Reason: ca.ReasonAbandoned}, nil)
	w.clock.advance(2 * time.Second)
	w.Work(t.Context())
	if now = f.show(o); now.Status != "invalid" || now.Error == nil || now.Certificate != "" {
		t.Errorf("%+v", now)
	}
	broken.set(nil, nil)
	w.Work(t.Context())
	if again := f.show(o); again.Status != "invalid" {
		t.Errorf("an ended order went back: %+v", again)
	}
	f.ready("a.example.com") // and blocks nothing
}
