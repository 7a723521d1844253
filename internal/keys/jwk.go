package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
)

const coordinate = 32 // bytes of a P-256 coordinate or scalar

// JWK is a public P-256 key (RFC 7517, RFC 7518 §6.2.1).
type JWK struct {
	Kty string `json:"kty"`
	Crv string `json:"crv"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

var errNotP256 = errors.New("not an ECDSA P-256 key")

func jwkOf(public crypto.PublicKey) (JWK, error) {
	key, ok := public.(*ecdsa.PublicKey)
	if !ok || key.Curve != elliptic.P256() {
		return JWK{}, errNotP256
	}
	point, err := key.Bytes() // 4 ‖ x ‖ y
	if err != nil {
		return JWK{}, err
	}
	return JWK{
		Kty: "EC", Crv: "P-256",
		X: base64.RawURLEncoding.EncodeToString(point[1 : 1+coordinate]),
		Y: base64.RawURLEncoding.EncodeToString(point[1+coordinate:]),
	}, nil
}

// publicKey decodes the key and checks that it is a point of the curve.
func (k JWK) publicKey() (*ecdsa.PublicKey, error) {
	if k.Kty != "EC" || k.Crv != "P-256" {
		return nil, errNotP256
	}
	point := []byte{4}
	for _, c := range []string{k.X, k.Y} {
		b, err := base64.RawURLEncoding.Strict().DecodeString(c)
		if err != nil || len(b) != coordinate {
			return nil, errNotP256
		}
		point = append(point, b...)
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
}

// thumbprint is the key's id: RFC 7638 over SHA-256, in base64url without padding.
func (k JWK) thumbprint() string {
	sum := sha256.Sum256(fmt.Appendf(nil, `{"crv":%q,"kty":%q,"x":%q,"y":%q}`, k.Crv, k.Kty, k.X, k.Y))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}
