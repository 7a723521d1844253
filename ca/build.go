package ca

import (
	"crypto/rand"
	"encoding/binary"
	"time"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

const (
	// serialLength: one octet of the node, which keeps the sign bit clear, and 120 random bits.
	serialLength = 16
	// backdate lets a certificate work at once on clocks that are late.
	backdate      = time.Minute
	defaultShards = 16
	maxShards     = 4096
)

func newSerial(node byte) []byte {
	serial := make([]byte, serialLength)
	_, _ = rand.Read(serial) // never fails (Go 1.24)
	serial[0] = node
	return serial
}

// shardOf cuts the issuer's certificates into shards by serial number.
func shardOf(serial []byte, shards int) int {
	return int(binary.BigEndian.Uint32(serial[len(serial)-4:]) % uint32(shards))
}

// draft is a certificate that is not signed yet.
type draft struct {
	*compiled
	req       IssueReq
	named     *Profile // whose rule makes the subject's serial number: the profile, or that of the pair
	spki      []byte
	keyHash   [32]byte
	serial    []byte
	shard     int
	notBefore time.Time
	notAfter  time.Time
	tbs       []byte
}

func (d *draft) id() string { return CertificateID(d.issuer.ID, d.serial) }

// build writes the TBSCertificate (RFC 5280, section 4.1). The issuer's name is copied octet by octet.
func (d *draft) build(subjectSerial string) error {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1Int64(2) }) // v3
		b.AddASN1(tag.INTEGER, func(b *cryptobyte.Builder) { b.AddBytes(d.serial) })
		b.AddBytes(d.issuer.Algorithm.Identifier())
		b.AddBytes(d.issuer.Subject)
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			appendTime(b, d.notBefore)
			appendTime(b, d.notAfter)
		})
		d.profile.appendSubject(b, &d.req.Subject, subjectSerial)
		b.AddBytes(d.spki)
		b.AddASN1(tag.Tag(3).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, d.appendExtensions)
		})
	})
	var err error
	d.tbs, err = b.Bytes()
	return err
}

func (d *draft) appendExtensions(b *cryptobyte.Builder) {
	b.AddBytes(d.extensions)
	appendSubjectKeyID(b, d.spki)
	if !d.profile.NoStatus {
		appendCRLDistribution(b, d.urls.CRL(d.issuer.ID, d.shard))
	}
	appendSANs(b, &d.req.SANs, d.req.Subject == Subject{} && !d.profile.Tenured)
}

// appendTime writes UTCTime through 2049 and GeneralizedTime from 2050 (RFC 5280, section 4.1.2.5).
func appendTime(b *cryptobyte.Builder, t time.Time) {
	if t = t.UTC(); t.Year() >= 2050 {
		b.AddASN1GeneralizedTime(t)
		return
	}
	b.AddASN1UTCTime(t)
}
