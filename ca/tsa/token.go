package tsa

import (
	"crypto/rand"
	"encoding/asn1"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca/cms"
)

var oidTSTInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}

// token signs a TSTInfo and returns the whole TimeStampResp.
func (s *Service) token(by *stamper, r request, at time.Time) ([]byte, error) {
	info, err := s.info(r, at)
	if err != nil {
		return nil, err
	}
	token, err := by.signer.Sign(cms.Message{Type: oidTSTInfo, Content: info, Certificates: r.certificates})
	if err != nil {
		return nil, err
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, len(token)+16))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(granted) })
		b.AddBytes(token)
	})
	return b.Bytes()
}

// info is a TSTInfo (RFC 3161, section 2.4.2).
func (s *Service) info(r request, at time.Time) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, 192))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1ObjectIdentifier(r.policy)
		b.AddBytes(r.imprint)
		b.AddASN1(tag.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(newSerial()) })
		b.AddASN1(tag.GeneralizedTime, func(b *cryptobyte.Builder) { b.AddBytes(genTime(at)) })
		b.AddBytes(s.accuracy)
		b.AddBytes(r.nonce)
	})
	return b.Bytes()
}

// newSerial is a positive integer of 134 random bits: RFC 3161 asks clients to take 160.
func newSerial() []byte {
	serial := make([]byte, 17)
	_, _ = rand.Read(serial) // never fails (Go 1.24)
	serial[0] = serial[0]&0x3f | 0x40
	return serial
}

// genTime is in milliseconds, and in DER a fraction has no zeros at its end.
func genTime(at time.Time) []byte { return at.UTC().AppendFormat(nil, "20060102150405.999Z") }

// accuracyOf is Accuracy, DER.
func accuracyOf(d time.Duration) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		if seconds := int64(d / time.Second); seconds > 0 {
			b.AddASN1Int64(seconds)
		}
		if millis := int64(d % time.Second / time.Millisecond); millis > 0 {
			b.AddASN1Int64WithTag(millis, tag.Tag(0).ContextSpecific())
		}
	})
	return b.BytesOrPanic()
}
