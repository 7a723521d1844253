package ca

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/bits"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidSubjectKeyID     = asn1.ObjectIdentifier{2, 5, 29, 14}
	oidKeyUsage         = asn1.ObjectIdentifier{2, 5, 29, 15}
	oidSAN              = asn1.ObjectIdentifier{2, 5, 29, 17}
	oidBasicConstraints = asn1.ObjectIdentifier{2, 5, 29, 19}
	oidCRLDistribution  = asn1.ObjectIdentifier{2, 5, 29, 31}
	oidPolicies         = asn1.ObjectIdentifier{2, 5, 29, 32}
	oidAuthorityKeyID   = asn1.ObjectIdentifier{2, 5, 29, 35}
	oidExtKeyUsage      = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidAuthorityInfo    = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 1}
	oidOCSPNoCheck      = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1, 5}
	oidAccessOCSP       = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 1}
	oidAccessCAIssuers  = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 48, 2}
)

// the context tags of GeneralName (RFC 5280, section 4.2.1.6)
var (
	nameEmail = tag.Tag(1).ContextSpecific()
	nameDNS   = tag.Tag(2).ContextSpecific()
	nameURI   = tag.Tag(6).ContextSpecific()
	nameIP    = tag.Tag(7).ContextSpecific()
)

func appendExtension(b *cryptobyte.Builder, id asn1.ObjectIdentifier, critical bool, value func(b *cryptobyte.Builder)) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(id)
		if critical {
			b.AddASN1Boolean(true)
		}
		b.AddASN1(tag.OCTET_STRING, value)
	})
}

func appendRawExtension(b *cryptobyte.Builder, e pkix.Extension) {
	appendExtension(b, e.Id, e.Critical, func(b *cryptobyte.Builder) { b.AddBytes(e.Value) })
}

// fixedExtensions are those that every certificate of a profile under an issuer shares.
func (c *compiled) fixedExtensions() ([]byte, error) {
	var b cryptobyte.Builder
	p := c.profile
	appendExtension(&b, oidAuthorityKeyID, false, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.Tag(0).ContextSpecific(), func(b *cryptobyte.Builder) { b.AddBytes(c.issuer.KeyID) })
		})
	})
	appendExtension(&b, oidKeyUsage, true, func(b *cryptobyte.Builder) { appendKeyUsage(b, p.KeyUsage) })
	appendExtension(&b, oidBasicConstraints, true, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(*cryptobyte.Builder) {}) // cA FALSE is the default, and DER leaves defaults out
	})
	if len(p.ExtKeyUsage) > 0 {
		appendExtension(&b, oidExtKeyUsage, p.ExtKeyCritical, func(b *cryptobyte.Builder) { appendOIDs(b, p.ExtKeyUsage) })
	}
	appendExtension(&b, oidPolicies, false, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { appendOIDs(b, []asn1.ObjectIdentifier{c.policy}) })
	})
	if p.NoStatus {
		appendExtension(&b, oidOCSPNoCheck, false, func(b *cryptobyte.Builder) { b.AddASN1NULL() })
	} else {
		appendExtension(&b, oidAuthorityInfo, false, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				appendAccess(b, oidAccessOCSP, c.urls.OCSP(c.issuer.ID))
				appendAccess(b, oidAccessCAIssuers, c.urls.Issuer(c.issuer.ID))
			})
		})
	}
	if c.statements != nil {
		e, err := c.statements.Extension()
		if err != nil {
			return nil, err
		}
		appendRawExtension(&b, e)
	}
	return b.Bytes()
}

// appendKeyUsage writes the named bits, without trailing zero bits (X.690, section 11.2.2).
func appendKeyUsage(b *cryptobyte.Builder, usage x509.KeyUsage) {
	octet := bits.Reverse8(uint8(usage)) // none of the profiles has the ninth bit, decipherOnly
	b.AddASN1(tag.BIT_STRING, func(b *cryptobyte.Builder) {
		b.AddUint8(uint8(bits.TrailingZeros8(octet)))
		b.AddUint8(octet)
	})
}

func appendOIDs(b *cryptobyte.Builder, ids []asn1.ObjectIdentifier) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		for _, id := range ids {
			b.AddASN1ObjectIdentifier(id)
		}
	})
}

func appendAccess(b *cryptobyte.Builder, method asn1.ObjectIdentifier, url string) {
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(method)
		b.AddASN1(nameURI, func(b *cryptobyte.Builder) { b.AddBytes([]byte(url)) })
	})
}

// appendCRLDistribution names the one shard the certificate would be listed in.
func appendCRLDistribution(b *cryptobyte.Builder, url string) {
	zero := tag.Tag(0).ContextSpecific().Constructed()
	appendExtension(b, oidCRLDistribution, false, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(zero, func(b *cryptobyte.Builder) {
					b.AddASN1(zero, func(b *cryptobyte.Builder) {
						b.AddASN1(nameURI, func(b *cryptobyte.Builder) { b.AddBytes([]byte(url)) })
					})
				})
			})
		})
	})
}

// appendSubjectKeyID is the first 160 bits of SHA-256 over the key (RFC 7093, section 2, method 1).
func appendSubjectKeyID(b *cryptobyte.Builder, spki []byte) {
	id := sha256.Sum256(keyBits(spki))
	appendExtension(b, oidSubjectKeyID, false, func(b *cryptobyte.Builder) { b.AddASN1OctetString(id[:20]) })
}

// keyBits returns the content of subjectPublicKey; nil where spki is no SubjectPublicKeyInfo.
func keyBits(spki []byte) []byte {
	in := cryptobyte.String(spki)
	var info, algorithm cryptobyte.String
	var key []byte
	if !in.ReadASN1(&info, tag.SEQUENCE) || !info.ReadASN1(&algorithm, tag.SEQUENCE) || !info.ReadASN1BitStringAsBytes(&key) {
		return nil
	}
	return key
}

// appendSANs marks the extension critical where the subject is empty (RFC 5280, section 4.2.1.6).
func appendSANs(b *cryptobyte.Builder, names *SANs, critical bool) {
	if names.empty() {
		return
	}
	appendExtension(b, oidSAN, critical, func(b *cryptobyte.Builder) {
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			appendTexts(b, nameDNS, names.DNS)
			appendTexts(b, nameEmail, names.Emails)
			appendTexts(b, nameURI, names.URIs)
			for _, ip := range names.IPs {
				b.AddASN1(nameIP, func(b *cryptobyte.Builder) { b.AddBytes(ip.Unmap().AsSlice()) })
			}
		})
	})
}

func appendTexts(b *cryptobyte.Builder, kind tag.Tag, texts []string) {
	for _, s := range texts {
		b.AddASN1(kind, func(b *cryptobyte.Builder) { b.AddBytes([]byte(s)) })
	}
}
