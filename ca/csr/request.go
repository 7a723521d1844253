package csr

import (
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/netip"
)

// Algorithm names the key of a request.
type Algorithm string

// The algorithms of accepted keys.
const (
	P256 Algorithm = "P-256"
	P384 Algorithm = "P-384"
	RSA  Algorithm = "RSA"
	SM2  Algorithm = "SM2"
)

// MaxSize bounds a request, in octets. One with a 4096-bit key and twenty names stays under 3 KiB.
const MaxSize = 16 << 10

// Request is a certification request whose signature and key were checked.
type Request struct {
	// Raw is the whole request as it came.
	Raw []byte
	// RawSubject is the subject's DER as it was signed, Subject the same parsed.
	RawSubject []byte
	Subject    pkix.RDNSequence
	// PublicKey is *rsa.PublicKey or *ecdsa.PublicKey; an SM2 key is the latter on sm2.P256().
	PublicKey crypto.PublicKey
	Algorithm Algorithm
	// SPKI is the SubjectPublicKeyInfo's DER, SPKIHash its SHA-256.
	SPKI     []byte
	SPKIHash [32]byte
	// SANs are the subject alternative names asked for, of every type.
	SANs
	// KeyUsage and ExtKeyUsage are what the request asks for; zero where it does not say.
	KeyUsage    x509.KeyUsage
	ExtKeyUsage []asn1.ObjectIdentifier
	// Extensions are all extensions asked for, raw, in the request's order.
	Extensions []pkix.Extension
	// Challenge is the challengePassword attribute (RFC 2985 §5.4.1), or "".
	Challenge string
}

// SANs are subject alternative names (RFC 5280 §4.2.1.6), each kind in the order asked for.
type SANs struct {
	DNSNames []string
	Emails   []string
	URIs     []string
	IPs      []netip.Addr
	// UPNs are Microsoft user principal names (otherName 1.3.6.1.4.1.311.20.2.3).
	UPNs []string
	// OtherNames are all other forms: otherName by its type, and directoryName, registeredID, x400Address and ediPartyName by
	// their GeneralName tag. An authority that does not know one refuses it.
	OtherNames []OtherName
}

// OtherName is a subject alternative name of a form that has no field of its own.
type OtherName struct {
	// Tag is the GeneralName's context tag: 0 otherName, 3 x400Address, 4 directoryName, 5 ediPartyName, 8 registeredID.
	Tag int
	// Type is the otherName's type-id; nil for other tags.
	Type asn1.ObjectIdentifier
	// Value is the otherName's value, or the name's content, DER.
	Value []byte
}

// Empty says whether no name at all was asked for.
func (s SANs) Empty() bool {
	return len(s.DNSNames)+len(s.Emails)+len(s.URIs)+len(s.IPs)+len(s.UPNs)+len(s.OtherNames) == 0
}
