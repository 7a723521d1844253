package applet

import (
	"encoding/asn1"

	"simtrust/ca/cms"
)

// ContentType is that of a statement in signed data: an arc for documentation (RFC 5612, section 3.1).
var ContentType = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 32473, 2, 1}

func (a Algorithm) scheme() cms.Scheme {
	if a == SM2 {
		return cms.SM2SM3
	}
	return cms.P256SHA256
}

// SignedAttributes is what the applet signs for [Confirm]: the DER of the SET OF content-type, message-digest of the statement and
// signing-certificate-v2, which names the certificate by the digest that [Install] brought (RFC 5652, section 5.4; RFC 5035).
func SignedAttributes(a Algorithm, statement []byte, certificate [32]byte) ([]byte, error) {
	return cms.SignedAttributes(a.scheme(), message(a, statement), certificate[:])
}

// Assemble puts statement, signed attributes and signature together as signed data (RFC 5652; under SM2 in the form of GB/T 35275),
// with the certificate and those that go along with it towards a root, all DER. It fails where they do not belong together.
func Assemble(a Algorithm, statement, set []byte, s Signature, certificate []byte, along ...[]byte) ([]byte, error) {
	return cms.Assemble(message(a, statement), set, s.ASN1(), certificate, along...)
}

func message(a Algorithm, statement []byte) cms.Message {
	return cms.Message{Type: ContentType, Content: statement, Certificates: true, GM: a == SM2}
}
