package lint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509/pkix"
	stdasn1 "encoding/asn1"
	"errors"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// kind of a public key.
type kind string

const (
	kindP256 kind = "P-256"
	kindP384 kind = "P-384"
	kindRSA  kind = "RSA"
	kindSM2  kind = "SM2"
)

func kindOf(public any) kind {
	switch key := public.(type) {
	case *rsa.PublicKey:
		return kindRSA
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return kindP256
		case elliptic.P384():
			return kindP384
		case sm2.P256():
			return kindSM2
		}
	}
	return ""
}

// certificate is a parsed certificate with those octets that the parser interprets away.
type certificate struct {
	*smx509.Certificate
	kind    kind
	serial  []byte // content of the INTEGER
	times   [2]asn1.Tag
	subject []attribute
	// extensions by dotted identifier; the parser refuses duplicates.
	extensions map[string]pkix.Extension
}

// attribute is one attribute of the subject.
type attribute struct {
	rdn   int // which RDN it stands in
	id    stdasn1.ObjectIdentifier
	tag   asn1.Tag
	value []byte
}

func parse(der []byte) (*certificate, error) {
	parsed, err := smx509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	c := &certificate{Certificate: parsed, kind: kindOf(parsed.PublicKey), extensions: make(map[string]pkix.Extension, len(parsed.Extensions))}
	for _, e := range parsed.Extensions {
		c.extensions[e.Id.String()] = e
	}
	if !c.readRaw() || !c.readSubject() {
		return nil, errors.New("the certificate is not DER")
	}
	return c, nil
}

// readRaw walks TBSCertificate (RFC 5280 §4.1) as far as the validity.
func (c *certificate) readRaw() bool {
	tbs := cryptobyte.String(c.RawTBSCertificate)
	var fields, serial, validity, time cryptobyte.String
	ok := tbs.ReadASN1(&fields, asn1.SEQUENCE) && fields.SkipASN1(asn1.Tag(0).ContextSpecific().Constructed()) &&
		fields.ReadASN1(&serial, asn1.INTEGER) && fields.SkipASN1(asn1.SEQUENCE) && fields.SkipASN1(asn1.SEQUENCE) &&
		fields.ReadASN1(&validity, asn1.SEQUENCE) &&
		validity.ReadAnyASN1(&time, &c.times[0]) && validity.ReadAnyASN1(&time, &c.times[1]) && validity.Empty()
	c.serial = serial
	return ok
}

func (c *certificate) readSubject() bool {
	name := cryptobyte.String(c.RawSubject)
	var rdns cryptobyte.String
	if !name.ReadASN1(&rdns, asn1.SEQUENCE) {
		return false
	}
	for n := 0; !rdns.Empty(); n++ {
		var rdn cryptobyte.String
		if !rdns.ReadASN1(&rdn, asn1.SET) || rdn.Empty() {
			return false
		}
		for !rdn.Empty() {
			a := attribute{rdn: n}
			var fields, value cryptobyte.String
			if !rdn.ReadASN1(&fields, asn1.SEQUENCE) || !fields.ReadASN1ObjectIdentifier(&a.id) || !fields.ReadAnyASN1(&value, &a.tag) {
				return false
			}
			a.value = value
			c.subject = append(c.subject, a)
		}
	}
	return true
}

func (c *certificate) signedWithSM2() bool { return c.SignatureAlgorithm == smx509.SM2WithSM3 }

// extension returns the value of an extension, nil where it is absent.
func (c *certificate) extension(id string) (value []byte, present bool) {
	e, present := c.extensions[id]
	return e.Value, present
}

const (
	extSubjectKeyID      = "2.5.29.14"
	extKeyUsage          = "2.5.29.15"
	extSubjectAltName    = "2.5.29.17"
	extBasicConstraints  = "2.5.29.19"
	extNameConstraints   = "2.5.29.30"
	extCRLDistribution   = "2.5.29.31"
	extPolicies          = "2.5.29.32"
	extAuthorityKeyID    = "2.5.29.35"
	extPolicyConstraints = "2.5.29.36"
	extExtKeyUsage       = "2.5.29.37"
	extAuthorityInfo     = "1.3.6.1.5.5.7.1.1"
	extQCStatements      = "1.3.6.1.5.5.7.1.3"
	extOCSPNoCheck       = "1.3.6.1.5.5.7.48.1.5"
)
