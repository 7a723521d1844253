package cms

import (
	"errors"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Scheme is how a key signs that is elsewhere, such as in a SIM.
type Scheme int

// The schemes.
const (
	P256SHA256 Scheme = iota + 1 // ECDSA on P-256 with SHA-256
	SM2SM3                       // SM2 with SM3, under the identity 1234567812345678
)

func (s Scheme) digest() (digest, error) {
	switch s {
	case P256SHA256:
		return digestSHA256, nil
	case SM2SM3:
		return digestSM3, nil
	}
	return digest{}, errors.New("cms: an unknown scheme")
}

// SignedAttributes returns what a key that is elsewhere signs: the SET OF signed attributes, DER. The certificate is named by the
// digest of its DER alone, by the scheme's hash function: whoever signs need not hold the certificate. Of the message, where the
// content goes does not matter.
func SignedAttributes(s Scheme, m Message, certificate []byte) ([]byte, error) {
	d, err := s.digest()
	if err != nil {
		return nil, err
	}
	if len(certificate) != d.new().Size() {
		return nil, errors.New("cms: not a digest of the certificate")
	}
	set, err := m.signedAttributes(d, signingCertificate(d, certificate, nil))
	if err != nil {
		return nil, err
	}
	return wrap(tag.SET, set), nil
}

// Assemble returns a ContentInfo, DER, of a message, the SET OF attributes that were signed elsewhere, the signature over them as
// the scheme has it in ASN.1, the certificate and those that go along. It checks all that [Verifier.Verify] checks but the chain;
// the message's own Attributes are not looked at.
func Assemble(m Message, set, signature, certificate []byte, along ...[]byte) ([]byte, error) {
	a, err := newAuthor(certificate, along)
	if err != nil {
		return nil, err
	}
	s, signed := cryptobyte.String(set), cryptobyte.String(nil)
	if !s.ReadASN1(&signed, tag.SET) || !s.Empty() {
		return nil, refuse(ReasonMalformed, "no set of signed attributes")
	}
	d := signedData{kind: m.kind(), content: m.Content, digest: m.Digest, signer: signerInfo{suite: a.suite, signed: signed, signature: signature}}
	if d.signer.attributes, err = readAttributes(signed); err != nil {
		return nil, err
	}
	if err := d.verify(a.certificate); err != nil {
		return nil, err
	}
	return a.contentInfo(m, signed, signature)
}
