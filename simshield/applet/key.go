package applet

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"

	"github.com/emmansun/gmsm/sm2"
)

func (a Algorithm) curve() elliptic.Curve {
	if a == SM2 {
		return sm2.P256()
	}
	return elliptic.P256()
}

// publicKey checks that a key is of the algorithm and on its curve.
func publicKey(public crypto.PublicKey, a Algorithm) (*ecdsa.PublicKey, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key == nil || !a.valid() || key.Curve != a.curve() {
		return nil, refuse("key", ReasonKey, "not a public key of that algorithm")
	}
	return key, nil
}

// CompressPublicKey writes a key as cards do (SEC 1, section 2.3.3).
func CompressPublicKey(public crypto.PublicKey, a Algorithm) (out [33]byte, err error) {
	key, err := publicKey(public, a)
	if err != nil {
		return out, err
	}
	point, err := uncompressed(key, a)
	if err != nil {
		return out, refuse("key", ReasonKey, "not a point of the curve")
	}
	out[0] = 2 + point[64]&1
	copy(out[1:], point[1:33])
	return out, nil
}

// uncompressed is 04 and the two coordinates, 32 octets each.
func uncompressed(key *ecdsa.PublicKey, a Algorithm) ([]byte, error) {
	if a != SM2 {
		return key.Bytes()
	}
	point, err := sm2.PublicKeyToECDH(key)
	if err != nil {
		return nil, err
	}
	return point.Bytes(), nil
}

// ParsePublicKey reads a key as cards write it. It refuses what is not a point of the algorithm's curve.
func ParsePublicKey(compressed []byte, a Algorithm) (*ecdsa.PublicKey, error) {
	if !a.valid() || len(compressed) != 33 {
		return nil, refuse("key", ReasonKey, "not a compressed public key of that algorithm")
	}
	x, y := elliptic.UnmarshalCompressed(a.curve(), compressed)
	if x == nil {
		return nil, refuse("key", ReasonKey, "not a point of the curve")
	}
	point := make([]byte, 65)
	point[0] = 4
	x.FillBytes(point[1:33])
	y.FillBytes(point[33:])
	if a == SM2 {
		return sm2.ParseUncompressedPublicKey(point)
	}
	return ecdsa.ParseUncompressedPublicKey(a.curve(), point)
}
