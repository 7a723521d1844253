package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/asn1"
	"slices"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// forgery is signed data of a P-256 signer, part by part, so that a test may have one part wrong under a good signature.
type forgery struct {
	kind, signedData asn1.ObjectIdentifier
	content          []byte
	version          int64
	digest           []byte   // AlgorithmIdentifier
	digestAlgorithms [][]byte // of them
	certificates     [][]byte
	attributes       [][]byte
	unsorted         bool
	noAttributes     bool
	over             []byte // what is signed; nil: the attributes
	signature        []byte // AlgorithmIdentifier
	infoVersion      int64
	signers          int
	rest             []byte // at the end of the signer info
}

func oid(arcs ...int) asn1.ObjectIdentifier { return arcs }

func algorithm(o asn1.ObjectIdentifier, parameters ...byte) []byte {
	der, err := asn1.Marshal(o)
	if err != nil {
		panic(err)
	}
	return sequence(append(der, parameters...))
}

func element(t tag.Tag, content ...[]byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(t, func(b *cryptobyte.Builder) { b.AddBytes(bytes.Join(content, nil)) })
	return b.BytesOrPanic()
}

func sequence(content ...[]byte) []byte { return element(tag.SEQUENCE, content...) }

func attribute(o asn1.ObjectIdentifier, values ...[]byte) []byte {
	der, err := asn1.Marshal(o)
	if err != nil {
		panic(err)
	}
	return sequence(der, element(tag.SET, values...))
}

var (
	contentType   = oid(1, 2, 840, 113549, 1, 9, 3)
	messageDigest = oid(1, 2, 840, 113549, 1, 9, 4)
	certificateV2 = oid(1, 2, 840, 113549, 1, 9, 16, 2, 47)
	sha256ID      = algorithm(oid(2, 16, 840, 1, 101, 3, 4, 2, 1))
)

// essential are the attributes of content by a signer.
func essential(kind asn1.ObjectIdentifier, content, certificate []byte) [][]byte {
	kindDER, err := asn1.Marshal(kind)
	if err != nil {
		panic(err)
	}
	sum, named := sha256.Sum256(content), sha256.Sum256(certificate)
	return [][]byte{
		attribute(contentType, kindDER), attribute(messageDigest, element(tag.OCTET_STRING, sum[:])),
		attribute(certificateV2, sequence(sequence(sequence(element(tag.OCTET_STRING, named[:]))))),
	}
}

func newForgery(c chain, content string) *forgery {
	data := oid(1, 2, 840, 113549, 1, 7, 1)
	return &forgery{
		kind: data, signedData: oid(1, 2, 840, 113549, 1, 7, 2), content: []byte(content), version: 1, infoVersion: 1, signers: 1,
		digest: sha256ID, digestAlgorithms: [][]byte{sha256ID}, certificates: [][]byte{c.leaf.cert.Raw, c.middle.cert.Raw},
		attributes: essential(data, []byte(content), c.leaf.cert.Raw), signature: algorithm(oid(1, 2, 840, 10045, 4, 3, 2)),
	}
}

func (f *forgery) der(t testing.TB, c chain) []byte {
	t.Helper()
	attributes := slices.Clone(f.attributes)
	if !f.unsorted {
		slices.SortFunc(attributes, bytes.Compare)
	}
	over := f.over
	if over == nil {
		over = element(tag.SET, attributes...)
	}
	signature, err := crypto.SignMessage(c.leaf.key, rand.Reader, over, crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	var b cryptobyte.Builder
	explicit := tag.Tag(0).ContextSpecific().Constructed()
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(f.signedData)
		b.AddASN1(explicit, func(b *cryptobyte.Builder) {
			b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(f.version)
				b.AddBytes(element(tag.SET, f.digestAlgorithms...))
				b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier(f.kind)
					b.AddBytes(element(explicit, element(tag.OCTET_STRING, f.content)))
				})
				b.AddBytes(element(explicit, f.certificates...))
				info := f.info(c, attributes, signature)
				b.AddBytes(element(tag.SET, slices.Repeat([][]byte{info}, f.signers)...))
			})
		})
	})
	return b.BytesOrPanic()
}

func (f *forgery) info(c chain, attributes [][]byte, signature []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1Int64(f.infoVersion)
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddBytes(c.leaf.cert.RawIssuer)
		b.AddASN1BigInt(c.leaf.cert.SerialNumber)
	})
	b.AddBytes(f.digest)
	if !f.noAttributes {
		b.AddBytes(element(tag.Tag(0).ContextSpecific().Constructed(), attributes...))
	}
	b.AddBytes(f.signature)
	b.AddASN1OctetString(signature)
	b.AddBytes(f.rest)
	return sequence(b.BytesOrPanic())
}
