package lint_test

import (
	"crypto/rand"
	"crypto/x509/pkix"
	"math/big"
	"testing"
	"time"

	"simtrust/ca/lint"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

const shardURL = "http://ca.example.cn/crl/test/7.crl"

func issuingPoint(url string, flags ...byte) pkix.Extension {
	return pkix.Extension{Id: ids("2.5.29.28"), Critical: true, Value: der(asn1.SEQUENCE, der(0xa0, der(0xa0, der(0x86, []byte(url)))), flags)}
}

func entry(reason int) smx509.RevocationListEntry {
	return smx509.RevocationListEntry{SerialNumber: new(big.Int).SetBytes(freshSerial()), RevocationTime: start.Add(20 * day), ReasonCode: reason}
}

func crlTemplate() *smx509.RevocationList {
	return &smx509.RevocationList{
		Number: big.NewInt(42), ThisUpdate: start.Add(30 * day), NextUpdate: start.Add(31*day - time.Second),
		RevokedCertificateEntries: []smx509.RevocationListEntry{entry(0), entry(1), entry(4)},
		ExtraExtensions:           []pkix.Extension{issuingPoint(shardURL)},
	}
}

func crlRules(a *authority) lint.CRL {
	return lint.CRL{Issuer: a.cert.Raw, URL: shardURL, MaxValidity: day}
}

func makeCRL(t *testing.T, a *authority, template *smx509.RevocationList) []byte {
	t.Helper()
	crl, err := smx509.CreateRevocationList(rand.Reader, template, a.cert, a.signer)
	if err != nil {
		t.Fatal(err)
	}
	return crl
}

func TestCRL(t *testing.T) {
	for _, algorithm := range allAlgorithms {
		a := issuing(t, algorithm)
		for name, change := range map[string]func(*smx509.RevocationList){
			"three entries": func(*smx509.RevocationList) {},
			"no entry":      func(l *smx509.RevocationList) { l.RevokedCertificateEntries = nil },
			"users only": func(l *smx509.RevocationList) {
				l.ExtraExtensions = []pkix.Extension{issuingPoint(shardURL, 0x81, 1, 0xff)}
			},
		} {
			template := crlTemplate()
			change(template)
			for _, f := range crlRules(a).Check(makeCRL(t, a, template)) {
				t.Errorf("%s %s: %v", algorithm, name, f)
			}
		}
		template := crlTemplate()
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, entry(6))
		rules := crlRules(a)
		crl := makeCRL(t, a, template)
		if f := rules.Check(crl); !found(f, "st_crl_reason") {
			t.Errorf("hold: %v", f)
		}
		rules.Holds = true
		if f := rules.Check(crl); len(f) > 0 {
			t.Errorf("hold, allowed: %v", f)
		}
	}
}

func TestBadCRL(t *testing.T) {
	point := func(e ...pkix.Extension) func(*smx509.RevocationList) {
		return func(l *smx509.RevocationList) { l.ExtraExtensions = e }
	}
	entries := func(e ...smx509.RevocationListEntry) func(*smx509.RevocationList) {
		return func(l *smx509.RevocationList) { l.RevokedCertificateEntries = e }
	}
	twice := entry(1)
	late := entry(1)
	late.RevocationTime = start.Add(40 * day)
	withDate := entry(0)
	withDate.ExtraExtensions = []pkix.Extension{{Id: ids("2.5.29.24"), Value: der(asn1.GeneralizedTime, []byte("20261101000000Z"))}}
	loose := issuingPoint(shardURL)
	loose.Critical = false
	for name, c := range map[string]struct {
		change func(*smx509.RevocationList)
		lint   string
	}{
		"a second too long": {func(l *smx509.RevocationList) { l.NextUpdate = l.ThisUpdate.Add(day) }, "st_crl_validity"},
		"longer than its issuer": {func(l *smx509.RevocationList) {
			l.ThisUpdate = start.Add(3649 * day)
			l.NextUpdate = start.Add(3649*day + 2)
		}, "st_crl_validity"},
		"number zero":             {func(l *smx509.RevocationList) { l.Number = new(big.Int) }, "st_crl_number"},
		"no issuing point":        {point(), "st_crl_issuing_point"},
		"issuing point loose":     {point(loose), "st_crl_issuing_point"},
		"another shard":           {point(issuingPoint("http://ca.example.cn/crl/test/8.crl")), "st_crl_issuing_point"},
		"the same, https":         {point(issuingPoint("https://ca.example.cn/crl/test/7.crl")), "st_crl_issuing_point"},
		"LDAP":                    {point(issuingPoint("ldap://ca.example.cn/crl/test/7.crl")), "st_crl_issuing_point"},
		"flag written FALSE":      {point(issuingPoint(shardURL, 0x81, 1, 0)), "st_crl_issuing_point"},
		"indirect":                {point(issuingPoint(shardURL, 0x84, 1, 0xff)), "st_crl_issuing_point"},
		"attributes only":         {point(issuingPoint(shardURL, 0x85, 1, 0xff)), "st_crl_issuing_point"},
		"users and authorities":   {point(issuingPoint(shardURL, 0x81, 1, 0xff, 0x82, 1, 0xff)), "st_crl_issuing_point"},
		"some reasons":            {point(issuingPoint(shardURL, 0x83, 2, 0, 0xff)), "st_crl_issuing_point"},
		"delta":                   {point(issuingPoint(shardURL), pkix.Extension{Id: ids("2.5.29.27"), Critical: true, Value: []byte{2, 1, 1}}), "st_crl_extensions"},
		"unknown extension":       {point(issuingPoint(shardURL), pkix.Extension{Id: ids("1.2.3"), Value: []byte{5, 0}}), "st_crl_extensions"},
		"reason cACompromise":     {entries(entry(2)), "st_crl_reason"},
		"reason of no number":     {entries(entry(7)), "st_crl_reason"},
		"reason removeFromCRL":    {entries(entry(8)), "st_crl_reason"},
		"reason aACompromise":     {entries(entry(10)), "st_crl_reason"},
		"reason certificateHold":  {entries(entry(6)), "st_crl_reason"},
		"entry with another date": {entries(withDate), "st_crl_reason"},
		"entry twice":             {entries(twice, twice), "st_crl_entries"},
		"revoked in the future":   {entries(late), "st_crl_entries"},
		"empty list written out":  {entries(), "st_crl_entries"},
	} {
		a := issuing(t, "SM2")
		template := crlTemplate()
		c.change(template)
		crl := makeCRL(t, a, template)
		if name == "empty list written out" {
			crl = withEmptyList(t, crl)
		}
		if f := crlRules(a).Check(crl); !found(f, c.lint) {
			t.Errorf("%s: no %s in %v", name, c.lint, f)
		}
	}
}

// withEmptyList writes the field revokedCertificates into a list without entries, as RFC 5280 §5.1.2.6 forbids. The signature no
// longer holds, which is not a lint's to see.
func withEmptyList(t *testing.T, crl []byte) []byte {
	t.Helper()
	in := cryptobyte.String(crl)
	var list, tbs, algorithm, signature, extensions cryptobyte.String
	if !in.ReadASN1(&list, asn1.SEQUENCE) || !list.ReadASN1(&tbs, asn1.SEQUENCE) || !list.ReadASN1Element(&algorithm, asn1.SEQUENCE) ||
		!list.ReadASN1Element(&signature, asn1.BIT_STRING) {
		t.Fatal("not a CRL")
	}
	head := tbs
	for !tbs.PeekASN1Tag(0xa0) {
		var element cryptobyte.String
		var tag asn1.Tag
		if !tbs.ReadAnyASN1Element(&element, &tag) {
			t.Fatal("no extensions")
		}
	}
	head = head[:len(head)-len(tbs)]
	tbs.ReadASN1Element(&extensions, 0xa0)
	return der(asn1.SEQUENCE, der(asn1.SEQUENCE, head, []byte{0x30, 0}, extensions), algorithm, signature)
}

func TestCRLOfAnother(t *testing.T) {
	a, other := issuing(t, "SM2"), issuing(t, "P-256")
	f := crlRules(a).Check(makeCRL(t, other, crlTemplate()))
	if !found(f, "st_crl_issuer") {
		t.Errorf("%v", f)
	}
	rules := crlRules(a)
	crl := makeCRL(t, a, crlTemplate())
	if f := rules.Check(crl[:len(crl)-1]); !found(f, "st_crl_parse") {
		t.Errorf("cut: %v", f)
	}
	rules.Issuer = nil
	if f := rules.Check(crl); !found(f, "st_crl_issuer") {
		t.Errorf("no issuer: %v", f)
	}
}

func BenchmarkCRL(b *testing.B) {
	a := issuing(b, "P-256")
	template := crlTemplate()
	for range 10_000 {
		template.RevokedCertificateEntries = append(template.RevokedCertificateEntries, entry(4))
	}
	crl, err := smx509.CreateRevocationList(rand.Reader, template, a.cert, a.signer)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if f := crlRules(a).Check(crl); len(f) > 0 {
			b.Fatal(f)
		}
	}
}
