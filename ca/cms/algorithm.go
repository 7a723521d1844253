package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/asn1"
	"errors"
	"hash"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// digest is a hash function of signed data.
type digest struct {
	oid asn1.ObjectIdentifier
	new func() hash.Hash
	std crypto.Hash // 0 for SM3, which its signature takes care of
}

var (
	digestSHA256 = digest{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}, sha256.New, crypto.SHA256}
	digestSHA384 = digest{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2}, sha512.New384, crypto.SHA384}
	digestSHA512 = digest{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3}, sha512.New, crypto.SHA512}
	digestSM3    = digest{asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 401}, sm3.New, 0}

	digests = []digest{digestSHA256, digestSHA384, digestSHA512, digestSM3}
)

func (d digest) sum(message []byte) []byte {
	h := d.new()
	h.Write(message)
	return h.Sum(nil)
}

// family is a kind of key.
type family int

const (
	familyEC family = iota + 1
	familyRSA
	familySM2
)

// suite is a signature algorithm with its digest.
type suite struct {
	digest
	family    family
	signature []byte // AlgorithmIdentifier, DER
}

var (
	suiteP256 = suite{digestSHA256, familyEC, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false)}
	suiteP384 = suite{digestSHA384, familyEC, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false)}
	suiteRSA  = suite{digestSHA256, familyRSA, algorithmID(oidRSA, true)}
	suiteSM2  = suite{digestSM3, familySM2, algorithmID(oidSM2, false)}

	// suites are what is accepted. RSA and SM2 are named with their digest or, as RFC 3370 and GM/T 0010 have it, without; SM2 with
	// parameters that are absent or, as others write them, NULL.
	suites = []suite{suiteP256, suiteP384, suiteRSA, suiteSM2,
		{digestSM3, familySM2, algorithmID(oidSM2, true)},
		{digestSM3, familySM2, algorithmID(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, false)},
		{digestSM3, familySM2, algorithmID(asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 501}, true)},
		{digestSHA512, familyEC, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, false)},
		{digestSHA256, familyRSA, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, true)},
		{digestSHA384, familyRSA, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, true)},
		{digestSHA512, familyRSA, algorithmID(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, true)},
		{digestSHA384, familyRSA, algorithmID(oidRSA, true)},
		{digestSHA512, familyRSA, algorithmID(oidRSA, true)},
	}

	oidRSA = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidSM2 = asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301, 1}
)

// minRSA is the size of RSA keys below which signatures are neither made nor believed, in bits.
const minRSA = 2048

// suiteOf chooses how a key signs.
func suiteOf(public crypto.PublicKey) (suite, error) {
	switch k := public.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() >= minRSA {
			return suiteRSA, nil
		}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256():
			return suiteP256, nil
		case elliptic.P384():
			return suiteP384, nil
		case sm2.P256():
			return suiteSM2, nil
		}
	}
	return suite{}, errors.New("cms: a key of another kind than P-256, P-384, RSA of at least 2048 bits and SM2")
}

// suiteFor finds the suite that a signer info names; signature is an AlgorithmIdentifier, DER.
func suiteFor(d digest, signature []byte) (suite, bool) {
	for _, s := range suites {
		if s.oid.Equal(d.oid) && bytes.Equal(s.signature, signature) {
			return s, true
		}
	}
	return suite{}, false
}

func (s suite) options() crypto.SignerOpts {
	if s.family == familySM2 {
		return sm2.DefaultSM2SignerOpts // takes the message itself, with the default identity
	}
	return s.std
}

// verify tells whether a signature over the message is by that key, which must be of the suite's kind.
func (s suite) verify(public crypto.PublicKey, message, signature []byte) bool {
	switch k := public.(type) {
	case *rsa.PublicKey:
		return s.family == familyRSA && k.N.BitLen() >= minRSA && rsa.VerifyPKCS1v15(k, s.std, s.sum(message), signature) == nil
	case *ecdsa.PublicKey:
		if k.Curve == sm2.P256() {
			return s.family == familySM2 && sm2.VerifyASN1WithSM2(k, nil, message, signature)
		}
		return s.family == familyEC && ecdsa.VerifyASN1(k, s.sum(message), signature)
	}
	return false
}

func algorithmID(oid asn1.ObjectIdentifier, null bool) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null { // RFC 4055, section 5: RSA has parameters, and they are NULL
			b.AddASN1NULL()
		}
	})
	return b.BytesOrPanic()
}

// readDigest reads an AlgorithmIdentifier of a digest, whose parameters are absent or NULL (RFC 5754, section 2).
func readDigest(s *cryptobyte.String) (digest, error) {
	var id cryptobyte.String
	var oid asn1.ObjectIdentifier
	if !s.ReadASN1(&id, tag.SEQUENCE) || !id.ReadASN1ObjectIdentifier(&oid) {
		return digest{}, refuse(ReasonMalformed, "no digest algorithm")
	}
	if !id.Empty() && !bytes.Equal(id, []byte{5, 0}) {
		return digest{}, refuse(ReasonAlgorithm, "a digest algorithm with parameters")
	}
	for _, d := range digests {
		if d.oid.Equal(oid) {
			return d, nil
		}
	}
	return digest{}, refuse(ReasonAlgorithm, "a digest algorithm other than SHA-256, SHA-384, SHA-512 and SM3")
}
