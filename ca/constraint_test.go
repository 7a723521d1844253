package ca_test

import (
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net"
	"net/netip"
	"slices"
	"testing"

	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/keys"
)

// limited is a hierarchy of one issuer of services, whose certificate a test changes; above, where given, is its own issuer's.
func limited(t *testing.T, change, above func(*smx509.Certificate)) *ca.Hierarchy {
	t.Helper()
	var parents [2]authority
	for n, change := range []func(*smx509.Certificate){above, change} {
		key, err := generate(elliptic.P256())
		if err != nil {
			t.Fatal(err)
		}
		var parent *authority
		if n > 0 {
			parent = &parents[0]
		}
		if change == nil {
			change = func(*smx509.Certificate) {}
		}
		if parents[n], err = certify([]string{"Root", "Issuing"}[n], key, parent, change); err != nil {
			t.Fatal(err)
		}
	}
	root := parents[0].cert.Raw
	return &ca.Hierarchy{
		Roots:   [][]byte{root},
		Issuers: []*ca.Issuer{issuerBy("service-limited", ca.LineService, keys.P256, parents[1], root)},
	}
}

func (w *world) under(h *ca.Hierarchy) *world {
	w.t.Helper()
	w.hierarchy = h
	w.Service = w.node()
	return w
}

// client is a request for a TLS client certificate.
func (w *world) client(name string) ca.IssueReq {
	req := w.server(name)
	req.Profile, req.Subject.CommonName = "tls-client", name
	return req
}

// TestIssuerForClients has an authority whose certificate, or the one above, is for TLS clients alone.
func TestIssuerForClients(t *testing.T) {
	clients := func(c *smx509.Certificate) { c.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageClientAuth} }
	for name, h := range map[string]*ca.Hierarchy{"issuer": limited(t, clients, nil), "root": limited(t, nil, clients)} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t).under(h)
			w.issue(w.client("a.example"))
			for _, issuer := range []string{"", "service-limited"} {
				server := w.server("a.example")
				server.Issuer = issuer
				_, err := w.Issue(t.Context(), server)
				wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
			}
			w.wantAudit(t, ca.AuditSigning, ca.AuditIssued)
		})
	}
}

// TestIssuerOfOnePolicy has an authority that is certified for the policy of TLS clients alone.
func TestIssuerOfOnePolicy(t *testing.T) {
	policy := must(smx509.ParseOID("1.3.6.1.4.1.32473.1.5"))
	w := embedded(t).under(limited(t, func(c *smx509.Certificate) { c.Policies = []smx509.OID{policy} }, nil))
	w.issue(w.client("a.example"))
	_, err := w.Issue(t.Context(), w.server("a.example"))
	wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
}

// TestIssuersShareALine has three of a line: what the first may not issue comes from one that may, and from it alone.
func TestIssuersShareALine(t *testing.T) {
	clients := limited(t, func(c *smx509.Certificate) { c.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageClientAuth} }, nil)
	com := limited(t, func(c *smx509.Certificate) { c.PermittedDNSDomains = []string{"example.com"} }, nil)
	org := limited(t, func(c *smx509.Certificate) { c.PermittedDNSDomains = []string{"example.org"} }, nil)
	com.Issuers[0].ID, org.Issuers[0].ID = "service-com", "service-org"
	w := embedded(t).under(&ca.Hierarchy{Issuers: slices.Concat(clients.Issuers, com.Issuers, org.Issuers)})
	for want, req := range map[string]ca.IssueReq{
		"service-limited": w.client("a.example.org"), "service-com": w.server("a.example.com"), "service-org": w.server("a.example.org"),
	} {
		if err := w.Check(req, csr.P256); err != nil {
			t.Errorf("%s: %v", want, err)
		}
		if c := w.issue(req); c.Issuer != want {
			t.Errorf("%s instead of %s", c.Issuer, want)
		}
	}
	for _, names := range [][]string{{"a.example.net"}, {"a.example.com", "a.example.org"}} {
		wantError(t, w.Check(w.server(names...), csr.P256), simtrust.KindInvalid, ca.ReasonName)
	}
	elsewhere := w.server("a.example.com")
	elsewhere.Issuer = "service-org"
	wantError(t, w.Check(elsewhere, csr.P256), simtrust.KindInvalid, ca.ReasonName)
}

// TestIssuersThatCanIssueNothing are refused at the start, and so are those that say what is not understood.
func TestIssuersThatCanIssueNothing(t *testing.T) {
	for name, change := range map[string]func(*smx509.Certificate){
		"another policy": func(c *smx509.Certificate) { c.Policies = []smx509.OID{must(smx509.ParseOID("1.2.3.4.5"))} },
		"another usage":  func(c *smx509.Certificate) { c.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageCodeSigning} },
		"mail addresses": func(c *smx509.Certificate) { c.PermittedEmailAddresses = []string{"example.com"} },
		"URIs":           func(c *smx509.Certificate) { c.ExcludedURIDomains = []string{"example.com"} },
		"unknown and critical": func(c *smx509.Certificate) {
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: asn1.NullBytes})
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t)
			h := limited(t, change, nil)
			if _, err := ca.New(w.deps(), h, w.config); err == nil {
				t.Error("started")
			}
			if h.Issuers[0].Active = false; name == "another policy" || name == "another usage" {
				if _, err := ca.New(w.deps(), h, w.config); err != nil {
					t.Errorf("one that serves the status of what it issued: %v", err)
				}
			}
		})
	}
}

// TestNameConstraints asks authorities of limited names for certificates. What is issued crypto/x509 verifies under the constraints.
func TestNameConstraints(t *testing.T) {
	network := func(s string) *net.IPNet {
		_, n, err := net.ParseCIDR(s)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	dns := func(c *smx509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.com", ".svc.example"}
	}
	excluded := func(c *smx509.Certificate) {
		c.ExcludedDNSDomains, c.ExcludedIPRanges = []string{"secret.example.com"}, []*net.IPNet{network("10.0.0.0/8")}
	}
	both := func(c *smx509.Certificate) {
		dns(c)
		c.PermittedIPRanges = []*net.IPNet{network("192.0.2.0/24"), network("2001:db8::/32")}
	}
	for name, c := range map[string]struct {
		change, above func(*smx509.Certificate)
		dns           []string
		ips           []string
		issued        bool
	}{
		"the domain":                {change: dns, dns: []string{"example.com"}, issued: true},
		"below it":                  {change: dns, dns: []string{"a.b.example.com"}, issued: true},
		"a wildcard below it":       {change: dns, dns: []string{"*.example.com"}, issued: true},
		"below a dot":               {change: dns, dns: []string{"a.svc.example"}, issued: true},
		"the dot's own":             {change: dns, dns: []string{"svc.example"}},
		"another":                   {change: dns, dns: []string{"example.org"}},
		"one of two":                {change: dns, dns: []string{"a.example.com", "example.org"}},
		"no label's end":            {change: dns, dns: []string{"notexample.com"}},
		"the domain below another":  {change: dns, dns: []string{"example.com.evil.example"}},
		"above it":                  {change: dns, dns: []string{"com.example"}},
		"another, says the root":    {above: dns, dns: []string{"example.org"}},
		"an address without a list": {change: dns, ips: []string{"192.0.2.1"}},
		"addresses listed":          {change: both, ips: []string{"192.0.2.1", "2001:db8::1"}, issued: true},
		"an address not listed":     {change: both, ips: []string{"192.0.3.1"}},
		"another of sixteen octets": {change: both, ips: []string{"2001:db9::1"}},
		"not excluded":              {change: excluded, dns: []string{"a.example.com"}, ips: []string{"192.0.2.1"}, issued: true},
		"excluded":                  {change: excluded, dns: []string{"secret.example.com"}},
		"below what is excluded":    {change: excluded, dns: []string{"a.secret.example.com"}},
		"a wildcard for it":         {change: excluded, dns: []string{"*.example.com"}},
		"an address excluded":       {change: excluded, ips: []string{"10.1.2.3"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := embedded(t).under(limited(t, c.change, c.above))
			req := w.server(c.dns...)
			for _, ip := range c.ips {
				req.SANs.IPs = append(req.SANs.IPs, netip.MustParseAddr(ip))
			}
			cert, err := w.Issue(t.Context(), req)
			if !c.issued {
				wantError(t, err, simtrust.KindInvalid, ca.ReasonName)
				w.wantAudit(t)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			w.wantChain(t, cert)
		})
	}
}

// wantChain has crypto/x509 build the path.
func (w *world) wantChain(t *testing.T, c ca.Certificate) {
	t.Helper()
	leaf, issuer := must(x509.ParseCertificate(c.Raw)), must(x509.ParseCertificate(c.Chain[0]))
	between := x509.NewCertPool()
	between.AddCert(issuer)
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots: w.pool(), Intermediates: between, CurrentTime: w.clock.now(), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		t.Error(err)
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
