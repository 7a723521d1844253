package status_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/internal/keys"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// The issuers of every test: one per algorithm, and one that no longer issues.
const (
	bank    = "bank-p256-2026"
	bankOld = "bank-p256-2024"
	bankSM2 = "bank-sm2-2026"
	eid     = "eid-rsa-2026"
	service = "service-p384-2026"
)

var sharedHierarchy = sync.OnceValues(func() (*ca.Hierarchy, error) {
	h := &ca.Hierarchy{}
	for _, spec := range []struct {
		id     string
		line   ca.Line
		alg    keys.KeyAlgorithm
		active bool
	}{
		{bank, ca.LineBank, keys.P256, true}, {bankOld, ca.LineBank, keys.P256, false}, {bankSM2, ca.LineBank, keys.SM2, true},
		{eid, ca.LineEID, keys.RSA3072, true}, {service, ca.LineService, keys.P384, true},
	} {
		i, err := newIssuer(spec.id, spec.alg)
		if err != nil {
			return nil, err
		}
		i.Line, i.Active = spec.line, spec.active
		h.Issuers = append(h.Issuers, i)
	}
	return h, nil
})

// newHierarchy returns the issuers with keys that a test may have fail.
func newHierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	shared, err := sharedHierarchy()
	if err != nil {
		t.Fatal(err)
	}
	h := &ca.Hierarchy{}
	for _, i := range shared.Issuers {
		own, delegate := *i, *i.OCSP
		if own.Algorithm != keys.SM2 { // whose signer takes messages
			own.Signer, delegate.Signer = &seam{Signer: own.Signer}, &seam{Signer: delegate.Signer}
		}
		own.OCSP = &delegate
		h.Issuers = append(h.Issuers, &own)
	}
	return h
}

func newIssuer(id string, alg keys.KeyAlgorithm) (*ca.Issuer, error) {
	key, err := generate(alg)
	if err != nil {
		return nil, err
	}
	template := &smx509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"CN"}, CommonName: "签发 " + id},
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(30, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign | smx509.KeyUsageDigitalSignature, SubjectKeyId: keyID(key),
	}
	raw, err := smx509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := smx509.ParseCertificate(raw)
	if err != nil {
		return nil, err
	}
	i := &ca.Issuer{
		ID: id, Algorithm: alg, Raw: raw, Subject: cert.RawSubject, KeyID: cert.SubjectKeyId, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter,
		Signer: key, Chain: [][]byte{raw},
	}
	i.OCSP, err = newDelegate(i, alg, nil)
	return i, err
}

// newDelegate makes a delegate; change may spoil it.
func newDelegate(i *ca.Issuer, alg keys.KeyAlgorithm, change func(*smx509.Certificate)) (*ca.Delegate, error) {
	key, err := generate(alg)
	if err != nil {
		return nil, err
	}
	issuer, err := smx509.ParseCertificate(i.Raw)
	if err != nil {
		return nil, err
	}
	template := &smx509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{Country: []string{"CN"}, CommonName: "OCSP " + i.ID},
		NotBefore: start.AddDate(-1, 0, 0), NotAfter: start.AddDate(10, 0, 0), KeyUsage: smx509.KeyUsageDigitalSignature,
		ExtKeyUsage: []smx509.ExtKeyUsage{smx509.ExtKeyUsageOCSPSigning}, SubjectKeyId: keyID(key),
		ExtraExtensions: []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}, Value: []byte{5, 0}}},
	}
	if change != nil {
		change(template)
	}
	signer := i.Signer
	if s, ok := signer.(*seam); ok {
		signer = s.Signer
	}
	raw, err := smx509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	return &ca.Delegate{Raw: raw, Signer: key, NotAfter: template.NotAfter}, err
}

func generate(alg keys.KeyAlgorithm) (crypto.Signer, error) {
	switch alg {
	case keys.SM2:
		return sm2.GenerateKey(rand.Reader)
	case keys.RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case keys.P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	}
	return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
}

func keyID(key crypto.Signer) []byte {
	spki, err := smx509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		panic(err)
	}
	id := sha1.Sum(spki)
	return id[:]
}

// seam is a key with a place to fail at.
type seam struct {
	crypto.Signer
	mu   sync.Mutex
	fail error
	swap crypto.Signer // signs in its place
}

func (s *seam) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.mu.Lock()
	fail, swap := s.fail, s.swap
	s.mu.Unlock()
	if fail != nil {
		return nil, fail
	}
	if swap != nil {
		return swap.Sign(random, digest, opts)
	}
	return s.Signer.Sign(random, digest, opts)
}

func (s *seam) set(fail error, swap crypto.Signer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fail, s.swap = fail, swap
}
