package applet_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"golang.org/x/crypto/cryptobyte"
	tag "golang.org/x/crypto/cryptobyte/asn1"

	"simtrust/simshield/applet"
)

var algorithms = []applet.Algorithm{applet.P256, applet.SM2}

func newKey(t testing.TB, a applet.Algorithm) crypto.Signer {
	t.Helper()
	var key crypto.Signer
	var err error
	if a == applet.SM2 {
		key, err = sm2.GenerateKey(rand.Reader)
	} else {
		key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sign(t testing.TB, key crypto.Signer, a applet.Algorithm, message []byte) applet.Signature {
	t.Helper()
	s, err := applet.Sign(key, a, message)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func order(a applet.Algorithm) *big.Int {
	if a == applet.SM2 {
		return sm2.P256().Params().N
	}
	return elliptic.P256().Params().N
}

// with is a signature with r or s replaced; nil keeps it.
func with(s applet.Signature, r, v *big.Int) applet.Signature {
	if r != nil {
		r.FillBytes(s[:32])
	}
	if v != nil {
		v.FillBytes(s[32:])
	}
	return s
}

func TestSignature(t *testing.T) {
	message := compose(t, about(transfer())).DER
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			key, other := newKey(t, a), newKey(t, a)
			good := sign(t, key, a, message)
			if err := applet.Verify(key.Public(), a, message, good); err != nil {
				t.Fatal(err)
			}
			n, r, v := order(a), new(big.Int).SetBytes(good[:32]), new(big.Int).SetBytes(good[32:])
			all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 256), big.NewInt(1))
			for name, s := range map[string]applet.Signature{
				"nothing":     {},
				"r zero":      with(good, new(big.Int), nil),
				"s zero":      with(good, nil, new(big.Int)),
				"r = n":       with(good, n, nil),
				"s = n":       with(good, nil, n),
				"r above n":   with(good, new(big.Int).Add(n, big.NewInt(1)), nil),
				"s at most":   with(good, nil, all),
				"r at most":   with(good, all, nil),
				"swapped":     with(good, v, r),
				"r = n-1":     with(good, new(big.Int).Sub(n, big.NewInt(1)), nil),
				"r + s = n":   with(good, nil, new(big.Int).Sub(n, r)),
				"one and one": with(good, big.NewInt(1), big.NewInt(1)),
				"other key":   sign(t, other, a, message),
				"other text":  sign(t, key, a, message[1:]),
			} {
				t.Run(name, func(t *testing.T) {
					wantRefused(t, applet.Verify(key.Public(), a, message, s), applet.ReasonSignature, "")
				})
			}
			for i := range good {
				changed := good
				changed[i] ^= 1
				if applet.Verify(key.Public(), a, message, changed) == nil {
					t.Errorf("octet %d changed", i)
				}
			}
		})
	}
}

// TestSameSignature: (r, n-s) is the same ECDSA signature, so nobody may tell replays by a signature's octets. SM2 has no such twin.
func TestSameSignature(t *testing.T) {
	for _, a := range algorithms {
		key := newKey(t, a)
		good := sign(t, key, a, hash)
		twin := with(good, nil, new(big.Int).Sub(order(a), new(big.Int).SetBytes(good[32:])))
		if got := applet.Verify(key.Public(), a, hash, twin) == nil; got != (a == applet.P256) {
			t.Errorf("%v: %v", a, got)
		}
	}
}

// TestOtherIdentity: SM2 under another identity than the common one, or without one, is not a signature here.
func TestOtherIdentity(t *testing.T) {
	key := newKey(t, applet.SM2).(*sm2.PrivateKey)
	for _, id := range []string{"1234567812345679", "", "ALICE123@YAHOO.COM"} {
		der, err := key.SignWithSM2(rand.Reader, []byte(id+" "), hash)
		if err != nil {
			t.Fatal(err)
		}
		s, err := applet.ParseSignature(der)
		if err != nil {
			t.Fatal(err)
		}
		wantRefused(t, applet.Verify(key.Public(), applet.SM2, hash, s), applet.ReasonSignature, "")
	}
	bare := applet.SM2.Sum(hash)
	s, err := applet.SignDigest(key, applet.SM2, applet.SM3, bare[:])
	if err != nil {
		t.Fatal(err)
	}
	wantRefused(t, applet.Verify(key.Public(), applet.SM2, hash, s), applet.ReasonSignature, "")
}

func TestDigestSignature(t *testing.T) {
	p256, sm := newKey(t, applet.P256), newKey(t, applet.SM2)
	sum256, sum384, sum512 := sha256.Sum256(hash), sha512.Sum384(hash), sha512.Sum512(hash)
	z, err := sm2.CalculateSM2Hash(sm.Public().(*ecdsa.PublicKey), hash, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key  crypto.Signer
		a    applet.Algorithm
		h    applet.HashAlgorithm
		hash []byte
		good bool
	}{
		{p256, applet.P256, applet.SHA256, sum256[:], true},
		{p256, applet.P256, applet.SHA384, sum384[:], true},
		{p256, applet.P256, applet.SHA512, sum512[:], true},
		{sm, applet.SM2, applet.SM3, z, true},
		{p256, applet.P256, applet.SHA256, sum256[:31], false},
		{p256, applet.P256, applet.SHA384, sum256[:], false},
		{p256, applet.P256, applet.SM3, z, false},
		{p256, applet.P256, 0, nil, false},
		{p256, applet.SM2, applet.SM3, z, false},
		{sm, applet.SM2, applet.SHA256, sum256[:], false},
		{sm, applet.P256, applet.SHA256, sum256[:], false},
		{sm, 0, applet.SM3, z, false},
	} {
		s, err := applet.SignDigest(c.key, c.a, c.h, c.hash)
		if (err == nil) != c.good {
			t.Errorf("%v %v %d octets: %v", c.a, c.h, len(c.hash), err)
		}
		if err := applet.VerifyDigest(c.key.Public(), c.a, c.h, c.hash, s); (err == nil) != c.good {
			t.Errorf("%v %v %d octets: %v", c.a, c.h, len(c.hash), err)
		}
		if c.good {
			s[40] ^= 1
			wantRefused(t, applet.VerifyDigest(c.key.Public(), c.a, c.h, c.hash, s), applet.ReasonSignature, "")
			wantRefused(t, applet.VerifyDigest(c.key.Public(), c.a, c.h, c.hash, applet.Signature{}), applet.ReasonSignature, "")
		}
	}
	// What signs a message signs its hash: the two kinds of signature are one.
	if err := applet.VerifyDigest(sm.Public(), applet.SM2, applet.SM3, z, sign(t, sm, applet.SM2, hash)); err != nil {
		t.Error(err)
	}
}

func TestPublicKey(t *testing.T) {
	for _, a := range algorithms {
		key := newKey(t, a)
		compressed, err := applet.CompressPublicKey(key.Public(), a)
		if err != nil {
			t.Fatal(err)
		}
		got, err := applet.ParsePublicKey(compressed[:], a)
		if err != nil || !got.Equal(key.Public()) {
			t.Errorf("%v %v", got, err)
		}
	}
}

func TestPublicKeyRefused(t *testing.T) {
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			good, err := applet.CompressPublicKey(newKey(t, a).Public(), a)
			if err != nil {
				t.Fatal(err)
			}
			p := elliptic.P256().Params().P
			if a == applet.SM2 {
				p = sm2.P256().Params().P
			}
			above := append([]byte{2}, p.Bytes()...)
			head := func(b byte) []byte { return append([]byte{b}, good[1:]...) }
			for name, key := range map[string][]byte{
				"nothing": nil, "the point at infinity": {0}, "infinity in 33 octets": make([]byte, 33), "32 octets": good[:32],
				"34 octets": append(bytes.Clone(good[:]), 0), "form 0": head(0), "form 1": head(1), "form 4": head(4), "form 5": head(5), "hybrid": head(6),
				"x = p": above, "x at most": append([]byte{3}, bytes.Repeat([]byte{0xFF}, 32)...),
			} {
				_, err := applet.ParsePublicKey(key, a)
				t.Run(name, func(t *testing.T) { wantRefused(t, err, applet.ReasonKey, "") })
			}
			refused := 0
			for x := byte(1); x < 64; x++ { // every second x has no point
				if _, err := applet.ParsePublicKey(append([]byte{2}, append(make([]byte, 31), x)...), a); err != nil {
					refused++
				}
			}
			if refused < 16 || refused > 48 {
				t.Errorf("%d of 63 coordinates have no point", refused)
			}
		})
	}
}

// TestKeyOfOtherAlgorithm: neither curve's keys do for the other, and nothing else does for either.
func TestKeyOfOtherAlgorithm(t *testing.T) {
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	large, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		key crypto.Signer
		a   applet.Algorithm
	}{
		"SM2 as P-256": {newKey(t, applet.SM2), applet.P256}, "P-256 as SM2": {newKey(t, applet.P256), applet.SM2}, "P-384": {large, applet.P256},
		"RSA": {small, applet.P256}, "algorithm 0": {newKey(t, applet.P256), 0},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := applet.Sign(c.key, c.a, hash)
			wantRefused(t, err, applet.ReasonKey, "")
			_, err = applet.CompressPublicKey(c.key.Public(), c.a)
			wantRefused(t, err, applet.ReasonKey, "")
			wantRefused(t, applet.Verify(c.key.Public(), c.a, hash, applet.Signature{31: 1, 63: 1}), applet.ReasonKey, "")
		})
	}
	wantRefused(t, applet.Verify(nil, applet.P256, hash, applet.Signature{}), applet.ReasonKey, "")
	wantRefused(t, applet.Verify((*ecdsa.PublicKey)(nil), applet.P256, hash, applet.Signature{}), applet.ReasonKey, "")
	off := *newKey(t, applet.P256).Public().(*ecdsa.PublicKey)
	//lint:ignore SA1019 a point beside the curve is made in no other way
	off.Y = new(big.Int).Add(off.Y, big.NewInt(1))
	_, err = applet.CompressPublicKey(&off, applet.P256)
	wantRefused(t, err, applet.ReasonKey, "")
	wantRefused(t, applet.Verify(&off, applet.P256, hash, applet.Signature{31: 1, 63: 1}), applet.ReasonSignature, "")
}

func TestSignatureInASN1(t *testing.T) {
	s := sign(t, newKey(t, applet.P256), applet.P256, hash)
	if got, err := applet.ParseSignature(s.ASN1()); err != nil || got != s {
		t.Errorf("%x %v", got, err)
	}
	pair := func(r, v *big.Int) []byte {
		var b cryptobyte.Builder
		b.AddASN1(tag.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1BigInt(r); b.AddASN1BigInt(v) })
		return b.BytesOrPanic()
	}
	one, huge := big.NewInt(1), new(big.Int).Lsh(big.NewInt(1), 256)
	for name, der := range map[string][]byte{
		"nothing": nil, "an empty sequence": {0x30, 0}, "one number": {0x30, 3, 2, 1, 1}, "three numbers": {0x30, 9, 2, 1, 1, 2, 1, 1, 2, 1, 1},
		"something after": append(s.ASN1(), 0), "negative r": pair(big.NewInt(-1), one), "zero s": pair(one, new(big.Int)), "257 bits": pair(huge, one),
		"padded": {0x30, 7, 2, 2, 0, 1, 2, 1, 1}, "long length": {0x30, 0x81, 6, 2, 1, 1, 2, 1, 1},
	} {
		_, err := applet.ParseSignature(der)
		t.Run(name, func(t *testing.T) { wantRefused(t, err, applet.ReasonSignature, "") })
	}
}
