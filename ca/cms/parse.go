package cms

import (
	"bytes"
	"encoding/asn1"
	"math/big"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of what is read.
const (
	maxSize         = 16 << 20
	maxCertificates = 16
)

// signedData is a ContentInfo of signed data as it was read. Nothing in it is verified.
type signedData struct {
	gm           bool // after GB/T 35275
	kind         asn1.ObjectIdentifier
	content      []byte
	digest       []byte // of content that is elsewhere; nil: content is there
	detached     bool
	certificates []*smx509.Certificate
	signer       signerInfo
}

type signerInfo struct {
	issuer     []byte // DER
	serial     big.Int
	suite      suite
	signed     []byte // content of the SET OF attributes
	attributes attributes
	signature  []byte
}

func parse(der []byte) (*signedData, error) {
	if len(der) > maxSize {
		return nil, refuse(ReasonTooLarge, "signed data of more than 16 MB")
	}
	s := cryptobyte.String(der)
	var info, outer, body, digests cryptobyte.String
	var kind asn1.ObjectIdentifier
	var version int64
	if !s.ReadASN1(&info, tag.SEQUENCE) || !s.Empty() || !info.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidSignedData) && !kind.Equal(oidSignedGM) ||
		!info.ReadASN1(&outer, explicit(0)) || !info.Empty() || !outer.ReadASN1(&body, tag.SEQUENCE) || !outer.Empty() ||
		!body.ReadASN1Integer(&version) || !body.ReadASN1(&digests, tag.SET) {
		return nil, refuse(ReasonMalformed, "not signed data in DER")
	}
	d := &signedData{gm: kind.Equal(oidSignedGM)}
	if err := d.readContent(&body); err != nil {
		return nil, err
	}
	if version != versionFor(d.kind, d.gm) {
		return nil, refuse(ReasonMalformed, "a version that does not fit the content")
	}
	if err := d.readCertificates(&body); err != nil {
		return nil, err
	}
	if err := d.readSigner(&body); err != nil {
		return nil, err
	}
	named, err := readDigest(&digests)
	if err != nil {
		return nil, err
	}
	if !digests.Empty() || !named.oid.Equal(d.signer.suite.oid) {
		return nil, refuse(ReasonAlgorithm, "digest algorithms other than the signature's")
	}
	if d.gm && d.signer.suite.family != familySM2 {
		return nil, refuse(ReasonAlgorithm, "a message after GB/T 35275 that SM2 did not sign")
	}
	return d, nil
}

func (d *signedData) readContent(body *cryptobyte.String) error {
	var encapsulated, wrapped, content cryptobyte.String
	var present bool
	if !body.ReadASN1(&encapsulated, tag.SEQUENCE) || !encapsulated.ReadASN1ObjectIdentifier(&d.kind) ||
		!encapsulated.ReadOptionalASN1(&wrapped, &present, explicit(0)) || !encapsulated.Empty() {
		return refuse(ReasonMalformed, "no content information")
	}
	if present && (!wrapped.ReadASN1(&content, tag.OCTET_STRING) || !wrapped.Empty()) {
		return refuse(ReasonMalformed, "content that is not one octet string")
	}
	d.content, d.detached = content, !present
	return nil
}

func (d *signedData) readCertificates(body *cryptobyte.String) error {
	var set cryptobyte.String
	if !body.ReadOptionalASN1(&set, nil, explicit(0)) || !body.SkipOptionalASN1(explicit(1)) {
		return refuse(ReasonMalformed, "certificates that are none")
	}
	for !set.Empty() {
		var raw cryptobyte.String
		if !set.ReadASN1Element(&raw, tag.SEQUENCE) || len(d.certificates) == maxCertificates {
			return refuse(ReasonMalformed, "certificates of another kind than X.509, or more than 16")
		}
		c, err := smx509.ParseCertificate(raw)
		if err != nil {
			return refuseFor(ReasonMalformed, "a certificate that cannot be read", err)
		}
		d.certificates = append(d.certificates, c)
	}
	return nil
}

func (d *signedData) readSigner(body *cryptobyte.String) error {
	var signers, info, id, algorithm, signed, signature cryptobyte.String
	var version int64
	if !body.ReadASN1(&signers, tag.SET) || !body.Empty() || !signers.ReadASN1(&info, tag.SEQUENCE) || !signers.Empty() {
		return refuse(ReasonMalformed, "not exactly one signature")
	}
	var issuer cryptobyte.String
	if !info.ReadASN1Integer(&version) || version != 1 || !info.ReadASN1(&id, tag.SEQUENCE) ||
		!id.ReadASN1Element(&issuer, tag.SEQUENCE) || !id.ReadASN1Integer(&d.signer.serial) || !id.Empty() {
		return refuse(ReasonMalformed, "a signer that is not named by issuer and serial number")
	}
	digest, err := readDigest(&info)
	if err != nil {
		return err
	}
	if !info.ReadASN1(&signed, explicit(0)) {
		return refuse(ReasonMalformed, "a signature without signed attributes")
	}
	if !info.ReadASN1Element(&algorithm, tag.SEQUENCE) || !info.ReadASN1(&signature, tag.OCTET_STRING) ||
		!info.SkipOptionalASN1(explicit(1)) || !info.Empty() {
		return refuse(ReasonMalformed, "a signature that is none")
	}
	d.signer.issuer, d.signer.signed, d.signer.signature = issuer, signed, signature
	var ok bool
	if d.signer.suite, ok = suiteFor(digest, algorithm); !ok {
		return refuse(ReasonAlgorithm, "a signature algorithm that is not accepted with this digest")
	}
	d.signer.attributes, err = readAttributes(signed)
	return err
}

// certificate finds the signer's.
func (d *signedData) certificate(among []*smx509.Certificate) (*smx509.Certificate, bool) {
	for _, c := range among {
		if bytes.Equal(c.RawIssuer, d.signer.issuer) && c.SerialNumber.Cmp(&d.signer.serial) == 0 {
			return c, true
		}
	}
	return nil, false
}
