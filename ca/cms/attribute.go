package cms

import (
	"bytes"
	"encoding/asn1"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidData        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidDataGM      = asn1.ObjectIdentifier{1, 2, 156, 10197, 6, 1, 4, 2, 1}
	oidSignedGM    = asn1.ObjectIdentifier{1, 2, 156, 10197, 6, 1, 4, 2, 2}
	oidContentType = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest      = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidCertificate = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// Attribute is a signed attribute of one value.
type Attribute struct {
	Type  asn1.ObjectIdentifier
	Value []byte // DER
}

// SigningTime is the signer's claim of the time, in whole seconds: UTCTime until 2049, GeneralizedTime after (RFC 5652, section
// 11.3).
func SigningTime(at time.Time) Attribute {
	var b cryptobyte.Builder
	if at = at.UTC(); at.Year() < 2050 {
		b.AddASN1UTCTime(at)
	} else {
		b.AddASN1GeneralizedTime(at)
	}
	return Attribute{oidSigningTime, b.BytesOrPanic()}
}

func (a Attribute) der() ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(a.Type)
		b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(a.Value) })
	})
	return b.Bytes()
}

// setOf puts elements in the order that DER asks of a SET OF (X.690, section 11.6) and joins them.
func setOf(elements [][]byte) []byte {
	elements = slices.Clone(elements)
	slices.SortFunc(elements, bytes.Compare) // no element of DER is the beginning of another: padding with zeros is moot
	return bytes.Join(elements, nil)
}

// attributes are signed attributes as they were read.
type attributes []Attribute

// readAttributes reads the content of the SET. It refuses another order than that of DER, a type twice, and more than one value.
func readAttributes(s cryptobyte.String) (attributes, error) {
	var list attributes
	var before []byte
	for !s.Empty() {
		var raw cryptobyte.String
		var a Attribute
		var values, value cryptobyte.String
		if !s.ReadASN1Element(&raw, tag.SEQUENCE) {
			return nil, refuse(ReasonMalformed, "a signed attribute that is not one")
		}
		if bytes.Compare(before, raw) >= 0 {
			return nil, refuse(ReasonMalformed, "signed attributes in another order than DER asks for")
		}
		before = raw
		if !raw.ReadASN1(&raw, tag.SEQUENCE) || !raw.ReadASN1ObjectIdentifier(&a.Type) || !raw.ReadASN1(&values, tag.SET) || !raw.Empty() ||
			!values.ReadAnyASN1Element(&value, nil) || !values.Empty() {
			return nil, refuse(ReasonMalformed, "a signed attribute without exactly one value")
		}
		if a.Value = value; list.get(a.Type) != nil {
			return nil, refuse(ReasonMalformed, "a signed attribute twice")
		}
		list = append(list, a)
	}
	return list, nil
}

// get returns an attribute's value, nil where there is none.
func (l attributes) get(oid asn1.ObjectIdentifier) cryptobyte.String {
	for _, a := range l {
		if a.Type.Equal(oid) {
			return a.Value
		}
	}
	return nil
}

// signingCertificate is SigningCertificateV2 with one certificate, named by its digest and, where the certificate itself is at hand,
// its issuer and serial number.
func signingCertificate(d digest, sum []byte, c *smx509.Certificate) Attribute {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				if !d.oid.Equal(digestSHA256.oid) { // the default, which DER leaves out
					b.AddBytes(algorithmID(d.oid, false))
				}
				b.AddASN1OctetString(sum)
				if c != nil {
					b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { addIssuerSerial(b, c) })
				}
			})
		})
	})
	return Attribute{oidCertificate, b.BytesOrPanic()}
}

func addIssuerSerial(b *cryptobyte.Builder, c *smx509.Certificate) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.Tag(4).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddBytes(c.RawIssuer) })
	})
	b.AddASN1BigInt(c.SerialNumber)
}

// namesCertificate checks that the first certificate which the attribute names is c.
func namesCertificate(value cryptobyte.String, c *smx509.Certificate) error {
	var list, id, hash cryptobyte.String
	if !value.ReadASN1(&value, tag.SEQUENCE) || !value.ReadASN1(&list, tag.SEQUENCE) || !list.ReadASN1(&id, tag.SEQUENCE) {
		return refuse(ReasonMalformed, "no signing-certificate-v2 attribute")
	}
	d := digestSHA256
	if id.PeekASN1Tag(tag.SEQUENCE) {
		var err error
		if d, err = readDigest(&id); err != nil {
			return err
		}
	}
	if !id.ReadASN1(&hash, tag.OCTET_STRING) {
		return refuse(ReasonMalformed, "signing-certificate-v2 without a digest")
	}
	if !bytes.Equal(hash, d.sum(c.Raw)) {
		return refuse(ReasonCertificate, "the signature was made for another certificate")
	}
	return nil // the digest says all; an issuer and serial number beside it say nothing more
}
