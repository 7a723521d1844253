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
	*author
	key    crypto.Signer
	naming Attribute // signing-certificate-v2
}

// NewSigner takes the key, its certificate and the certificates that go along with it towards a root, all DER. It fails where the
// key is not the certificate's.
func NewSigner(key crypto.Signer, certificate []byte, along ...[]byte) (*Signer, error) {
	a, err := newAuthor(certificate, along)
	if err != nil {
		return nil, err
	}
	held, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !held.Equal(a.certificate.PublicKey) {
		return nil, errors.New("cms: the key is not that of the certificate")
	}
	naming := digestSHA256
	if a.family == familySM2 {
		naming = digestSM3
	}
	return &Signer{author: a, key: key, naming: signingCertificate(naming, naming.sum(a.certificate.Raw), a.certificate)}, nil
}

// author is the signer as a message names it.
type author struct {
	suite
	certificate  *smx509.Certificate
	identity     []byte // IssuerAndSerialNumber, DER
	digestID     []byte // AlgorithmIdentifier, DER
	certificates []byte // content of the CertificateSet
}

func newAuthor(certificate []byte, along [][]byte) (*author, error) {
	c, err := smx509.ParseCertificate(certificate)
	if err != nil {
		return nil, fmt.Errorf("cms: the signer's certificate: %w", err)
	}
	a := &author{certificate: c, certificates: setOf(append([][]byte{c.Raw}, along...))}
	if a.suite, err = suiteOf(c.PublicKey); err != nil {
		return nil, err
	}
	a.digestID = algorithmID(a.oid, false)
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(c.RawIssuer)
		b.AddASN1BigInt(c.SerialNumber)
	})
	a.identity, err = b.Bytes()
	return a, err
}

// Message is what is signed.
type Message struct {
	// Type is the type of the content; nil: data.
	Type    asn1.ObjectIdentifier
	Content []byte
	// Digest stands for content that is elsewhere: its hash, by the function that goes with the key. The message is detached.
	Digest []byte
	// Detached leaves the content out: the verifier has it.
	Detached bool
	// Certificates puts the signer's certificates in.
	Certificates bool
	// Attributes are signed beside those that doc.go names.
	Attributes []Attribute
	// Unsigned are carried beside the signature (RFC 5652, section 5.3): a time stamp over it.
	Unsigned []Attribute
	// GM writes what GB/T 35275 asks for where that differs: its own identifiers of data and signed data, and its one version. Only
	// SM2 signs such messages.
	GM bool
}

// kind is the type of the content.
func (m Message) kind() asn1.ObjectIdentifier {
	switch {
	case m.Type != nil:
		return m.Type
	case m.GM:
		return oidDataGM
	}
	return oidData
}

// sum is the digest of the content.
func (m Message) sum(d digest) ([]byte, error) {
	switch {
	case m.Digest == nil:
		return d.sum(m.Content), nil
	case m.Content != nil || len(m.Digest) != d.new().Size():
		return nil, errors.New("cms: a digest beside the content, or of another function than the signature's")
	}
	return m.Digest, nil
}

// Sign returns a ContentInfo, DER.
func (s *Signer) Sign(m Message) ([]byte, error) {
	signed, err := m.signedAttributes(s.digest, s.naming)
	if err != nil {
		return nil, err
	}
	signature, err := crypto.SignMessage(s.key, rand.Reader, wrap(tag.SET, signed), s.options())
	if err != nil {
		return nil, err
	}
	return s.contentInfo(m, signed, signature)
}

// signedAttributes returns the content of the SET OF signed attributes.
func (m Message) signedAttributes(d digest, naming Attribute) ([]byte, error) {
	var kind, sum cryptobyte.Builder
	kind.AddASN1ObjectIdentifier(m.kind())
	content, err := m.sum(d)
	if err != nil {
		return nil, err
	}
	sum.AddASN1OctetString(content)
	kindDER, err := kind.Bytes()
	if err != nil {
		return nil, err
	}
	var all [][]byte
	for _, a := range append([]Attribute{{oidContentType, kindDER}, {oidDigest, sum.BytesOrPanic()}, naming}, m.Attributes...) {
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

// contentInfo writes the message with the content of the SET OF signed attributes and the signature over that set.
func (a *author) contentInfo(m Message, signed, signature []byte) ([]byte, error) {
	outer := oidSignedData
	if m.GM {
		outer = oidSignedGM
	}
	if m.GM && a.family != familySM2 {
		return nil, errors.New("cms: a message after GB/T 35275 by a key other than SM2")
	}
	var unsigned [][]byte
	for _, attribute := range m.Unsigned {
		der, err := attribute.der()
		if err != nil {
			return nil, err
		}
		unsigned = append(unsigned, der)
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, 1024+len(m.Content)+len(a.certificates)))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(outer)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { a.addSignedData(b, m, signed, signature, setOf(unsigned)) })
		})
	})
	return b.Bytes()
}

func (a *author) addSignedData(b *cryptobyte.Builder, m Message, signed, signature, unsigned []byte) {
	b.AddASN1Int64(versionFor(m.kind(), m.GM))
	b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { b.AddBytes(a.digestID) })
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(m.kind())
		if !m.Detached && m.Digest == nil {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(m.Content) })
		}
	})
	if m.Certificates {
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(a.certificates) })
	}
	b.AddASN1(tag.SET, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddBytes(a.identity)
			b.AddBytes(a.digestID)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddBytes(signed) })
			b.AddBytes(a.suite.signature)
			b.AddASN1OctetString(signature)
			if len(unsigned) > 0 {
				b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { b.AddBytes(unsigned) })
			}
		})
	})
}

// versionFor is the version of SignedData (RFC 5652, section 5.1; GB/T 35275, section 8.1) with X.509 certificates and signers named
// by their issuer.
func versionFor(content asn1.ObjectIdentifier, gm bool) int64 {
	if gm || content.Equal(oidData) {
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
