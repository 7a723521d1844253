package lint_test

import (
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"testing"
	"time"

	"simtrust/ca/lint"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte/asn1"
)

var allAlgorithms = []string{"P-256", "P-384", "RSA", "SM2"}

// caOptions are what newAuthority writes into issuing CAs.
func caOptions(root *authority) lint.Options {
	return lint.Options{
		Issuer: root.cert.Raw, CAIssuers: "http://ca.example.cn/ca/issuers/root.cer", CRLPrefix: "http://ca.example.cn/crl/root.crl",
		Policies: []stdasn1.ObjectIdentifier{policy},
	}
}

func TestAuthorities(t *testing.T) {
	for _, algorithm := range allAlgorithms {
		sub := issuing(t, algorithm)
		root := authorities[algorithm+" root"]
		for _, f := range checkAs(t, "root", lint.Options{}, root.cert.Raw) {
			t.Errorf("%s root: %v", algorithm, f)
		}
		for _, f := range checkAs(t, "ca", caOptions(root), sub.cert.Raw) {
			t.Errorf("%s issuing: %v", algorithm, f)
		}
	}
}

func checkAs(t *testing.T, profile string, o lint.Options, der []byte) []lint.Finding {
	t.Helper()
	set, err := lint.For(profile, o)
	if err != nil {
		t.Fatal(err)
	}
	return set.Check(der)
}

func TestBadAuthorities(t *testing.T) {
	usages := func(o ...string) func(*smx509.Certificate) {
		return func(c *smx509.Certificate) {
			var list [][]byte
			for _, id := range o {
				list = append(list, oid(id))
			}
			c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: ids("2.5.29.37"), Value: der(asn1.SEQUENCE, list...)})
		}
	}
	for name, c := range map[string]struct {
		spoil func(*smx509.Certificate)
		lint  string
	}{
		"OCSPSigning":             {usages("1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.9"), "st_extended_key_usage"},
		"timeStamping":            {usages("1.3.6.1.5.5.7.3.8"), "st_extended_key_usage"},
		"any usage":               {usages("2.5.29.37.0"), "st_extended_key_usage"},
		"no CA":                   {func(c *smx509.Certificate) { c.IsCA, c.MaxPathLenZero = false, false }, "st_basic_constraints"},
		"no basic constraints":    {func(c *smx509.Certificate) { c.BasicConstraintsValid, c.MaxPathLenZero = false, false }, "st_basic_constraints"},
		"no cRLSign":              {func(c *smx509.Certificate) { c.KeyUsage = smx509.KeyUsageCertSign }, "st_key_usage"},
		"digitalSignature":        {func(c *smx509.Certificate) { c.KeyUsage |= smx509.KeyUsageDigitalSignature }, "st_key_usage"},
		"longer than its root":    {func(c *smx509.Certificate) { c.NotAfter = c.NotAfter.Add(day + time.Second) }, "st_validity"},
		"sixteen years":           {func(c *smx509.Certificate) { c.NotAfter = c.NotBefore.AddDate(16, 0, 0) }, "st_validity"},
		"serial number of a row":  {func(c *smx509.Certificate) { c.SerialNumber.SetInt64(7) }, "st_serial"},
		"no caIssuers":            {func(c *smx509.Certificate) { c.IssuingCertificateURL = nil }, "st_authority_information"},
		"OCSP that nobody serves": {func(c *smx509.Certificate) { c.OCSPServer = []string{"http://ca.example.cn/ocsp/root"} }, "st_authority_information"},
		"no CRL":                  {func(c *smx509.Certificate) { c.CRLDistributionPoints = nil }, "st_crl_distribution"},
		"telephone number": {func(c *smx509.Certificate) {
			c.RawSubject = rdns(country, common("+8613800138000"))
		}, "st_subject"},
	} {
		for _, algorithm := range allAlgorithms {
			issuing(t, algorithm)
			root := authorities[algorithm+" root"]
			template := subordinate()
			c.spoil(template)
			spoiled := signCA(t, template, newKey(t, caKey(algorithm)), root)
			if f := checkAs(t, "ca", caOptions(root), spoiled.cert.Raw); !found(f, c.lint) {
				t.Errorf("%s %s: no %s in %v", name, algorithm, c.lint, f)
			}
		}
	}
}

// caKey is the kind of key of a subordinate: RSA ones of 2048 bits are too short, and of 3072 slow to make.
func caKey(algorithm string) string {
	if algorithm == "RSA" {
		return "P-256"
	}
	return algorithm
}

func TestPathLength(t *testing.T) {
	sub := issuing(t, "P-256")
	template := subordinate()
	template.MaxPathLenZero = false
	below := signCA(t, template, newKey(t, "P-256"), sub)
	if f := checkAs(t, "ca", caOptions(sub), below.cert.Raw); !found(f, "st_basic_constraints") {
		t.Errorf("a CA below one of path length 0: %v", f)
	}
}

func TestShortRSAAuthority(t *testing.T) {
	root := issuing(t, "P-256")
	short := signCA(t, subordinate(), newKey(t, "RSA"), root)
	if f := checkAs(t, "ca", caOptions(root), short.cert.Raw); !found(f, "st_subject_key") {
		t.Error(f)
	}
}

func TestRootNamesItself(t *testing.T) {
	sub := issuing(t, "SM2")
	if f := checkAs(t, "root", lint.Options{}, sub.cert.Raw); !found(f, "st_issuer") {
		t.Error(f)
	}
	leaf := good(t, "bank-sim", "SM2")
	if f := checkAs(t, "root", lint.Options{}, leaf.der(t)); !found(f, "st_basic_constraints") {
		t.Error(f)
	}
}
