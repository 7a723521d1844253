package status

import (
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca"
)

// failure is an OCSPResponseStatus other than successful (RFC 6960, section 4.2.1).
type failure byte

const (
	malformedRequest failure = 1
	tryLater         failure = 3
	unauthorized     failure = 6
)

// der is the whole answer: failures are not signed.
func (f failure) der() []byte { return []byte{0x30, 3, byte(tag.ENUM), 1, byte(f)} }

// verdict is what an answer says about one certificate.
type verdict struct {
	known   bool
	revoked time.Time // zero: good
	reason  int
}

// verdictOf judges a row. What was abandoned may have been signed, and is revoked whatever else the row says. Nothing is revoked
// later than the check, even where another node's clock is ahead: clients would take that for good.
func verdictOf(s ca.Status, checked time.Time) verdict {
	v := verdict{known: s.Known}
	switch {
	case !s.Known || s.Revoked.IsZero() && s.State != ca.StateAbandoned:
		return v
	case s.Revoked.IsZero():
		v.revoked, v.reason = checked, ca.CessationOfOperation
	default:
		v.revoked, v.reason = earlier(s.Revoked.Truncate(time.Second), checked), s.Reason
	}
	return v
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// singleResponse is one SingleResponse, DER.
func singleResponse(id certID, v verdict, this, next time.Time) []byte {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(id.raw)+80))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(id.raw)
		v.add(b)
		b.AddASN1GeneralizedTime(this)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1GeneralizedTime(next) })
	})
	return b.BytesOrPanic()
}

// add writes CertStatus. The reason unspecified is left out, as in CRLs (RFC 5280, section 5.3.1).
func (v verdict) add(b *cryptobyte.Builder) {
	switch {
	case !v.known:
		b.AddBytes([]byte{byte(tag.Tag(2).ContextSpecific()), 0})
	case v.revoked.IsZero():
		b.AddBytes([]byte{byte(tag.Tag(0).ContextSpecific()), 0})
	default:
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1GeneralizedTime(v.revoked)
			if v.reason != ca.Unspecified {
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1Enum(int64(v.reason)) })
			}
		})
	}
}

// sign puts single responses into a signed OCSPResponse, DER. A nil nonce is left out.
func (a *authority) sign(produced time.Time, nonce []byte, singles ...[]byte) ([]byte, error) {
	by := a.answers.Load()
	data := cryptobyte.NewBuilder(make([]byte, 0, 256))
	data.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(by.responder)
		b.AddASN1GeneralizedTime(produced)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			for _, single := range singles {
				b.AddBytes(single)
			}
		})
		if nonce != nil {
			b.AddASN1(explicit(1), func(b *cryptobyte.Builder) { addNonce(b, nonce) })
		}
	})
	tbs, err := data.Bytes()
	if err != nil {
		return nil, err
	}
	basic, err := by.signed(tbs, by.chain)
	if err != nil {
		return nil, err
	}
	return successful(basic)
}

func addNonce(b *cryptobyte.Builder, nonce []byte) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oidNonce) })
			b.AddASN1(tag.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(nonce) })
		})
	})
}

// successful wraps a BasicOCSPResponse.
func successful(basic []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, len(basic)+40))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Enum(0)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(tag.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oidBasic) })
				b.AddASN1OctetString(basic)
			})
		})
	})
	return b.Bytes()
}
