package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Signer signs with one key. It is safe for concurrent use as far as the key is.
type Signer struct {
	suite
	key          crypto.Signer
	certificate  *smx509.Certificate
	identity     []byte // IssuerAndSerialNumber, DER
	digestID     []byte // AlgorithmIdentifier, DER
	certificates []byte // content of the CertificateSet
	naming       []byte // signing-certificate-v2, DER
}

// NewSigner takes the key, its certificate and the certificates that go along with it towards a root, all DER. It fails where the
// key is not the certificate's.
func NewSigner(key crypto.Signer, certificate []byte, along ...[]byte) (*Signer, error) {
	c, err := smx509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("cms: the signer's certificate: %w", err)
	}
	s := &Signer{key: key, certificate: c, certificates: setOf(append([][]byte{c.Raw}, along...))}
	if s.suite, err = suiteOf(c.PublicKey); err != nil {
		return nil, err
	}
	held, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !held.Equal(c.PublicKey) {
		return nil, errors.New("cms: the key is not that of the certificate")
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(c.RawIssuer)
		b.AddASN1BigInt(c.SerialNumber)
	})
	if s.identity, err = b.Bytes(); err != nil {
		return nil, err
	}
	s.digestID = algorithmID(s.oid, false)
	naming := digestSHA256
	if s.family == familySM2 {
		naming = digestSM3
	}
	s.naming, err = signingCertificate(c, naming).der()
	return s, err
}

// Message is what is signed.
type Message struct {
	// Type is the type of the content; nil: id-data.
	Type    asn1.ObjectIdentifier
	Content []byte
	// Detached leaves the content out: the verifier has it.
	Detached bool
	// Certificates puts the signer's certificates in.
	Certificates bool
	// Attributes are signed beside those that doc.go names.
	Attributes []Attribute
}

// Sign returns a ContentInfo, DER.
func (s *Signer) Sign(m Message) ([]byte, error) {
	if m.Type == nil {
		m.Type = oidData
	}
	signed, err := s.attributes(m)
	if err != nil {
		return nil, err
	}
	signature, err := crypto.SignMessage(s.key, rand.Reader, wrap(tag.SET, signed), s.options())
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, 1024+len(m.Content)+len(s.certificates)))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { s.addSignedData(b, m, signed, signature) })
		})
	})
	return b.Bytes()
}

// attributes returns the content of the SET OF signed attributes.
func (s *Signer) attributes(m Message) ([]byte, error) {
	var kind, sum cryptobyte.Builder
	kind.AddASN1ObjectIdentifier(m.Type)
	sum.AddASN1OctetString(s.sum(m.Content))
	kindDER, err := kind.Bytes()
	if err != nil {
		return nil, err
	}
	all := [][]byte{s.naming}
	for _, a := range append([]Attribute{{oidContentType, kindDER}, {oidDigest, sum.BytesOrPanic()}}, m.Attributes...) {
		der, err := a.der()
		if err != nil {
			return nil, err
		}
		all = append(all, der)
	}
	set := setOf(all)
	if _, err := readAttributes(bytes.Clone(set)); err != nil {
		return nil, fmt.Errorf("cms: the attributes: %w", err)
	}
	return set, nil
}

func (s *Signer) addSignedData(b *cryptobyte.Builder, m Message, signed, signature []byte) {
	b.AddASN1Int64(versionFor(m.Type))
	b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(s.digestID) })
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(m.Type)
		if !m.Detached {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(m.Content) })
		}
	})
	if m.Certificates {
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(s.certificates) })
	}
	b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddBytes(s.identity)
			b.AddBytes(s.digestID)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(signed) })
			b.AddBytes(s.suite.signature)
			b.AddASN1OctetString(signature)
		})
	})
}

// versionFor is the version of SignedData (RFC 5652, section 5.1) with X.509 certificates and signers named by their issuer.
func versionFor(content asn1.ObjectIdentifier) int64 {
	if content.Equal(oidData) {
		return 1
	}
	return 3
}

func explicit(n uint8) tag.Tag { return tag.Tag(n).ContextSpecific().Constructed() }

func wrap(t tag.Tag, content []byte) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(content)+6))
	b.AddASN1(t, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.BytesOrPanic()
}
