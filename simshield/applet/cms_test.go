package applet_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"

	gmpkcs7 "github.com/emmansun/gmsm/pkcs7"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/cms"
	"simtrust/simshield/applet"
)

// card is a key with its certificate under a root.
type card struct {
	algorithm  applet.Algorithm
	key        crypto.Signer
	cert, root []byte
}

func newCard(t testing.TB, a applet.Algorithm) card {
	t.Helper()
	authority, c := newKey(t, a), card{algorithm: a, key: newKey(t, a)}
	root := &smx509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root"}, NotBefore: now.AddDate(-1, 0, 0),
		NotAfter: now.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign}
	leaf := &smx509.Certificate{SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "王小明"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		KeyUsage: smx509.KeyUsageContentCommitment}
	var err error
	if c.root, err = smx509.CreateCertificate(rand.Reader, root, root, authority.Public(), authority); err != nil {
		t.Fatal(err)
	}
	if c.cert, err = smx509.CreateCertificate(rand.Reader, leaf, root, c.key.Public(), authority); err != nil {
		t.Fatal(err)
	}
	return c
}

// confirms is what the applet does: it signs the attributes of what it showed.
func (c card) confirms(t testing.TB, p *applet.Prompt) (set []byte, s applet.Signature) {
	t.Helper()
	set, err := applet.SignedAttributes(c.algorithm, p.DER, c.algorithm.Sum(c.cert))
	if err != nil {
		t.Fatal(err)
	}
	return set, sign(t, c.key, c.algorithm, set)
}

func (c card) assemble(t testing.TB, p *applet.Prompt) []byte {
	t.Helper()
	set, s := c.confirms(t, p)
	der, err := applet.Assemble(c.algorithm, p.DER, set, s, c.cert)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (c card) verify(t testing.TB, der []byte) (*cms.Signed, error) {
	t.Helper()
	v, err := cms.NewVerifier(cms.AnyUsage, [][]byte{c.root})
	if err != nil {
		t.Fatal(err)
	}
	return v.Verify(der, nil, now)
}

// TestConfirmed: from command to signed data, which says again what was shown.
func TestConfirmed(t *testing.T) {
	for _, a := range algorithms {
		c := newCard(t, a)
		for name, s := range statements() {
			t.Run(a.String()+" "+name, func(t *testing.T) {
				command, err := applet.DecodeCommand(applet.Confirm{Statement: s}.Append(nil))
				if err != nil {
					t.Fatal(err)
				}
				signed, err := c.verify(t, c.assemble(t, compose(t, command.(applet.Confirm).Statement)))
				if err != nil {
					t.Fatal(err)
				}
				read, err := applet.DecodeStatement(signed.Content)
				if err != nil || read.Text != compose(t, s).Text || !signed.Type.Equal(applet.ContentType) {
					t.Errorf("%+v %v", read, err)
				}
			})
		}
	}
}

// TestGMForm: under SM2 it is signed data after GB/T 35275, which another implementation verifies.
func TestGMForm(t *testing.T) {
	c := newCard(t, applet.SM2)
	der := c.assemble(t, compose(t, about(transfer())))
	var outer struct {
		Type    asn1.ObjectIdentifier
		Content asn1.RawValue
	}
	if _, err := asn1.Unmarshal(der, &outer); err != nil || outer.Type.String() != "1.2.156.10197.6.1.4.2.2" {
		t.Errorf("%v %v", outer.Type, err)
	}
	p7, err := gmpkcs7.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	roots, at := smx509.NewCertPool(), now
	root, err := smx509.ParseCertificate(c.root)
	if err != nil {
		t.Fatal(err)
	}
	roots.AddCert(root)
	if err := p7.VerifyWithChainAtTime(roots, &at); err != nil {
		t.Error(err)
	}
}

// TestSignatureOnAnotherStatement: a signature stands for one statement, one kind and one certificate.
func TestSignatureOnAnotherStatement(t *testing.T) {
	for _, a := range algorithms {
		c, other := newCard(t, a), newCard(t, a)
		shown := compose(t, about(transfer()))
		set, s := c.confirms(t, shown)
		again := about(transfer())
		again.Nonce[0]++
		next := transfer()
		next.Order = "T20261122-0002"
		for name, replay := range map[string]applet.Statement{
			"another order": about(next), "another nonce": again, "a login": about(applet.Login{Challenge: hash}), "a document": about(document()),
		} {
			t.Run(a.String()+" "+name, func(t *testing.T) {
				p := compose(t, replay)
				if _, err := applet.Assemble(a, p.DER, set, s, c.cert); err == nil {
					t.Error("the signed attributes of another statement")
				}
				own, err := applet.SignedAttributes(a, p.DER, a.Sum(c.cert))
				if err != nil {
					t.Fatal(err)
				}
				wantRefused(t, applet.Verify(c.key.Public(), a, own, s), applet.ReasonSignature, "")
				if _, err := applet.Assemble(a, p.DER, own, s, c.cert); err == nil {
					t.Error("the signature of another statement")
				}
			})
		}
		if _, err := applet.Assemble(a, shown.DER, set, s, other.cert); err == nil {
			t.Error("another certificate")
		}
		if _, err := applet.Assemble(3-a, shown.DER, set, s, c.cert); (err == nil) != (a == applet.SM2) {
			t.Error("the form of another algorithm:", err) // SM2 may be told in the form of PKCS, P-256 not in that of GB/T 35275
		}
	}
}

// TestAnyOctetOfReceipt: signed data with any octet of the statement changed does not verify.
func TestAnyOctetOfReceipt(t *testing.T) {
	for _, a := range algorithms {
		c := newCard(t, a)
		p := compose(t, about(transfer()))
		der := c.assemble(t, p)
		at := bytes.Index(der, p.DER)
		for i := range p.DER {
			changed := bytes.Clone(der)
			changed[at+i] ^= 1
			if _, err := c.verify(t, changed); err == nil {
				t.Fatalf("%v: octet %d of the statement", a, i)
			}
		}
	}
}

// TestBareHash: what SignHash has signed is no signature over signed attributes, even with the same key.
func TestBareHash(t *testing.T) {
	for _, a := range algorithms {
		c := newCard(t, a)
		p := compose(t, about(document()))
		digest, h := p.Digest(a), applet.SHA256
		if a == applet.SM2 {
			h = applet.SM3
		}
		s, err := applet.SignDigest(c.key, a, h, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		set, _ := c.confirms(t, p)
		if _, err := applet.Assemble(a, p.DER, set, s, c.cert); err == nil {
			t.Errorf("%v: a signature over the statement's hash", a)
		}
	}
}
