package cms_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509/pkix"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca/cms"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// party is a key with its certificate.
type party struct {
	key    crypto.Signer
	cert   *smx509.Certificate
	issuer *party // nil: itself
}

// chain is a signer under an issuing authority under a root.
type chain struct{ root, middle, leaf *party }

var kinds = []string{"P-256", "P-384", "RSA", "SM2"}

var keysOf = sync.OnceValue(func() map[string][]crypto.Signer {
	all := map[string][]crypto.Signer{}
	for _, kind := range kinds {
		for range 3 {
			all[kind] = append(all[kind], newKey(kind))
		}
	}
	return all
})

func newKey(kind string) crypto.Signer {
	var key crypto.Signer
	var err error
	switch kind {
	case "SM2":
		key, err = sm2.GenerateKey(rand.Reader)
	case "RSA":
		key, err = rsa.GenerateKey(rand.Reader, 2048)
	case "P-384":
		key, err = ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	default:
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		panic(err)
	}
	return key
}

func newParty(t testing.TB, issuer *party, key crypto.Signer, template *smx509.Certificate) *party {
	t.Helper()
	p := &party{key: key, issuer: issuer}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.cert, issuer.key
	}
	der, err := smx509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	if p.cert, err = smx509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return p
}

// newChain makes a chain of one kind of key; change may spoil the signer's certificate.
func newChain(t testing.TB, kind string, change func(*smx509.Certificate)) chain {
	t.Helper()
	own := keysOf()[kind]
	authority := func(serial int64, name string) *smx509.Certificate {
		return &smx509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: start.AddDate(-1, 0, 0),
			NotAfter: start.AddDate(10, 0, 0), IsCA: true, BasicConstraintsValid: true, KeyUsage: smx509.KeyUsageCertSign}
	}
	leaf := &smx509.Certificate{SerialNumber: big.NewInt(0x7fff01), Subject: pkix.Name{CommonName: "回执 签名"}, NotBefore: start.AddDate(0, -1, 0),
		NotAfter: start.AddDate(1, 0, 0), KeyUsage: smx509.KeyUsageDigitalSignature}
	if change != nil {
		change(leaf)
	}
	var c chain
	c.root = newParty(t, nil, own[0], authority(1, "Root "+kind))
	c.middle = newParty(t, c.root, own[1], authority(2, "Issuing "+kind))
	c.leaf = newParty(t, c.middle, own[2], leaf)
	return c
}

func (c chain) signer(t testing.TB) *cms.Signer {
	t.Helper()
	s, err := cms.NewSigner(c.leaf.key, c.leaf.cert.Raw, c.middle.cert.Raw)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (c chain) verifier(t testing.TB, usage cms.Usage, further ...[]byte) *cms.Verifier {
	t.Helper()
	v, err := cms.NewVerifier(usage, [][]byte{c.root.cert.Raw}, further...)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func (c chain) sign(t testing.TB, m cms.Message) []byte {
	t.Helper()
	der, err := c.signer(t).Sign(m)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
