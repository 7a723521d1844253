package csr_test

import (
	"crypto/x509"
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simtrust"
	"simtrust/ca/csr"

	"github.com/google/go-cmp/cmp"
)

func file(t testing.TB, name string) []byte {
	t.Helper()
	der, err := os.ReadFile(filepath.Join("testdata", name+".csr"))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestOpenSSL reads requests made by testdata/make.sh.
func TestOpenSSL(t *testing.T) {
	for name, want := range map[string]csr.Algorithm{
		"p256": csr.P256, "p384": csr.P384, "rsa2048": csr.RSA, "rsa4096": csr.RSA, "sm2": csr.SM2, "empty": csr.P256, "unknown": csr.P256,
	} {
		r, err := csr.Parse(file(t, name))
		if err != nil || r.Algorithm != want {
			t.Errorf("%s: %v, want a key of %s", name, err, want)
		}
	}
	for name, reason := range map[string]string{
		"ca_true":          csr.ReasonForbiddenExtension,
		"cert_sign":        csr.ReasonForbiddenExtension,
		"crl_sign":         csr.ReasonForbiddenExtension,
		"name_constraints": csr.ReasonForbiddenExtension,
		"unknown_critical": csr.ReasonForbiddenExtension,
		"foreign_key_id":   csr.ReasonForbiddenExtension,
		"template":         csr.ReasonForbiddenName,
		"sha1":             csr.ReasonAlgorithm,
		"rsa_pss":          csr.ReasonAlgorithm,
		"ed25519":          csr.ReasonAlgorithm,
		"p224":             csr.ReasonCurve,
		"p521":             csr.ReasonCurve,
		"secp256k1":        csr.ReasonCurve,
		"explicit_curve":   csr.ReasonCurve,
		"compressed_point": csr.ReasonWeakKey,
		"rsa1024":          csr.ReasonWeakKey,
		"rsa4104":          csr.ReasonWeakKey,
		"rsa_e3":           csr.ReasonWeakKey,
		"sm2_other_id":     csr.ReasonBadSignature,
		"sm2_no_id":        csr.ReasonBadSignature,
	} {
		_, err := csr.Parse(file(t, name))
		refused(t, name, err, reason)
	}
}

func refused(t testing.TB, name string, err error, reason string) {
	t.Helper()
	if !errors.Is(err, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason}) {
		t.Errorf("%s: %v, want reason %s", name, err, reason)
	}
}

func TestEveryNameIsSurfaced(t *testing.T) {
	r, err := csr.Parse(file(t, "p256"))
	if err != nil {
		t.Fatal(err)
	}
	want := csr.SANs{
		DNSNames: []string{"bank.example.cn"},
		Emails:   []string{"zhang@example.cn"},
		URIs:     []string{"https://bank.example.cn/u/1"},
		IPs:      []netip.Addr{netip.MustParseAddr("192.0.2.7"), netip.MustParseAddr("2001:db8::7")},
		UPNs:     []string{"zhang@corp.example.cn"},
		OtherNames: []csr.OtherName{
			{Tag: 0, Type: []int{1, 2, 3, 4}, Value: append([]byte{0x0c, 5}, "other"...)},
			{Tag: 8, Value: []byte{0x2a, 3, 5}},
		},
	}
	if diff := cmp.Diff(want, r.SANs, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if r.SANs.Empty() || !(csr.SANs{}).Empty() {
		t.Error("Empty is wrong")
	}
	if r.KeyUsage != x509.KeyUsageDigitalSignature|x509.KeyUsageContentCommitment || len(r.ExtKeyUsage) != 1 || len(r.Extensions) != 5 {
		t.Errorf("usage %b, extended %v, %d extensions", r.KeyUsage, r.ExtKeyUsage, len(r.Extensions))
	}
}

// TestSubjectIsNotEncodedAnew: the authority that re-encodes turns UTF8String into PrintableString and breaks name chaining.
func TestSubjectIsNotEncodedAnew(t *testing.T) {
	der := file(t, "p256")
	r, err := csr.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	std, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.RawSubject, std.RawSubject) || !slices.Equal(r.SPKI, std.RawSubjectPublicKeyInfo) {
		t.Error("raw parts differ from the standard library's")
	}
	if got := r.Subject.String(); got != "CN=张三,O=示例银行股份有限公司,C=CN" {
		t.Errorf("subject %s", got)
	}
}

func TestUnknownExtensionIsSurfaced(t *testing.T) {
	r, err := csr.Parse(file(t, "unknown"))
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Extensions) != 1 || r.Extensions[0].Id.String() != "1.2.3.4" || r.Extensions[0].Critical {
		t.Errorf("extensions %v", r.Extensions)
	}
}

func TestEncoding(t *testing.T) {
	der := file(t, "rsa2048") // its outer lengths take two octets
	long := append([]byte{0x30, 0x83, 0}, der[2:]...)
	indefinite := append(append([]byte{0x30, 0x80}, der[4:]...), 0, 0)
	for name, in := range map[string][]byte{
		"empty":               {},
		"trailing octet":      append(slices.Clone(der), 0),
		"trailing request":    append(slices.Clone(der), der...),
		"cut":                 der[:len(der)-1],
		"overlong length":     long,
		"indefinite length":   indefinite,
		"PEM":                 []byte("-----BEGIN CERTIFICATE REQUEST-----"),
		"deep nesting":        nested(40),
		"long tag":            {0x3f, 0x81, 0x00, 0x00},
		"constructed string":  {0x30, 0x05, 0x2c, 0x03, 0x0c, 0x01, 'a'},
		"padded integer":      {0x30, 0x04, 0x02, 0x02, 0x00, 0x01},
		"negative padding":    {0x30, 0x04, 0x02, 0x02, 0xff, 0xff},
		"boolean of one":      {0x30, 0x03, 0x01, 0x01, 0x01},
		"unused bits set":     {0x30, 0x04, 0x03, 0x02, 0x07, 0xff},
		"eight unused bits":   {0x30, 0x04, 0x03, 0x02, 0x08, 0x00},
		"null with content":   {0x30, 0x03, 0x05, 0x01, 0x00},
		"empty identifier":    {0x30, 0x02, 0x06, 0x00},
		"padded identifier":   {0x30, 0x05, 0x06, 0x03, 0x2a, 0x80, 0x01},
		"cut identifier":      {0x30, 0x04, 0x06, 0x02, 0x2a, 0x81},
		"text not UTF-8":      {0x30, 0x03, 0x0c, 0x01, 0xff},
		"set out of order":    {0x31, 0x06, 0x02, 0x01, 0x02, 0x02, 0x01, 0x01},
		"primitive sequence":  {0x30, 0x02, 0x10, 0x00},
		"end of contents":     {0x30, 0x02, 0x00, 0x00},
		"empty integer":       {0x30, 0x02, 0x02, 0x00},
		"empty bit string":    {0x30, 0x02, 0x03, 0x00},
		"boolean too long":    {0x30, 0x04, 0x01, 0x02, 0xff, 0xff},
		"element over parent": {0x30, 0x02, 0x02, 0x05},
	} {
		_, err := csr.Parse(in)
		refused(t, name, err, csr.ReasonNotDER)
	}
	_, err := csr.Parse([]byte{0x30, 0})
	refused(t, "empty sequence", err, csr.ReasonMalformed)
	_, err = csr.Parse(make([]byte, csr.MaxSize+1))
	refused(t, "huge", err, csr.ReasonTooLarge)
}

func nested(depth int) []byte {
	var der []byte
	for range depth {
		der = append([]byte{0x30, byte(len(der))}, der...)
	}
	return der
}

// TestEveryBitIsSigned flips each bit of a request: none of the results may pass as the same request.
func TestEveryBitIsSigned(t *testing.T) {
	der := file(t, "sm2")
	for i := range len(der) * 8 {
		bad := slices.Clone(der)
		bad[i/8] ^= 1 << (i % 8)
		if _, err := csr.Parse(bad); err == nil {
			t.Errorf("bit %d of octet %d is not covered", i%8, i/8)
		}
	}
}

func TestErrorsQuoteNothing(t *testing.T) {
	_, err := csr.Parse(file(t, "template"))
	if err == nil || strings.Contains(err.Error(), "Token") {
		t.Errorf("%v", err)
	}
}
