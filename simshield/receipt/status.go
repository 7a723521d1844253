package receipt

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"math/big"
	"time"

	"github.com/emmansun/gmsm/smx509"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca/tsp"
)

// Clocks of the time stamp and the response, and how far apart they are asked for.
const (
	skew     = time.Second
	sealTime = time.Minute
)

var (
	oidBasic = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 1}
	oidNonce = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 2}
)

// certID names a certificate by SHA-256 (RFC 6960, section 4.1.1), DER.
func certID(issuer *smx509.Certificate, serial *big.Int) []byte {
	name, key := sha256.Sum256(issuer.RawSubject), sha256.Sum256(keyBits(issuer))
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(tsp.SHA256) })
		b.AddASN1OctetString(name[:])
		b.AddASN1OctetString(key[:])
		b.AddASN1BigInt(serial)
	})
	return b.BytesOrPanic()
}

// keyBits is what key hashes are made over: the BIT STRING without its count of unused bits.
func keyBits(c *smx509.Certificate) (bits []byte) {
	s, info := cryptobyte.String(c.RawSubjectPublicKeyInfo), cryptobyte.String(nil)
	_ = s.ReadASN1(&info, tag.SEQUENCE) && info.SkipASN1(tag.SEQUENCE) && info.ReadASN1BitStringAsBytes(&bits) // the certificate was parsed
	return bits
}

// statusRequest is an OCSPRequest about one certificate, with a nonce (RFC 9654).
func statusRequest(id, nonce []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(id) })
			})
			b.AddASN1(explicit(2), func(b *cryptobyte.Builder) {
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(nonceExtension(nonce)) })
			})
		})
	})
	return b.BytesOrPanic()
}

func nonceExtension(nonce []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidNonce)
		b.AddASN1(tag.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
	})
	return b.BytesOrPanic()
}

// state is a CertStatus.
type state int

const (
	good state = iota
	revoked
	unknown
)

// status is an OCSPResponse about one certificate with a nonce, as it was read. Nothing in it is verified.
type status struct {
	signed     []byte // ResponseData, DER
	algorithm  []byte // AlgorithmIdentifier, DER
	signature  []byte
	delegate   []byte // certificate, DER
	produced   time.Time
	certID     []byte // DER
	state      state
	this, next time.Time
	extension  []byte // DER
}

// about tells whether a response is about that certificate, and answers the request with that nonce.
func (s status) about(id, nonce []byte) bool {
	return bytes.Equal(s.certID, id) && bytes.Equal(s.extension, nonceExtension(nonce))
}

// follows tells whether the certificate was looked at at or after the time stamp, as far as clocks agree, and soon.
func (s status) follows(stamped time.Time) bool {
	earliest := stamped.Add(-skew).Truncate(time.Second) // responses have whole seconds
	return !s.this.Before(earliest) && !s.produced.Before(s.this) && !s.next.Before(s.produced) && s.produced.Before(stamped.Add(sealTime))
}

// readStatus reads an OCSPResponse (RFC 6960, section 4.2.1) with one answer, one certificate and one extension, as a request by
// statusRequest has it answered.
func readStatus(der []byte) (status, error) {
	var s status
	in := cryptobyte.String(der)
	var outer, wrapped, typed, octets, basic, certificates, list cryptobyte.String
	var code int
	var kind asn1.ObjectIdentifier
	ok := in.ReadASN1(&outer, tag.SEQUENCE) && in.Empty() && outer.ReadASN1Enum(&code) && code == 0 &&
		outer.ReadASN1(&wrapped, explicit(0)) && outer.Empty() && wrapped.ReadASN1(&typed, tag.SEQUENCE) && wrapped.Empty() &&
		typed.ReadASN1ObjectIdentifier(&kind) && kind.Equal(oidBasic) && typed.ReadASN1(&octets, tag.OCTET_STRING) && typed.Empty() &&
		octets.ReadASN1(&basic, tag.SEQUENCE) && octets.Empty() &&
		readElement(&basic, &s.signed) && readElement(&basic, &s.algorithm) && basic.ReadASN1BitStringAsBytes(&s.signature) &&
		basic.ReadASN1(&certificates, explicit(0)) && basic.Empty() &&
		certificates.ReadASN1(&list, tag.SEQUENCE) && certificates.Empty() && readElement(&list, &s.delegate) && list.Empty()
	if !ok || !s.readData() {
		return status{}, invalid(ReasonMalformed, "not a successful OCSP response about one certificate with a nonce")
	}
	return s, nil
}

func readElement(in *cryptobyte.String, out *[]byte) bool {
	var element cryptobyte.String
	ok := in.ReadASN1Element(&element, tag.SEQUENCE)
	*out = element
	return ok
}

// readData reads the ResponseData. The responder's name is not looked at: its certificate is there.
func (s *status) readData() bool {
	in := cryptobyte.String(s.signed)
	var data, responses, extensions, list cryptobyte.String
	var responder tag.Tag
	return in.ReadASN1(&data, tag.SEQUENCE) && data.ReadAnyASN1(&list, &responder) && data.ReadASN1GeneralizedTime(&s.produced) &&
		data.ReadASN1(&responses, tag.SEQUENCE) && data.ReadASN1(&extensions, explicit(1)) && data.Empty() &&
		s.readSingle(&responses) && responses.Empty() &&
		extensions.ReadASN1(&list, tag.SEQUENCE) && extensions.Empty() && readElement(&list, &s.extension) && list.Empty()
}

func (s *status) readSingle(in *cryptobyte.String) bool {
	var single, what, next cryptobyte.String
	var choice tag.Tag
	if !in.ReadASN1(&single, tag.SEQUENCE) || !readElement(&single, &s.certID) || !single.ReadAnyASN1(&what, &choice) {
		return false
	}
	switch choice {
	case tag.Tag(0).ContextSpecific():
		s.state = good
	case explicit(1):
		s.state = revoked
	default:
		s.state = unknown
	}
	return single.ReadASN1GeneralizedTime(&s.this) && single.ReadASN1(&next, explicit(0)) && next.ReadASN1GeneralizedTime(&s.next) && next.Empty() &&
		single.Empty()
}

func explicit(n uint8) tag.Tag { return tag.Tag(n).ContextSpecific().Constructed() }
