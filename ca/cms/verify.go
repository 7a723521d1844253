package cms

import (
	"bytes"
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Usage is an extended key usage that a signer's chain must allow.
type Usage int

// The usages.
const (
	AnyUsage     Usage = iota
	TimeStamping       // id-kp-timeStamping
)

// Verifier believes in signers with a chain to its roots. It is safe for concurrent use.
type Verifier struct {
	roots *smx509.CertPool
	known []*smx509.Certificate
	usage Usage
}

// NewVerifier takes roots, DER, and further certificates that messages may leave out: signers' and intermediate ones.
func NewVerifier(usage Usage, roots [][]byte, further ...[]byte) (*Verifier, error) {
	if len(roots) == 0 {
		return nil, errors.New("cms: no roots to verify with")
	}
	v := &Verifier{roots: smx509.NewCertPool(), usage: usage}
	for _, der := range roots {
		c, err := smx509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("cms: a root: %w", err)
		}
		v.roots.AddCert(c)
	}
	for _, der := range further {
		c, err := smx509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("cms: a certificate: %w", err)
		}
		v.known = append(v.known, c)
	}
	return v, nil
}

// Signed is what somebody signed. All of it is verified.
type Signed struct {
	Type    asn1.ObjectIdentifier
	Content []byte
	// Signer is the signer's certificate, DER.
	Signer []byte
	// SigningTime is what the signer says; zero: nothing.
	SigningTime time.Time
	// Attributes are all signed ones.
	Attributes []Attribute
	// Signature is the signature's value: what a signature time stamp is over (RFC 5126, section 6.1.1).
	Signature []byte
}

// Verify checks signed data and the signer's chain as it was at an instant. The content is given where the message leaves it out,
// and nil where it does not.
func (v *Verifier) Verify(der, content []byte, at time.Time) (*Signed, error) {
	d, err := parse(der)
	if err != nil {
		return nil, err
	}
	if d.detached != (content != nil) {
		return nil, refuse(ReasonMalformed, "content is either in the message or beside it")
	}
	if d.detached {
		d.content = content
	}
	certificate, ok := d.certificate(slices.Concat(d.certificates, v.known))
	if !ok {
		return nil, refuse(ReasonCertificate, "the signer's certificate is not there")
	}
	if err := d.verify(certificate); err != nil {
		return nil, err
	}
	if err := v.trust(certificate, d.certificates, at); err != nil {
		return nil, err
	}
	claimed, err := signingTime(d.signer.attributes.get(oidSigningTime))
	if err != nil {
		return nil, err
	}
	return &Signed{Type: d.kind, Content: d.content, Signer: certificate.Raw, SigningTime: claimed, Attributes: d.signer.attributes,
		Signature: d.signer.signature}, nil
}

// verify checks the attributes against content and certificate, and the signature over them.
func (d *signedData) verify(certificate *smx509.Certificate) error {
	signer := d.signer
	var kind asn1.ObjectIdentifier
	if value := signer.attributes.get(oidContentType); !value.ReadASN1ObjectIdentifier(&kind) || !kind.Equal(d.kind) {
		return refuse(ReasonAltered, "the content is of another type than was signed")
	}
	var sum cryptobyte.String
	if value := signer.attributes.get(oidDigest); !value.ReadASN1(&sum, tag.OCTET_STRING) || !bytes.Equal(sum, d.sum()) {
		return refuse(ReasonAltered, "the content is not what was signed")
	}
	if err := namesCertificate(signer.attributes.get(oidCertificate), certificate); err != nil {
		return err
	}
	if !signer.suite.verify(certificate.PublicKey, wrap(tag.SET, signer.signed), signer.signature) {
		return refuse(ReasonSignature, "the signature is not by the certificate's key")
	}
	return nil
}

// sum is the digest of the content.
func (d *signedData) sum() []byte {
	if d.digest != nil {
		return d.digest
	}
	return d.signer.suite.sum(d.content)
}

// trust checks that the certificate may sign, and has a chain to a root.
func (v *Verifier) trust(c *smx509.Certificate, along []*smx509.Certificate, at time.Time) error {
	if at.IsZero() {
		return refuse(ReasonUntrusted, "no instant at which to judge the certificate")
	}
	if c.KeyUsage != 0 && c.KeyUsage&(smx509.KeyUsageDigitalSignature|smx509.KeyUsageContentCommitment) == 0 {
		return refuse(ReasonUntrusted, "the certificate's key is not for signatures")
	}
	between := smx509.NewCertPool()
	for _, other := range slices.Concat(along, v.known) {
		between.AddCert(other)
	}
	usage := smx509.ExtKeyUsageAny
	if v.usage == TimeStamping {
		usage = smx509.ExtKeyUsageTimeStamping
	}
	if _, err := c.Verify(smx509.VerifyOptions{Roots: v.roots, Intermediates: between, CurrentTime: at, KeyUsages: []smx509.ExtKeyUsage{usage}}); err != nil {
		return refuseFor(ReasonUntrusted, "no chain to a root that is good for this at that instant", err)
	}
	return nil
}

// signingTime reads the attribute, which may be absent.
func signingTime(value cryptobyte.String) (at time.Time, err error) {
	if value == nil {
		return at, nil
	}
	if value.PeekASN1Tag(tag.UTCTime) && value.ReadASN1UTCTime(&at) || value.ReadASN1GeneralizedTime(&at) {
		return at, nil
	}
	return at, refuse(ReasonMalformed, "a signing time that is none")
}
