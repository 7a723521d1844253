package status

import (
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// crl is what is to be signed as a CRL.
type crl struct {
	number     int64
	this, next time.Time
	address    string // the issuing distribution point
	entries    []entry
}

// Contents of object identifiers (RFC 5280, sections 5.2 and 5.3).
var (
	oidCRLNumber    = []byte{0x55, 0x1d, 20}
	oidReason       = []byte{0x55, 0x1d, 21}
	oidDistribution = []byte{0x55, 0x1d, 28}
	oidAuthorityKey = []byte{0x55, 0x1d, 35}
)

// signCRL makes a CertificateList, DER.
func (a *authority) signCRL(c crl) ([]byte, error) {
	revoked := revokedCertificates(c.entries, c.this)
	b := cryptobyte.NewBuilder(make([]byte, 0, len(revoked)+512))
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1) // v2
		b.AddBytes(a.lists.Identifier())
		b.AddBytes(a.subject)
		b.AddBytes(appendTime(nil, c.this))
		b.AddBytes(appendTime(nil, c.next))
		if len(revoked) > 0 { // an empty list must be absent
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddBytes(revoked) })
		}
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				addExtension(b, oidAuthorityKey, false, authorityKey(a.keyID))
				addExtension(b, oidCRLNumber, false, func(b *cryptobyte.Builder) { b.AddASN1Int64(c.number) })
				addExtension(b, oidDistribution, true, distributionPoint(c.address))
			})
		})
	})
	tbs, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return a.lists.signed(tbs, nil)
}

func addExtension(b *cryptobyte.Builder, oid []byte, critical bool, value cryptobyte.BuilderContinuation) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.OBJECT_IDENTIFIER, func(b *cryptobyte.Builder) { b.AddBytes(oid) })
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(tag.OCTET_STRING, value)
	})
}

func authorityKey(id []byte) cryptobyte.BuilderContinuation {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(id) })
		})
	}
}

// distributionPoint is IssuingDistributionPoint with one URI as full name and onlyContainsUserCerts.
func distributionPoint(address string) cryptobyte.BuilderContinuation {
	return func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
					b.AddASN1(tag.Tag(6).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes([]byte(address)) })
				})
			})
			b.AddASN1(tag.Tag(1).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddUint8(0xff) })
		})
	}
}

// revokedCertificates writes the entries one after the other. There may be a million of them, so it does without a builder: no
// entry reaches the length of 128 octets from which lengths take more than one. None is revoked later than the list is made.
func revokedCertificates(entries []entry, this time.Time) []byte {
	out := make([]byte, 0, len(entries)*50)
	for i := range entries {
		e := &entries[i]
		start := len(out)
		out = append(out, byte(tag.SEQUENCE), 0, byte(tag.INTEGER), e.length)
		out = append(out, e.number()...)
		out = appendTime(out, time.Unix(min(e.at, this.Unix()), 0).UTC())
		if e.reason != 0 {
			out = append(out, 0x30, 0x0c, 0x30, 0x0a, 6, 3, 0x55, 0x1d, 21, 4, 3, byte(tag.ENUM), 1, e.reason)
		}
		out[start+1] = byte(len(out) - start - 2)
	}
	return slices.Clip(out)
}

// appendTime writes Time: UTCTime through 2049, GeneralizedTime after (RFC 5280, section 5.1.2.4).
func appendTime(out []byte, t time.Time) []byte {
	if t.Year() < 2050 {
		return t.AppendFormat(append(out, byte(tag.UTCTime), 13), "060102150405Z")
	}
	return t.AppendFormat(append(out, byte(tag.GeneralizedTime), 15), "20060102150405Z")
}
