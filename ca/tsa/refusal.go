package tsa

import (
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// failure is a bit of PKIFailureInfo (RFC 3161, section 2.4.2).
type failure uint

const (
	badAlg              failure = 0
	badRequest          failure = 2
	badDataFormat       failure = 5
	timeNotAvailable    failure = 14
	unacceptedPolicy    failure = 15
	unacceptedExtension failure = 16
	systemFailure       failure = 25
)

// PKIStatus.
const (
	granted   = 0
	rejection = 2
)

// refusal is why there is no token; its text is for the client.
type refusal struct {
	failure failure
	text    string
}

func badData(text string) *refusal { return &refusal{badDataFormat, text} }

// reply is the whole TimeStampResp.
func (r *refusal) reply() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(rejection)
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.UTF8String, func(b *cryptobyte.Builder) { b.AddBytes([]byte(r.text)) })
			})
			b.AddASN1(tag.BIT_STRING, r.failure.add)
		})
	})
	return b.BytesOrPanic()
}

// add writes a named bit list, which ends with its last bit that is set (X.690, section 11.2.2).
func (f failure) add(b *cryptobyte.Builder) {
	bits := make([]byte, f/8+1)
	bits[f/8] = 0x80 >> (f % 8)
	b.AddUint8(uint8(7 - f%8))
	b.AddBytes(bits)
}
