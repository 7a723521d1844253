package ca_test

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/ca/qc"
	"simtrust/internal/keys"
)

func TestIssueBankCertificate(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		req := w.bank()
		c := w.issue(req)
		x, err := x509.ParseCertificate(c.Raw)
		if err != nil {
			t.Fatal(err)
		}
		chain := x509.NewCertPool()
		issuer := parse(t, c.Chain[0])
		intermediate, err := x509.ParseCertificate(c.Chain[0])
		if err != nil {
			t.Fatal(err)
		}
		chain.AddCert(intermediate)
		_, err = x.Verify(x509.VerifyOptions{Roots: w.pool(), Intermediates: chain, CurrentTime: start, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(x.RawIssuer, issuer.RawSubject) || !bytes.Equal(x.AuthorityKeyId, issuer.SubjectKeyId) {
			t.Error("the issuer's name or key identifier was not copied")
		}
		if x.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment || x.IsCA || !x.BasicConstraintsValid {
			t.Errorf("usage %b, CA %v", x.KeyUsage, x.IsCA)
		}
		if !slices.Equal(x.OCSPServer, []string{"http://ca.example/ocsp/bank-p256-2026"}) ||
			!slices.Equal(x.IssuingCertificateURL, []string{"http://ca.example/ca/issuers/bank-p256-2026.cer"}) ||
			!slices.Equal(x.CRLDistributionPoints, []string{w.URLs().CRL(c.Issuer, c.Shard)}) {
			t.Errorf("points to %q %q %q", x.OCSPServer, x.IssuingCertificateURL, x.CRLDistributionPoints)
		}
		if got := x.NotAfter.Sub(x.NotBefore) + time.Second; got != 1095*24*time.Hour {
			t.Errorf("valid for %v, counted inclusively", got)
		}
		if !bytes.Contains(x.RawSubject, []byte("王小明")) || !regexpHex(x.Subject.SerialNumber) {
			t.Errorf("subject %v", x.Subject)
		}
		if c.State != ca.StateIssued || !w.status(c.ID).Known || !w.status(c.ID).Revoked.IsZero() {
			t.Errorf("state %s, status %+v", c.State, w.status(c.ID))
		}
		stored, err := w.Certificate(t.Context(), c.ID)
		if err != nil || !bytes.Equal(stored.Raw, c.Raw) || stored.Tenure != req.Tenure || stored.Subject != req.Subject {
			t.Errorf("stored %+v, %v", stored, err)
		}
	})
}

func regexpHex(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == 16
}

func TestIssueSM2Certificate(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.CSR, _ = request(t, sm2.P256(), nil)
	c := w.issue(req)
	x, issuer := parse(t, c.Raw), parse(t, c.Chain[0])
	if c.Issuer != "bank-sm2-2026" || x.CheckSignatureFrom(issuer) != nil || x.SignatureAlgorithm != smx509.SM2WithSM3 {
		t.Errorf("issuer %s, %v: %v", c.Issuer, x.SignatureAlgorithm, x.CheckSignatureFrom(issuer))
	}

	// The second certificate of the pair: the key comes from the key management side.
	key, err := generate(sm2.P256())
	if err != nil {
		t.Fatal(err)
	}
	pair := ca.IssueReq{Profile: "encryption", Key: key.Public(), Issuer: c.Issuer, Subject: req.Subject, Tenure: req.Tenure, RelyingParty: req.RelyingParty}
	e := w.issue(pair)
	if u := parse(t, e.Raw).KeyUsage; u != smx509.KeyUsageKeyEncipherment|smx509.KeyUsageDataEncipherment|smx509.KeyUsageKeyAgreement {
		t.Errorf("usage %b", u)
	}
	pair.Key, pair.CSR = nil, req.CSR
	_, err = w.Issue(t.Context(), pair)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonKeyKind)
}

func TestSM2AndP256AreNotMixed(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.Issuer = "bank-sm2-2026"
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
	req.CSR, _ = request(t, sm2.P256(), nil)
	req.Issuer = "bank-p256-2026"
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
	server := w.server("a.example")
	server.CSR, _ = request(t, sm2.P256(), nil)
	_, err = w.Issue(t.Context(), server)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonKeyKind)
}

func TestElectronicIdentityStatements(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.Profile, req.Subject = "eid", ca.Subject{Country: "CN", Surname: "王", GivenName: "小明", CommonName: "王小明"}
	c := w.issue(req)
	s, err := qc.Parse(extensionsOf(parse(t, c.Raw))["1.3.6.1.5.5.7.1.3"])
	if err != nil {
		t.Fatal(err)
	}
	if s.Limit == nil || s.Limit.Currency != "CNY" || s.Limit.Amount != 5 || s.Limit.Exponent != 6 || !slices.Equal(s.Types, []qc.Type{qc.ESign}) ||
		len(s.Disclosures) != 1 || s.Compliance || s.SSCD || len(s.Legislation) > 0 {
		t.Errorf("statements %+v", s)
	}

	w.config.Qualified = ca.Qualified{Compliance: true, SSCD: true, Legislation: []string{"CN"}}
	if _, err := ca.New(w.deps(), w.hierarchy, w.config); err == nil {
		t.Error("a legal claim without its ground was accepted")
	}
	w.config.Qualified.LegalGround = "decision 7 of 2026-10-01"
	w.Service = w.node()
	c = w.issue(req)
	if s, err := qc.Parse(extensionsOf(parse(t, c.Raw))["1.3.6.1.5.5.7.1.3"]); err != nil || !s.Compliance || !s.SSCD {
		t.Errorf("statements %+v, %v", s, err)
	}
	entries, err := w.Audit(t.Context(), 0, 100)
	if err != nil || !slices.ContainsFunc(entries, func(e ca.AuditEntry) bool {
		return e.Subject == c.ID && strings.Contains(e.Detail, "decision 7 of 2026-10-01")
	}) {
		t.Errorf("the audit trail does not name the ground: %+v, %v", entries, err)
	}
}

func TestPseudonymsDifferByRelyingPartyAndProfile(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	serial := func(profile, party string) string {
		r := req
		r.Profile, r.RelyingParty = profile, party
		r.Subject = ca.Subject{Country: "CN", CommonName: "笔名", Pseudonym: "笔名"}
		if profile == "bank-sim" {
			r.Subject.Pseudonym = ""
		}
		return parse(t, w.issue(r).Raw).Subject.SerialNumber
	}
	a, again, b, eid := serial("bank-sim", "a.example"), serial("bank-sim", "a.example"), serial("bank-sim", "b.example"), serial("eid", "a.example")
	if a != again || a == b || a == eid || b == eid {
		t.Errorf("serials %s %s %s %s", a, again, b, eid)
	}
}

func TestRefusedSubjects(t *testing.T) {
	w := embedded(t)
	for name, change := range map[string]func(*ca.Subject){
		"no country":     func(s *ca.Subject) { s.Country = "" },
		"no name":        func(s *ca.Subject) { s.CommonName = "" },
		"country":        func(s *ca.Subject) { s.Country = "cn" },
		"foreign member": func(s *ca.Subject) { s.Locality = "深圳市" },
		"NUL":            func(s *ca.Subject) { s.CommonName = "a\x00b" },
		"newline":        func(s *ca.Subject) { s.CommonName = "a\nb" },
		"template":       func(s *ca.Subject) { s.CommonName = "{{ .Token }}" },
		"shell":          func(s *ca.Subject) { s.CommonName = "${HOME}" },
		"wildcard":       func(s *ca.Subject) { s.CommonName = "*.example" },
		"markup":         func(s *ca.Subject) { s.CommonName = "<b>" },
		"padding":        func(s *ca.Subject) { s.CommonName = " a" },
		"not UTF-8":      func(s *ca.Subject) { s.CommonName = "a\xff" },
		"right to left":  func(s *ca.Subject) { s.CommonName = "a\u202eb" },
		"zero width":     func(s *ca.Subject) { s.CommonName = "a\u200bb" },
		"too long":       func(s *ca.Subject) { s.CommonName = strings.Repeat("长", 65) },
		"a number":       func(s *ca.Subject) { s.CommonName = "+86 138 0013 8000" },
		"an identity":    func(s *ca.Subject) { s.CommonName = "11010519491231002X" },
	} {
		t.Run(name, func(t *testing.T) {
			req := w.bank()
			change(&req.Subject)
			_, err := w.Issue(t.Context(), req)
			wantError(t, err, simtrust.KindInvalid, ca.ReasonSubject)
		})
	}
	both := w.bank()
	both.Profile, both.Subject = "eid", ca.Subject{Country: "CN", Surname: "王", Pseudonym: "笔名", CommonName: "笔名"}
	_, err := w.Issue(t.Context(), both)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonSubject)
	quoted := w.bank()
	quoted.Subject.CommonName = `O'Brien "Bob", & Söhne; 工作室`
	if c := parse(t, w.issue(quoted).Raw); c.Subject.CommonName != quoted.Subject.CommonName {
		t.Errorf("the name came back as %q", c.Subject.CommonName)
	}
}

func TestRefusedAlternativeNames(t *testing.T) {
	w := embedded(t)
	for _, name := range []string{"", "*.example", "*.*.a.example", "a.*.example", "w*.a.example", "*.", "A.example", "a..example", "a.example.", "-a.example", "a b.example", "a.example\x00", "10.0.0.1", "127.1", "2130706433", "::1", "a_b.example",
		strings.Repeat("a", 64) + ".example", "{{x}}.example", "a.example\n"} {
		req := w.server("a.example")
		req.SANs.DNS = []string{"a.example", name}
		_, err := w.Issue(t.Context(), req)
		wantError(t, err, simtrust.KindInvalid, ca.ReasonName)
	}
	for what, sans := range map[string]ca.SANs{
		"none": {}, "mail": {DNS: []string{"a.example"}, Emails: []string{"a@a.example"}}, "uri": {DNS: []string{"a.example"}, URIs: []string{"https://a.example"}},
		"twice": {DNS: []string{"a.example", "a.example"}}, "unspecified": {IPs: []netip.Addr{netip.IPv6Unspecified()}},
		"multicast": {IPs: []netip.Addr{netip.MustParseAddr("224.0.0.1")}},
	} {
		req := w.server("a.example")
		req.SANs = sans
		if _, err := w.Issue(t.Context(), req); simtrust.ReasonOf(err) != ca.ReasonName {
			t.Errorf("%s: %v", what, err)
		}
	}
	req := w.server("a.example")
	req.Subject.CommonName = "b.example"
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonName)
	if c := w.issue(w.server("*.a.example")); !slices.Equal(parse(t, c.Raw).DNSNames, []string{"*.a.example"}) {
		t.Error("a wildcard was refused where the profile allows it")
	}
	csr, _ := request(t, elliptic.P256(), nil)
	_, err = w.Issue(t.Context(), ca.IssueReq{Profile: "tls-client", CSR: csr, Subject: ca.Subject{CommonName: "reports"}, SANs: ca.SANs{DNS: []string{"*.a.example"}}})
	wantError(t, err, simtrust.KindInvalid, ca.ReasonName)
	req = w.server("a.example", "b.example")
	req.SANs.IPs = []netip.Addr{netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("2001:db8::1")}
	x := parse(t, w.issue(req).Raw)
	if !slices.Equal(x.DNSNames, []string{"a.example", "b.example"}) || len(x.IPAddresses) != 2 || !extensionsOf(x)["2.5.29.17"].Critical {
		t.Errorf("names %q %v", x.DNSNames, x.IPAddresses)
	}
}

// TestSmuggledRequests asks in the CSR for what was not authorised.
func TestSmuggledRequests(t *testing.T) {
	w := embedded(t)
	usage := func(id asn1.ObjectIdentifier, value any) func(*smx509.CertificateRequest) {
		der, err := asn1.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return func(r *smx509.CertificateRequest) { r.ExtraExtensions = []pkix.Extension{{Id: id, Value: der}} }
	}
	names := func(foreign asn1.RawValue) func(*smx509.CertificateRequest) { // beside the one that was authorised
		return usage(asn1.ObjectIdentifier{2, 5, 29, 17}, []asn1.RawValue{{Class: asn1.ClassContextSpecific, Tag: 2, Bytes: []byte("a.example")}, foreign})
	}
	for name, c := range map[string]struct {
		change func(*smx509.CertificateRequest)
		reason string
	}{
		"dns":  {func(r *smx509.CertificateRequest) { r.DNSNames = []string{"a.example", "evil.example"} }, ca.ReasonName},
		"ip":   {func(r *smx509.CertificateRequest) { r.IPAddresses = []net.IP{net.IPv4(10, 0, 0, 1)} }, ca.ReasonName},
		"mail": {func(r *smx509.CertificateRequest) { r.EmailAddresses = []string{"a@evil.example"} }, ca.ReasonName},
		"uri":  {func(r *smx509.CertificateRequest) { r.URIs = []*url.URL{{Scheme: "https", Host: "evil.example"}} }, ca.ReasonName},
		"other name": {names(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true,
			Bytes: []byte("\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x14\x02\x03\xa0\x0e\x0c\x0ca@evil.local")}), ca.ReasonName}, // a user principal name
		"directory name": {names(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 4, IsCompound: true, Bytes: []byte{0x30, 0}}), ca.ReasonName},
		"registered id":  {names(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 8, Bytes: []byte{0x2a, 3, 4}}), ca.ReasonName},
		"ca":             {usage(asn1.ObjectIdentifier{2, 5, 29, 19}, struct{ CA bool }{true}), csr.ReasonForbiddenExtension},
		"cert sign":      {usage(asn1.ObjectIdentifier{2, 5, 29, 15}, asn1.BitString{Bytes: []byte{0x04}, BitLength: 6}), csr.ReasonForbiddenExtension},
		"encipher":       {usage(asn1.ObjectIdentifier{2, 5, 29, 15}, asn1.BitString{Bytes: []byte{0x20}, BitLength: 3}), ca.ReasonAsked},
		"ocsp":           {usage(asn1.ObjectIdentifier{2, 5, 29, 37}, []asn1.ObjectIdentifier{{1, 3, 6, 1, 5, 5, 7, 3, 9}}), ca.ReasonAsked},
		"policy":         {usage(asn1.ObjectIdentifier{2, 5, 29, 32}, []struct{ ID asn1.ObjectIdentifier }{{asn1.ObjectIdentifier{1, 2, 3}}}), ca.ReasonAsked},
		"must staple":    {usage(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, []int{5}), ca.ReasonAsked},
	} {
		t.Run(name, func(t *testing.T) {
			req := w.server("a.example")
			req.CSR, _ = request(t, elliptic.P256(), c.change)
			_, err := w.Issue(t.Context(), req)
			wantError(t, err, simtrust.KindInvalid, c.reason)
		})
	}
	if found, _, err := w.Search(t.Context(), ca.Query{}, ca.Page{}); err != nil || len(found) != 0 {
		t.Errorf("%d rows, %v", len(found), err)
	}
}

func TestRefusedKeys(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	for name, der := range map[string][]byte{"none": nil, "garbage": []byte("x"), "trailing": append(slices.Clone(req.CSR), 0), "huge": make([]byte, 1<<20)} {
		r := req
		r.CSR = der
		if _, err := w.Issue(t.Context(), r); simtrust.KindOf(err) != simtrust.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	p224, _ := request(t, elliptic.P224(), nil)
	req.CSR = p224
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, csr.ReasonCurve)
	p384, _ := request(t, elliptic.P384(), nil)
	req.CSR = p384
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonKeyKind)
	broken, _ := request(t, elliptic.P256(), nil)
	broken[len(broken)-1] ^= 1
	req.CSR = broken
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, csr.ReasonBadSignature)
}

func TestBindings(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.Tenure = ""
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonBinding)
	req = w.bank()
	req.RelyingParty = ""
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonBinding)
	server := w.server("a.example")
	server.Tenure = w.hold()
	_, err = w.Issue(t.Context(), server)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonBinding)
	req = w.bank()
	w.tenures.set(req.Tenure, false)
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindDenied, ca.ReasonTenureNotCurrent)
	w.tenures.down = true
	_, err = w.Issue(t.Context(), w.bank())
	wantError(t, err, simtrust.KindUnavailable, "")
	req.Profile = "nothing"
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownProfile)
}

func TestValidity(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	end := start.Add(-time.Minute).Add(1095*24*time.Hour - time.Second)
	req.NotAfter = end.Add(time.Second)
	_, err := w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonValidity)
	req.NotAfter = end
	if c := w.issue(req); !c.NotAfter.Equal(end) {
		t.Errorf("ends %v", c.NotAfter)
	}
	req.NotAfter = start
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonValidity)

	req.NotAfter = time.Time{}
	issuer, _ := w.hierarchy.Issuer("bank-p256-2026")
	w.clock.advance(issuer.NotAfter.Sub(start) - 1000*24*time.Hour) // the issuer ends less than three years later
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindUnavailable, ca.ReasonOutlivesIssuer)
	req.NotAfter = w.clock.now().AddDate(1, 0, 0)
	w.issue(req)
	w.clock.advance(1001 * 24 * time.Hour)
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindUnavailable, ca.ReasonOutlivesIssuer)
	w.clock.advance(-100 * 365 * 24 * time.Hour) // a clock that jumped before the issuer's time
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindUnavailable, ca.ReasonOutlivesIssuer)
}

// TestSerials looks at the random bits of many serial numbers: every one of the last 120 is set about half of the time.
func TestSerials(t *testing.T) {
	w := embedded(t)
	const n = 400
	seen := map[string]bool{}
	var ones [128]int
	for range n {
		c := w.issue(w.server("a.example"))
		if len(c.Serial) != 16 || c.Serial[0] != 1 || parse(t, c.Raw).SerialNumber.Sign() != 1 || seen[string(c.Serial)] {
			t.Fatalf("serial %x", c.Serial)
		}
		seen[string(c.Serial)] = true
		for bit := range ones {
			ones[bit] += int(c.Serial[bit/8] >> (7 - bit%8) & 1)
		}
	}
	for bit := 8; bit < 128; bit++ {
		if ones[bit] < n/2-80 || ones[bit] > n/2+80 { // eight standard deviations
			t.Errorf("bit %d is set in %d of %d", bit, ones[bit], n)
		}
	}
}

// TestDates2050 crosses from UTCTime to GeneralizedTime.
func TestDates2050(t *testing.T) {
	w := embedded(t)
	w.clock.advance(time.Date(2048, 6, 1, 0, 0, 0, 0, time.UTC).Sub(start))
	req := w.bank()
	req.NotAfter = time.Date(2049, 12, 31, 23, 59, 59, 0, time.UTC)
	if c := w.issue(req); !bytes.Contains(c.Raw, []byte("\x17\x0d491231235959Z")) {
		t.Error("the last second of 2049 is not UTCTime")
	}
	req.NotAfter = req.NotAfter.Add(time.Second)
	if c := w.issue(req); !bytes.Contains(c.Raw, []byte("\x18\x0f20500101000000Z")) {
		t.Error("the first second of 2050 is not GeneralizedTime")
	}
}

// TestRollOver issues from a new authority of the line while the old one's certificates live on.
func TestRollOver(t *testing.T) {
	w := embedded(t)
	old := w.issue(w.bank())
	next, err := newAuthority("Issuing bank-p256-2027", elliptic.P256(), nil)
	if err != nil {
		t.Fatal(err)
	}
	before, _ := w.hierarchy.Issuer("bank-p256-2026")
	before.Active = false
	w.hierarchy.Issuers = append(w.hierarchy.Issuers, &ca.Issuer{
		ID: "bank-p256-2027", Line: ca.LineBank, Algorithm: keys.P256, Raw: next.cert.Raw, Subject: next.cert.RawSubject, KeyID: next.cert.SubjectKeyId,
		NotBefore: next.cert.NotBefore, NotAfter: next.cert.NotAfter, Signer: next.key, Chain: [][]byte{next.cert.Raw}, Active: true,
	})
	w.Service = w.node()
	fresh := w.issue(w.bank())
	x := parse(t, fresh.Raw)
	if fresh.Issuer != "bank-p256-2027" || !bytes.Equal(x.RawIssuer, next.cert.RawSubject) || x.CheckSignatureFrom(next.cert) != nil {
		t.Errorf("issued by %s", fresh.Issuer)
	}
	req := w.bank()
	req.Issuer = before.ID
	_, err = w.Issue(t.Context(), req)
	wantError(t, err, simtrust.KindInvalid, ca.ReasonUnknownIssuer)
	if c, err := w.revoke(old.ID, ca.Superseded); err != nil || !bytes.Equal(c.Raw, old.Raw) || !bytes.Equal(c.Chain[0], before.Raw) {
		t.Errorf("the old certificate: %+v, %v", c, err)
	}
	if shards, err := w.Shards(t.Context(), fresh.Issuer); err != nil || len(shards) != 0 {
		t.Errorf("the new issuer's shards %+v, %v", shards, err)
	}
}
