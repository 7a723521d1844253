package applet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"
)

// Signature is r and s, 32 octets each, the first octet the highest.
type Signature [64]byte

// ParseSignature reads a signature in ASN.1, as programs and certificates have it.
func ParseSignature(der []byte) (sig Signature, err error) {
	s, r, v := cryptobyte.String(der), new(big.Int), new(big.Int)
	var pair cryptobyte.String
	if !s.ReadASN1(&pair, tag.SEQUENCE) || !s.Empty() || !pair.ReadASN1Integer(r) || !pair.ReadASN1Integer(v) || !pair.Empty() ||
		r.Sign() <= 0 || v.Sign() <= 0 || r.BitLen() > 256 || v.BitLen() > 256 {
		return sig, refuse("signature", ReasonSignature, "not r and s of 256 bits")
	}
	r.FillBytes(sig[:32])
	v.FillBytes(sig[32:])
	return sig, nil
}

// ASN1 is the signature as SEQUENCE of r and s.
func (s Signature) ASN1() []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1BigInt(new(big.Int).SetBytes(s[:32]))
		b.AddASN1BigInt(new(big.Int).SetBytes(s[32:]))
	})
	return b.BytesOrPanic()
}

// inRange tells whether r and s are both of 1 to n-1.
func (s Signature) inRange(n *big.Int) bool {
	for _, part := range [][]byte{s[:32], s[32:]} {
		if v := new(big.Int).SetBytes(part); v.Sign() == 0 || v.Cmp(n) >= 0 {
			return false
		}
	}
	return true
}

// Sign signs a message: its SHA-256, or under SM2 its SM3 with the identity 1234567812345678.
func Sign(key crypto.Signer, a Algorithm, message []byte) (Signature, error) {
	if _, err := publicKey(key.Public(), a); err != nil {
		return Signature{}, err
	}
	var options crypto.SignerOpts = crypto.SHA256
	if a == SM2 {
		options = sm2.DefaultSM2SignerOpts
	}
	der, err := crypto.SignMessage(key, rand.Reader, message, options)
	if err != nil {
		return Signature{}, err
	}
	return ParseSignature(der)
}

// SignDigest signs a hash as [SignHash] brings it.
func SignDigest(key crypto.Signer, a Algorithm, h HashAlgorithm, hash []byte) (Signature, error) {
	if _, err := publicKey(key.Public(), a); err != nil {
		return Signature{}, err
	}
	if !h.fits(a, hash) {
		return Signature{}, refuse("signature", ReasonMalformed, "not a hash that goes with the key")
	}
	der, err := key.Sign(rand.Reader, hash, stdHashes[h])
	if err != nil {
		return Signature{}, err
	}
	return ParseSignature(der)
}

// stdHashes lacks SM3, which the standard library does not know; 0 says that the hash has been made.
var stdHashes = map[HashAlgorithm]crypto.Hash{SHA256: crypto.SHA256, SHA384: crypto.SHA384, SHA512: crypto.SHA512}

// fits tells whether hash is one by h, and keys of that algorithm sign such: SM3 for SM2, the others for P-256.
func (h HashAlgorithm) fits(a Algorithm, hash []byte) bool {
	return h.Size() != 0 && len(hash) == h.Size() && h.SignedBy(a)
}

// Verify checks a signature over a message, as [Sign] makes it.
func Verify(public crypto.PublicKey, a Algorithm, message []byte, s Signature) error {
	key, err := publicKey(public, a)
	if err != nil {
		return err
	}
	if !s.inRange(key.Params().N) {
		return refuse("verify", ReasonSignature, "r or s out of range")
	}
	good := false
	if a == SM2 {
		good = sm2.VerifyASN1WithSM2(key, nil, message, s.ASN1())
	} else {
		sum := a.Sum(message)
		good = ecdsa.VerifyASN1(key, sum[:], s.ASN1())
	}
	if !good {
		return refuse("verify", ReasonSignature, "the signature is not by this key over this message")
	}
	return nil
}

// VerifyDigest checks a signature over a hash, as [SignDigest] makes it.
func VerifyDigest(public crypto.PublicKey, a Algorithm, h HashAlgorithm, hash []byte, s Signature) error {
	key, err := publicKey(public, a)
	if err != nil {
		return err
	}
	if !h.fits(a, hash) || !s.inRange(key.Params().N) {
		return refuse("verify", ReasonSignature, "a hash that does not go with the key, or r or s out of range")
	}
	good := false
	if a == SM2 {
		good = sm2.VerifyASN1(key, hash, s.ASN1())
	} else {
		good = ecdsa.VerifyASN1(key, hash, s.ASN1())
	}
	if !good {
		return refuse("verify", ReasonSignature, "the signature is not by this key over this hash")
	}
	return nil
}
