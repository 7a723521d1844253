package est

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/keys"
)

var (
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidECKey      = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidECDSA256   = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
	curves        = map[csr.Algorithm]asn1.ObjectIdentifier{
		csr.P256: {1, 2, 840, 10045, 3, 1, 7}, csr.P384: {1, 3, 132, 0, 34}, csr.SM2: {1, 2, 156, 10197, 1, 301},
	}
)

// certsOnly is a ContentInfo of SignedData without content and signers (RFC 5652, section 5.1; RFC 7030, section 4.1.3).
func certsOnly(certificates [][]byte) ([]byte, error) {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(tag.SET, func(*cryptobyte.Builder) {})
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
				b.AddASN1(tag.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { addSorted(b, certificates) })
				b.AddASN1(tag.SET, func(*cryptobyte.Builder) {})
			})
		})
	})
	return b.Bytes()
}

// addSorted adds the members of a SET OF in the order of DER.
func addSorted(b *cryptobyte.Builder, members [][]byte) {
	for _, m := range slices.SortedFunc(slices.Values(members), bytes.Compare) {
		b.AddBytes(m)
	}
}

// chainsOf are the certificates, each once, that stand above those of a profile, up to the roots.
func chainsOf(p *ca.Profile, issuers []*ca.Issuer) (chains [][]byte) {
	for _, i := range issuers {
		fits := i.Line == p.Line
		if i.Algorithm == keys.SM2 {
			fits = fits && slices.Contains(p.Keys, csr.SM2)
		}
		for _, der := range i.Chain {
			if fits && !slices.ContainsFunc(chains, func(have []byte) bool { return bytes.Equal(have, der) }) {
				chains = append(chains, der)
			}
		}
	}
	return chains
}

// attributesOf is the CsrAttrs of a profile (RFC 7030, section 4.5.2): the elliptic curves it takes, and the hash to sign with.
func attributesOf(p *ca.Profile) ([]byte, error) {
	var accepted [][]byte
	for _, k := range p.Keys {
		if curve, ok := curves[k]; ok {
			der, err := asn1.Marshal(curve)
			if err != nil {
				return nil, err
			}
			accepted = append(accepted, der)
		}
	}
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		if len(accepted) == 0 {
			return
		}
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidECKey)
			b.AddASN1(tag.SET, func(b *cryptobyte.Builder) { addSorted(b, accepted) })
		})
		b.AddASN1ObjectIdentifier(oidECDSA256)
	})
	return b.Bytes()
}

// line is the length of a line of base64.
const line = 64

// armour is base64 in lines, which every decoder takes.
func armour(der []byte) []byte {
	text := base64.StdEncoding.EncodeToString(der)
	var out bytes.Buffer
	for chunk := range slices.Chunk([]byte(text), line) {
		out.Write(chunk)
		out.WriteByte('\n')
	}
	return out.Bytes()
}
