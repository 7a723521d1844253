package document

import (
	"encoding/asn1"
	"time"

	"simtrust"
	"simtrust/ca/cms"
	"simtrust/simshield"
	"simtrust/simshield/applet"
)

// signatureTimeStamp is id-aa-signatureTimeStampToken (RFC 5126, section 6.1.1).
var signatureTimeStamp = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}

// cades is CAdES-B-T (ETSI EN 319 122-1, section 6.3): content-type, message-digest, signing-time and signing-certificate-v2 signed,
// the signature-time-stamp beside.
type cades struct{}

func (cades) mediaType() string { return "application/pkcs7-mime" }

func (cades) input(d draft) []byte { return d.Head }

func (cades) prepare(o *Order, k *simshield.Key, at time.Time) (draft, error) {
	d := draft{Content: o.Content}
	switch {
	case o.Hash != nil && !o.Algorithm.SignedBy(k.Algorithm):
		return d, refuse(simtrust.KindUnprocessable, ReasonKey, "hash_algorithm: SM3 for a key of SM2, SHA-256 for others")
	case o.Hash != nil:
		d.Sum = o.Hash
	case o.Detached:
		sum := k.Algorithm.Sum(o.Content)
		d.Content, d.Sum = nil, sum[:]
	}
	var err error
	d.Head, err = attributes(message(d, k.Algorithm, cms.SigningTime(at)), k)
	return d, err
}

func (cades) complete(d draft, k *simshield.Key, s applet.Signature, stamp stamp) ([]byte, error) {
	return assemble(message(d, k.Algorithm), d, k, s, stamp)
}

// message is a draft as signed data.
func message(d draft, a applet.Algorithm, signed ...cms.Attribute) cms.Message {
	m := cms.Message{Content: d.Content, Certificates: true, Attributes: signed, GM: a == applet.SM2}
	if d.Sum != nil {
		m.Content, m.Digest = nil, d.Sum
	}
	return m
}

// attributes are what the key signs.
func attributes(m cms.Message, k *simshield.Key) ([]byte, error) {
	scheme, certificate := cms.P256SHA256, k.Algorithm.Sum(k.Raw)
	if k.Algorithm == applet.SM2 {
		scheme = cms.SM2SM3
	}
	return cms.SignedAttributes(scheme, m, certificate[:])
}

// assemble puts the message together, with a time stamp over the signature and the chain but for its root.
func assemble(m cms.Message, d draft, k *simshield.Key, s applet.Signature, stamp stamp) ([]byte, error) {
	token, err := stamp(s.ASN1())
	if err != nil {
		return nil, err
	}
	m.Unsigned = []cms.Attribute{{Type: signatureTimeStamp, Value: token}}
	return cms.Assemble(m, d.Head, s.ASN1(), k.Raw, along(k)...)
}

// along are the certificates that go with the key's own towards the root, without the root.
func along(k *simshield.Key) [][]byte { return k.Chain[:max(len(k.Chain)-1, 0)] }
