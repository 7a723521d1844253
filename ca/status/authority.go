package status

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"slices"
	"sync/atomic"
	"time"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca"
)

// authority is an issuer as this package needs it.
type authority struct {
	id       string
	subject  []byte // DER
	keyID    []byte
	notAfter time.Time
	lists    signer
	// names are the issuer's name and key as CertIDs give them, by the DER of the hash algorithm's identifier.
	names map[string]nameHashes
	cert  *smx509.Certificate
	// answers signs what OCSP says; it is replaced as a whole when the delegate is renewed.
	answers atomic.Pointer[delegate]
	cache   *cache
}

// delegate is the certificate and key that speak for an issuer.
type delegate struct {
	signer
	// responder is the ResponderID; chain the [0] EXPLICIT certificates of an answer.
	responder, chain []byte
	// until is when its certificate ends.
	until time.Time
}

type nameHashes struct{ name, key []byte }

// certIDHashes are the hash algorithms that CertIDs may use, by the content of their object identifier.
var certIDHashes = map[string]func() hash.Hash{
	"\x2b\x0e\x03\x02\x1a":                 sha1.New,   // 1.3.14.3.2.26
	"\x60\x86\x48\x01\x65\x03\x04\x02\x01": sha256.New, // 2.16.840.1.101.3.4.2.1
	"\x2a\x81\x1c\xcf\x55\x01\x83\x11":     sm3.New,    // 1.2.156.10197.1.401
}

// newAuthority checks an issuer and its delegate as relying parties do, and their keys.
func newAuthority(i *ca.Issuer, answers int) (*authority, error) {
	cert, err := smx509.ParseCertificate(i.Raw)
	if err != nil {
		return nil, err
	}
	if slices.Contains(cert.ExtKeyUsage, smx509.ExtKeyUsageOCSPSigning) {
		return nil, errors.New("the issuer's certificate may sign OCSP answers, and so for the one above it")
	}
	a := &authority{
		id: i.ID, subject: cert.RawSubject, keyID: cert.SubjectKeyId, notAfter: cert.NotAfter,
		names: map[string]nameHashes{}, cert: cert, cache: newCache(answers),
	}
	if a.lists, err = newSigner(i.Signer, cert.PublicKey); err != nil {
		return nil, err
	}
	d, err := newDelegate(i.OCSP, cert)
	if err != nil {
		return nil, err
	}
	a.answers.Store(d)
	for oid, make := range certIDHashes {
		a.names[oid] = nameHashes{sum(make, cert.RawSubject), sum(make, publicKeyBits(cert))}
	}
	return a, nil
}

// newDelegate checks an OCSP delegate of an issuer, and its key.
func newDelegate(d *ca.Delegate, issuer *smx509.Certificate) (*delegate, error) {
	if d == nil {
		return nil, errors.New("no OCSP delegate")
	}
	cert, err := checkedDelegate(d.Raw, issuer)
	if err != nil {
		return nil, fmt.Errorf("OCSP delegate: %w", err)
	}
	key, err := newSigner(d.Signer, cert.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("OCSP delegate: %w", err)
	}
	return &delegate{key, responderID(cert), certificates(cert.Raw), cert.NotAfter}, nil
}

var oidNoCheck = []int{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}

// checkedDelegate holds a delegate to RFC 6960, sections 4.2.2.2 and 4.2.2.2.1.
func checkedDelegate(raw []byte, issuer *smx509.Certificate) (*smx509.Certificate, error) {
	d, err := smx509.ParseCertificate(raw)
	if err != nil {
		return nil, err
	}
	if err := d.CheckSignatureFrom(issuer); err != nil {
		return nil, err
	}
	noCheck := false
	for _, e := range d.Extensions {
		noCheck = noCheck || e.Id.Equal(oidNoCheck)
	}
	switch {
	case !bytes.Equal(d.RawIssuer, issuer.RawSubject):
		return nil, errors.New("of another issuer")
	case d.IsCA || d.KeyUsage != smx509.KeyUsageDigitalSignature:
		return nil, errors.New("its key usage is not digitalSignature alone")
	case len(d.ExtKeyUsage) != 1 || d.ExtKeyUsage[0] != smx509.ExtKeyUsageOCSPSigning || len(d.UnknownExtKeyUsage) > 0:
		return nil, errors.New("its extended key usage is not OCSPSigning alone")
	case !noCheck:
		return nil, errors.New("without id-pkix-ocsp-nocheck: clients would ask for its own status")
	}
	return d, nil
}

func sum(make func() hash.Hash, data []byte) []byte {
	h := make()
	h.Write(data)
	return h.Sum(nil)
}

// publicKeyBits is what key hashes are made over: the BIT STRING without its count of unused bits.
func publicKeyBits(c *smx509.Certificate) []byte {
	in := cryptobyte.String(c.RawSubjectPublicKeyInfo)
	var info cryptobyte.String
	var bits []byte
	if !in.ReadASN1(&info, tag.SEQUENCE) || !info.SkipASN1(tag.SEQUENCE) || !info.ReadASN1BitStringAsBytes(&bits) {
		return nil // not reached: the certificate was parsed
	}
	return bits
}

// responderID is the choice byKey.
func responderID(delegate *smx509.Certificate) []byte {
	var b cryptobyte.Builder
	b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum(sha1.New, publicKeyBits(delegate))) })
	return b.BytesOrPanic()
}

func certificates(raw []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(raw) })
	})
	return b.BytesOrPanic()
}

func explicit(n uint8) tag.Tag { return tag.Tag(n).ContextSpecific().Constructed() }

// issued says whether a CertID names this issuer.
func (a *authority) issued(id certID) bool {
	n, ok := a.names[string(id.hash)]
	return ok && bytes.Equal(id.nameHash, n.name) && bytes.Equal(id.keyHash, n.key)
}
