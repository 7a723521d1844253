package acme

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"math/big"

	"github.com/go-json-experiment/json"
)

// Algorithms of account keys (RFC 7518, RFC 8037).
const (
	es256 = "ES256"
	rs256 = "RS256"
	eddsa = "EdDSA"
	hs256 = "HS256" // external account keys alone
)

var algorithms = []string{es256, rs256, eddsa}

// publicKey is a key that signs requests, with the one algorithm it is used with.
type publicKey struct {
	key       crypto.PublicKey
	algorithm string
	// canonical is the key in the form of RFC 7638, section 3.2; thumbprint its SHA-256 in base64url.
	canonical  string
	thumbprint string
}

// Bounds of RSA keys.
const (
	minRSABits = 2048
	maxRSABits = 4096
)

// parseJWK reads a public key. What a private key would add is refused.
func parseJWK(text []byte) (publicKey, error) {
	var k struct {
		Kty string `json:"kty"`
		Crv string `json:"crv"`
		X   string `json:"x"`
		Y   string `json:"y"`
		N   string `json:"n"`
		E   string `json:"e"`
		D   string `json:"d"`
		P   string `json:"p"`
		K   string `json:"k"`
	}
	if err := json.Unmarshal(text, &k); err != nil {
		return publicKey{}, badPublicKey("the jwk is no JSON Web Key")
	}
	switch {
	case k.D != "" || k.P != "" || k.K != "":
		return publicKey{}, badPublicKey("the jwk holds a private key; it is compromised now, make another")
	case k.Kty == "EC" && k.Crv == "P-256":
		return ecKey(k.X, k.Y)
	case k.Kty == "RSA":
		return rsaKey(k.N, k.E)
	case k.Kty == "OKP" && k.Crv == "Ed25519":
		return edKey(k.X)
	}
	return publicKey{}, badPublicKey("the key is none of EC P-256, RSA and Ed25519")
}

func decode(text string) ([]byte, bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	return raw, err == nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

func newKey(key crypto.PublicKey, algorithm, canonical string) publicKey {
	sum := sha256.Sum256([]byte(canonical))
	return publicKey{key, algorithm, canonical, encode(sum[:])}
}

func ecKey(x, y string) (publicKey, error) {
	rawX, okX := decode(x)
	rawY, okY := decode(y)
	if !okX || !okY || len(rawX) != 32 || len(rawY) != 32 {
		return publicKey{}, badPublicKey("x and y are not coordinates of P-256")
	}
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, rawX...), rawY...))
	if err != nil {
		return publicKey{}, badPublicKey("x and y are no point of P-256")
	}
	return newKey(key, es256, fmt.Sprintf(`{"crv":"P-256","kty":"EC","x":"%s","y":"%s"}`, x, y)), nil
}

func rsaKey(n, e string) (publicKey, error) {
	rawN, okN := decode(n)
	rawE, okE := decode(e)
	if !okN || !okE || len(rawN) == 0 || rawN[0] == 0 || len(rawE) == 0 || len(rawE) > 4 || rawE[0] == 0 {
		return publicKey{}, badPublicKey("n and e are no RSA key in shortest form")
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(rawN), E: int(new(big.Int).SetBytes(rawE).Int64())}
	if bits := key.N.BitLen(); bits < minRSABits || bits > maxRSABits || key.E < 3 || key.E&1 == 0 || key.E > 1<<31-1 || key.N.Bit(0) == 0 {
		return publicKey{}, badPublicKey("RSA keys have 2048 to 4096 bits and an odd exponent")
	}
	return newKey(key, rs256, fmt.Sprintf(`{"e":"%s","kty":"RSA","n":"%s"}`, e, n)), nil
}

func edKey(x string) (publicKey, error) {
	raw, ok := decode(x)
	if !ok || len(raw) != ed25519.PublicKeySize {
		return publicKey{}, badPublicKey("x is no Ed25519 key")
	}
	return newKey(ed25519.PublicKey(raw), eddsa, fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":"%s"}`, x)), nil
}

// verify checks a signature.
func (k publicKey) verify(input, signature []byte) bool {
	sum := sha256.Sum256(input)
	switch key := k.key.(type) {
	case *ecdsa.PublicKey:
		if len(signature) != 64 {
			return false
		}
		r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
		return ecdsa.Verify(key, sum[:], r, s)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
	case ed25519.PublicKey:
		return ed25519.Verify(key, input, signature)
	}
	return false
}

// is reports whether the key is that of a certificate or request.
func (k publicKey) is(other crypto.PublicKey) bool {
	own, ok := k.key.(interface{ Equal(crypto.PublicKey) bool })
	return ok && own.Equal(other)
}
