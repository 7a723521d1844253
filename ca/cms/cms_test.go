package cms_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	gmpkcs7 "github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/smx509"
	"github.com/smallstep/pkcs7"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust"
	"simtrust/ca/cms"
)

var receipt = []byte(`{"transaction":"txn_1","amount":"12.00"}`)

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if e, ok := errors.AsType[*simtrust.Error](err); !ok || e.Kind != simtrust.KindInvalid || e.Reason != reason {
		t.Errorf("got %v (%s), want %s", err, simtrust.ReasonOf(err), reason)
	}
}

func TestSignedIsVerified(t *testing.T) {
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			c := newChain(t, kind, nil)
			for _, detached := range []bool{false, true} {
				m := cms.Message{Content: receipt, Detached: detached, Certificates: true, Attributes: []cms.Attribute{cms.SigningTime(start)}}
				der := c.sign(t, m)
				if bytes.Contains(der, receipt) == detached {
					t.Error("the content is where it should not be")
				}
				var beside []byte
				if detached {
					beside = receipt
				}
				signed, err := c.verifier(t, cms.AnyUsage).Verify(der, beside, start)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(signed.Content, receipt) || !bytes.Equal(signed.Signer, c.leaf.cert.Raw) || !signed.SigningTime.Equal(start) ||
					!signed.Type.Equal(oid(1, 2, 840, 113549, 1, 7, 1)) || len(signed.Attributes) != 4 ||
					len(signed.Signature) == 0 || !bytes.HasSuffix(der, signed.Signature) {
					t.Errorf("%+v", signed)
				}
			}
		})
	}
}

func TestCertificatesMayBeElsewhere(t *testing.T) {
	c := newChain(t, "P-256", nil)
	der := c.sign(t, cms.Message{Content: receipt})
	if _, err := c.verifier(t, cms.AnyUsage, c.leaf.cert.Raw, c.middle.cert.Raw).Verify(der, nil, start); err != nil {
		t.Error(err)
	}
	_, err := c.verifier(t, cms.AnyUsage, c.middle.cert.Raw).Verify(der, nil, start)
	wantReason(t, err, cms.ReasonCertificate)
}

// TestPeers: other implementations read what is written here.
func TestPeers(t *testing.T) {
	for _, kind := range []string{"P-256", "P-384", "RSA"} {
		c := newChain(t, kind, nil)
		p7, err := pkcs7.Parse(c.sign(t, cms.Message{Content: receipt, Detached: true, Certificates: true}))
		if err != nil {
			t.Fatal(err)
		}
		p7.Content = receipt
		roots := x509.NewCertPool()
		root, err := x509.ParseCertificate(c.root.cert.Raw)
		if err != nil {
			t.Fatal(err)
		}
		roots.AddCert(root)
		if err := p7.VerifyWithChainAtTime(roots, start); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
		p7.Content = []byte("another")
		if err := p7.VerifyWithChainAtTime(roots, start); err == nil {
			t.Errorf("%s: another content verifies", kind)
		}
	}
	for _, kind := range kinds {
		c := newChain(t, kind, nil)
		p7, err := gmpkcs7.Parse(c.sign(t, cms.Message{Content: receipt, Certificates: true}))
		if err != nil {
			t.Fatal(err)
		}
		roots := smx509.NewCertPool()
		roots.AddCert(c.root.cert)
		at := start
		if err := p7.VerifyWithChainAtTime(roots, &at); err != nil {
			t.Errorf("gmsm, %s: %v", kind, err)
		}
	}
}

func TestSetOfIsSorted(t *testing.T) {
	c := newChain(t, "P-256", nil)
	long := cms.Attribute{Type: oid(1, 3, 6, 1, 4, 1, 32473, 2), Value: element(tag.OCTET_STRING, bytes.Repeat([]byte{1}, 300))}
	short := cms.Attribute{Type: oid(2, 5), Value: []byte{5, 0}}
	der := c.sign(t, cms.Message{Content: receipt, Certificates: true, Attributes: []cms.Attribute{long, cms.SigningTime(start), short}})
	signed, err := c.verifier(t, cms.AnyUsage).Verify(der, nil, start) // which refuses another order
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(signed.Attributes, func(a cms.Attribute) bool { return a.Type.Equal(long.Type) && bytes.Equal(a.Value, long.Value) }) {
		t.Error("the long attribute is not there")
	}
}

func TestSigningTimeAfter2049(t *testing.T) {
	for year, want := range map[int]byte{2049: byte(tag.UTCTime), 2050: byte(tag.GeneralizedTime)} {
		if a := cms.SigningTime(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)); a.Value[0] != want {
			t.Errorf("%d: tag %#x", year, a.Value[0])
		}
	}
}

// TestForgeries: every part wrong, under a signature by the right key.
func TestForgeries(t *testing.T) {
	c := newChain(t, "P-256", nil)
	other := newChain(t, "P-384", nil)
	v := c.verifier(t, cms.AnyUsage)
	if _, err := v.Verify(newForgery(c, "content").der(t, c), nil, start); err != nil {
		t.Fatalf("the unspoiled one: %v", err)
	}
	null := []byte{5, 0}
	sha1ID := algorithm(oid(1, 3, 14, 3, 2, 26))
	sha512ID := algorithm(oid(2, 16, 840, 1, 101, 3, 4, 2, 3))
	wrongHash := sequence(sequence(sequence(element(tag.OCTET_STRING, make([]byte, 32)))))
	for name, forged := range map[string]struct {
		spoil  func(f *forgery)
		reason string
	}{
		"another content":              {func(f *forgery) { f.content = []byte("other") }, cms.ReasonAltered},
		"another type":                 {func(f *forgery) { f.kind, f.version = oid(1, 2, 3), 3 }, cms.ReasonAltered},
		"no message digest":            {func(f *forgery) { f.attributes = slices.Delete(f.attributes, 1, 2) }, cms.ReasonAltered},
		"no content type":              {func(f *forgery) { f.attributes = f.attributes[1:] }, cms.ReasonAltered},
		"no signing certificate":       {func(f *forgery) { f.attributes = f.attributes[:2] }, cms.ReasonMalformed},
		"another signing certificate":  {func(f *forgery) { f.attributes[2] = attribute(certificateV2, wrongHash) }, cms.ReasonCertificate},
		"signing certificate by SHA-1": {func(f *forgery) { f.attributes[2] = attribute(certificateV2, sequence(sequence(sequence(sha1ID)))) }, cms.ReasonAlgorithm},
		"no digest of the certificate": {func(f *forgery) { f.attributes[2] = attribute(certificateV2, sequence(sequence(sequence()))) }, cms.ReasonMalformed},
		"an attribute twice":           {func(f *forgery) { f.attributes = append(f.attributes, attribute(messageDigest, null)) }, cms.ReasonMalformed},
		"an attribute twice the same":  {func(f *forgery) { f.attributes = append(f.attributes, f.attributes[1]) }, cms.ReasonMalformed},
		"an attribute of no value":     {func(f *forgery) { f.attributes = append(f.attributes, attribute(oid(1, 2, 4))) }, cms.ReasonMalformed},
		"an attribute of two values":   {func(f *forgery) { f.attributes = append(f.attributes, attribute(oid(1, 2, 4), null, null)) }, cms.ReasonMalformed},
		"a signing time of no form": {func(f *forgery) {
			f.attributes = append(f.attributes, attribute(oid(1, 2, 840, 113549, 1, 9, 5), null))
		}, cms.ReasonMalformed},
		"attributes out of order": {func(f *forgery) { f.unsorted = true; slices.Reverse(f.attributes) }, cms.ReasonMalformed},
		"no attributes":           {func(f *forgery) { f.noAttributes = true; f.over = f.content }, cms.ReasonMalformed},
		"attributes as content": {func(f *forgery) {
			f.content = element(tag.SET, slices.SortedFunc(slices.Values(f.attributes), bytes.Compare)...)
			f.noAttributes = true
		}, cms.ReasonMalformed},
		"content signed, not attributes": {func(f *forgery) { f.over = f.content }, cms.ReasonSignature},
		"SHA-1":                          {func(f *forgery) { f.digest, f.digestAlgorithms = sha1ID, [][]byte{sha1ID} }, cms.ReasonAlgorithm},
		"digest with parameters":         {func(f *forgery) { f.digest = algorithm(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), 2, 1, 0) }, cms.ReasonAlgorithm},
		"digest not of the signature":    {func(f *forgery) { f.digest, f.digestAlgorithms = sha512ID, [][]byte{sha512ID} }, cms.ReasonAlgorithm},
		"digests do not agree":           {func(f *forgery) { f.digestAlgorithms = [][]byte{sha512ID} }, cms.ReasonAlgorithm},
		"two digests":                    {func(f *forgery) { f.digestAlgorithms = [][]byte{sha256ID, sha512ID} }, cms.ReasonAlgorithm},
		"no digests":                     {func(f *forgery) { f.digestAlgorithms = nil }, cms.ReasonMalformed},
		"ECDSA named RSA":                {func(f *forgery) { f.signature = algorithm(oid(1, 2, 840, 113549, 1, 1, 1), 5, 0) }, cms.ReasonSignature},
		"ECDSA with parameters":          {func(f *forgery) { f.signature = algorithm(oid(1, 2, 840, 10045, 4, 3, 2), 5, 0) }, cms.ReasonAlgorithm},
		"P-256 named SM2":                {func(f *forgery) { f.signature = algorithm(oid(1, 2, 156, 10197, 1, 301, 1)) }, cms.ReasonAlgorithm},
		"not signed data":                {func(f *forgery) { f.signedData = oid(1, 2, 840, 113549, 1, 7, 3) }, cms.ReasonMalformed},
		"version 3 for data":             {func(f *forgery) { f.version = 3 }, cms.ReasonMalformed},
		"signer version 3":               {func(f *forgery) { f.infoVersion = 3 }, cms.ReasonMalformed},
		"no signer":                      {func(f *forgery) { f.signers = 0 }, cms.ReasonMalformed},
		"two signers":                    {func(f *forgery) { f.signers = 2 }, cms.ReasonMalformed},
		"more after the signature":       {func(f *forgery) { f.rest = null }, cms.ReasonMalformed},
		"certificates that are none":     {func(f *forgery) { f.certificates = [][]byte{{0x30, 0}} }, cms.ReasonMalformed},
		"an attribute certificate":       {func(f *forgery) { f.certificates = append(f.certificates, []byte{0xa2, 0}) }, cms.ReasonMalformed},
		"too many certificates":          {func(f *forgery) { f.certificates = slices.Repeat(f.certificates, 9) }, cms.ReasonMalformed},
		"no certificate":                 {func(f *forgery) { f.certificates = nil }, cms.ReasonCertificate},
		"no issuing certificate":         {func(f *forgery) { f.certificates = f.certificates[:1] }, cms.ReasonUntrusted},
		"same name, another key": {func(f *forgery) {
			twin := newParty(t, c.middle, other.leaf.key, c.leaf.cert)
			f.certificates[0] = twin.cert.Raw
			f.attributes = essential(f.kind, f.content, twin.cert.Raw)
		}, cms.ReasonSignature},
	} {
		t.Run(name, func(t *testing.T) {
			f := newForgery(c, "content")
			forged.spoil(f)
			_, err := v.Verify(f.der(t, c), nil, start)
			wantReason(t, err, forged.reason)
		})
	}
}

func TestNotTrusted(t *testing.T) {
	c := newChain(t, "P-256", nil)
	der := c.sign(t, cms.Message{Content: receipt, Certificates: true})
	for name, at := range map[string]time.Time{
		"never": {}, "before": c.leaf.cert.NotBefore.Add(-time.Second), "after": c.leaf.cert.NotAfter.Add(time.Second),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.verifier(t, cms.AnyUsage).Verify(der, nil, at)
			wantReason(t, err, cms.ReasonUntrusted)
		})
	}
	t.Run("another root", func(t *testing.T) {
		_, err := newChain(t, "P-384", nil).verifier(t, cms.AnyUsage).Verify(der, nil, start)
		wantReason(t, err, cms.ReasonUntrusted)
	})
	t.Run("not for time stamps", func(t *testing.T) {
		server := newChain(t, "P-256", func(c *smx509.Certificate) { c.ExtKeyUsage = []smx509.ExtKeyUsage{smx509.ExtKeyUsageServerAuth} })
		_, err := server.verifier(t, cms.TimeStamping).Verify(server.sign(t, cms.Message{Content: receipt, Certificates: true}), nil, start)
		wantReason(t, err, cms.ReasonUntrusted)
	})
	t.Run("not for signatures", func(t *testing.T) {
		sealed := newChain(t, "P-256", func(c *smx509.Certificate) { c.KeyUsage = smx509.KeyUsageKeyAgreement })
		_, err := sealed.verifier(t, cms.AnyUsage).Verify(sealed.sign(t, cms.Message{Content: receipt, Certificates: true}), nil, start)
		wantReason(t, err, cms.ReasonUntrusted)
	})
}

func TestContentIsInOnePlace(t *testing.T) {
	c := newChain(t, "P-256", nil)
	v := c.verifier(t, cms.AnyUsage)
	_, err := v.Verify(c.sign(t, cms.Message{Content: receipt, Certificates: true}), receipt, start)
	wantReason(t, err, cms.ReasonMalformed)
	detached := c.sign(t, cms.Message{Content: receipt, Certificates: true, Detached: true})
	_, err = v.Verify(detached, nil, start)
	wantReason(t, err, cms.ReasonMalformed)
	_, err = v.Verify(detached, []byte("another"), start)
	wantReason(t, err, cms.ReasonAltered)
}

func TestTooLarge(t *testing.T) {
	_, err := newChain(t, "P-256", nil).verifier(t, cms.AnyUsage).Verify(make([]byte, 16<<20+1), nil, start)
	wantReason(t, err, cms.ReasonTooLarge)
}

func TestEveryOctetCounts(t *testing.T) {
	c := newChain(t, "SM2", nil)
	der := c.sign(t, cms.Message{Content: receipt, Certificates: true})
	v := c.verifier(t, cms.AnyUsage)
	for cut := range len(der) {
		if _, err := v.Verify(der[:cut], nil, start); err == nil {
			t.Fatalf("cut to %d octets it verifies", cut)
		}
	}
	if _, err := v.Verify(append(bytes.Clone(der), 0), nil, start); err == nil {
		t.Error("with an octet more it verifies")
	}
	signed := len(der) - 72 // within the signature
	for i := signed; i < len(der); i++ {
		changed := bytes.Clone(der)
		changed[i] ^= 1
		if _, err := v.Verify(changed, nil, start); err == nil {
			t.Errorf("with octet %d changed it verifies", i)
		}
	}
}

func TestSignerRefuses(t *testing.T) {
	c, rsaChain := newChain(t, "P-256", nil), newChain(t, "RSA", nil)
	if _, err := cms.NewSigner(newKey("P-256"), c.leaf.cert.Raw); err == nil {
		t.Error("a key of another certificate")
	}
	if _, err := cms.NewSigner(newKey("SM2"), c.leaf.cert.Raw); err == nil {
		t.Error("an SM2 key with a P-256 certificate")
	}
	if _, err := cms.NewSigner(rsaChain.leaf.key, c.leaf.cert.Raw); err == nil {
		t.Error("an RSA key with a P-256 certificate")
	}
	if _, err := cms.NewSigner(c.leaf.key, receipt); err == nil {
		t.Error("no certificate")
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	weak := newParty(t, c.middle, p224, &smx509.Certificate{SerialNumber: c.leaf.cert.SerialNumber, NotAfter: c.leaf.cert.NotAfter})
	if _, err := cms.NewSigner(p224, weak.cert.Raw); err == nil {
		t.Error("P-224")
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err == nil {
		weak = newParty(t, c.middle, small, &smx509.Certificate{SerialNumber: c.leaf.cert.SerialNumber, NotAfter: c.leaf.cert.NotAfter})
		if _, err := cms.NewSigner(small, weak.cert.Raw); err == nil {
			t.Error("RSA of 1024 bits")
		}
	}
	for name, m := range map[string]cms.Message{
		"an attribute twice":      {Content: receipt, Attributes: []cms.Attribute{cms.SigningTime(start), cms.SigningTime(start)}},
		"an attribute of its own": {Content: receipt, Attributes: []cms.Attribute{{Type: contentType, Value: []byte{5, 0}}}},
		"no value":                {Content: receipt, Attributes: []cms.Attribute{{Type: oid(1, 2, 3)}}},
		"no type":                 {Content: receipt, Attributes: []cms.Attribute{{Value: []byte{5, 0}}}},
		"a type that is none":     {Content: receipt, Type: asn1.ObjectIdentifier{9}},
	} {
		if _, err := c.signer(t).Sign(m); err == nil {
			t.Error(name)
		}
	}
}

func TestVerifierRefuses(t *testing.T) {
	if _, err := cms.NewVerifier(cms.AnyUsage, nil); err == nil {
		t.Error("no roots")
	}
	if _, err := cms.NewVerifier(cms.AnyUsage, [][]byte{receipt}); err == nil {
		t.Error("a root that is none")
	}
	if _, err := cms.NewVerifier(cms.AnyUsage, [][]byte{newChain(t, "P-256", nil).root.cert.Raw}, receipt); err == nil {
		t.Error("a certificate that is none")
	}
}

func BenchmarkSign(b *testing.B) {
	for _, kind := range kinds {
		b.Run(kind, func(b *testing.B) {
			s := newChain(b, kind, nil).signer(b)
			for b.Loop() {
				if _, err := s.Sign(cms.Message{Content: receipt, Detached: true, Certificates: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
