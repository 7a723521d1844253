package keys_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/keys"
)

func TestSignJWT(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	_, ids := states(ring)
	signed := token(t, ring, now)
	var claims jwt.RegisteredClaims
	parsed, err := jwt.ParseWithClaims(signed, &claims, ring.Keyfunc, jwt.WithTimeFunc(now.Now), jwt.WithValidMethods([]string{keys.Algorithm}))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"alg": "ES256", "typ": "at+jwt", "kid": ids[keys.Active]}
	if !maps.Equal(parsed.Header, want) || claims.Subject != "s" || len(parsed.Signature) != 64 {
		t.Errorf("header %v, claims %+v, signature of %d bytes", parsed.Header, claims, len(parsed.Signature))
	}
}

func TestSignJWTRefuses(t *testing.T) {
	p, _ := newPlace(t)
	ring := p.open(t)
	for _, typ := range []string{"", `JWT","alg":"none`, "a b", "JWT\n", "ü"} {
		if _, err := ring.SignJWT(typ, jwt.MapClaims{}); err == nil {
			t.Errorf("signed a token of type %q", typ)
		}
	}
	if _, err := ring.SignJWT("JWT", jwt.MapClaims{"f": func() {}}); simtrust.KindOf(err) != simtrust.KindInternal {
		t.Errorf("claims that are no JSON: %v", err)
	}
}

// forge signs claims that would otherwise pass under a header of the attacker's choice.
func forge(t *testing.T, now *clock, method jwt.SigningMethod, key any, header map[string]any) string {
	t.Helper()
	tok := jwt.NewWithClaims(method, jwt.RegisteredClaims{Subject: "s", ExpiresAt: jwt.NewNumericDate(now.Now().Add(time.Hour))})
	maps.Copy(tok.Header, header)
	signed, err := tok.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func TestForgedTokens(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	_, ids := states(ring)
	kid := ids[keys.Active]
	public := publicKey(t, ring, kid)
	body, _ := ring.JWKS()
	mine, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	point, err := public.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	mineJWK := map[string]any{"kty": "EC", "crv": "P-256", "x": b64(mine.X.Bytes()), "y": b64(mine.Y.Bytes())}
	h := func(kv ...any) map[string]any {
		m := map[string]any{"kid": kid}
		for i := 0; i < len(kv); i += 2 {
			m[kv[i].(string)] = kv[i+1]
		}
		return m
	}
	for name, c := range map[string]struct{ signed, reason string }{
		"alg none":                     {forge(t, now, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, h()), keys.ReasonAlgorithm},
		"HS256 with the point":         {forge(t, now, jwt.SigningMethodHS256, point, h()), keys.ReasonAlgorithm},
		"HS256 with the DER key":       {forge(t, now, jwt.SigningMethodHS256, der, h()), keys.ReasonAlgorithm},
		"HS256 with the PEM key":       {forge(t, now, jwt.SigningMethodHS256, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), h()), keys.ReasonAlgorithm},
		"HS256 with the JWKS":          {forge(t, now, jwt.SigningMethodHS256, body, h()), keys.ReasonAlgorithm},
		"RS256":                        {forge(t, now, jwt.SigningMethodRS256, rsaKey, h()), keys.ReasonAlgorithm},
		"ES384":                        {forge(t, now, jwt.SigningMethodES384, p384, h()), keys.ReasonAlgorithm},
		"another key under our kid":    {forge(t, now, jwt.SigningMethodES256, mine, h()), ""},
		"key in the header":            {forge(t, now, jwt.SigningMethodES256, mine, h("jwk", mineJWK)), ""},
		"key by URL in the header":     {forge(t, now, jwt.SigningMethodES256, mine, h("jku", "https://evil.example/jwks", "kid", "e")), keys.ReasonUnknownKey},
		"critical extension":           {forge(t, now, jwt.SigningMethodES256, mine, h("crit", []string{"b64"}, "b64", false)), keys.ReasonAlgorithm},
		"no kid":                       {forge(t, now, jwt.SigningMethodES256, mine, nil), keys.ReasonUnknownKey},
		"empty kid":                    {forge(t, now, jwt.SigningMethodES256, mine, h("kid", "")), keys.ReasonUnknownKey},
		"kid is a number":              {forge(t, now, jwt.SigningMethodES256, mine, h("kid", 7)), keys.ReasonUnknownKey},
		"kid is a list":                {forge(t, now, jwt.SigningMethodES256, mine, h("kid", []string{kid})), keys.ReasonUnknownKey},
		"kid leaves the directory":     {forge(t, now, jwt.SigningMethodES256, mine, h("kid", "../../../../dev/null")), keys.ReasonUnknownKey},
		"kid through the directory":    {forge(t, now, jwt.SigningMethodES256, mine, h("kid", "../keys/"+kid)), keys.ReasonUnknownKey},
		"kid with the file's name":     {forge(t, now, jwt.SigningMethodES256, mine, h("kid", kid+".key")), keys.ReasonUnknownKey},
		"kid names another file":       {forge(t, now, jwt.SigningMethodES256, mine, h("kid", "root.jwe")), keys.ReasonUnknownKey},
		"kid with a zero byte":         {forge(t, now, jwt.SigningMethodES256, mine, h("kid", kid+"\x00")), keys.ReasonUnknownKey},
		"kid in other case":            {forge(t, now, jwt.SigningMethodES256, mine, h("kid", swapCase(kid))), keys.ReasonUnknownKey},
		"kid with SQL":                 {forge(t, now, jwt.SigningMethodES256, mine, h("kid", "' or '1'='1")), keys.ReasonUnknownKey},
		"alg in lower case":            {retype(t, token(t, ring, now), map[string]any{"alg": "es256", "kid": kid}), ""},
		"header changed after signing": {retype(t, token(t, ring, now), map[string]any{"alg": "ES256", "kid": kid, "typ": "JWT"}), ""},
		"signature in ASN.1":           {resign(t, token(t, ring, now), func(sig []byte) []byte { return append([]byte{0x30, 0x44, 2, 32}, sig...) }), ""},
		"signature short":              {resign(t, token(t, ring, now), func(sig []byte) []byte { return sig[:63] }), ""},
		"signature of zeros":           {resign(t, token(t, ring, now), func([]byte) []byte { return make([]byte, 64) }), ""},
		"no signature":                 {resign(t, token(t, ring, now), func([]byte) []byte { return nil }), ""},
	} {
		t.Run(name, func(t *testing.T) {
			err := verify(ring, now, c.signed)
			if err == nil {
				t.Fatal("accepted")
			}
			if simtrust.ReasonOf(err) != c.reason || c.reason != "" && simtrust.KindOf(err) != simtrust.KindUnauthenticated {
				t.Errorf("refused with %v; want the reason %q", err, c.reason)
			}
		})
	}
}

func TestKeyfuncWithoutMethod(t *testing.T) {
	p, _ := newPlace(t)
	if _, err := p.open(t).Keyfunc(&jwt.Token{Header: map[string]any{"alg": "ES256"}}); simtrust.ReasonOf(err) != keys.ReasonAlgorithm {
		t.Error(err)
	}
}

func publicKey(t *testing.T, ring *keys.Ring, kid string) *ecdsa.PublicKey {
	t.Helper()
	key, ok := ring.PublicKey(kid)
	if !ok {
		t.Fatalf("no key %s", kid)
	}
	return key.(*ecdsa.PublicKey)
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func swapCase(s string) string {
	if up := strings.ToUpper(s); up != s {
		return up
	}
	return strings.ToLower(s)
}

// retype puts another header on a signed token.
func retype(t *testing.T, signed string, header map[string]any) string {
	t.Helper()
	text, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(signed, ".")
	return b64(text) + "." + rest
}

// resign replaces the signature of a token.
func resign(t *testing.T, signed string, change func([]byte) []byte) string {
	t.Helper()
	dot := strings.LastIndexByte(signed, '.')
	sig, err := base64.RawURLEncoding.DecodeString(signed[dot+1:])
	if err != nil {
		t.Fatal(err)
	}
	return signed[:dot+1] + b64(change(sig))
}

// stubSigner is a signer that hides its key, as a hardware token does, and returns what the test tells it to.
type stubSigner struct {
	public crypto.PublicKey
	der    []byte
	err    error
}

func (s stubSigner) Public() crypto.PublicKey { return s.public }

func (s stubSigner) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return s.der, s.err }

func TestES256OverAnySigner(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for range 300 { // some with a short r or s
		sig, err := keys.ES256.Sign("header.payload", struct{ crypto.Signer }{key})
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte("header.payload"))
		r, s := new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])
		if len(sig) != 64 || !ecdsa.Verify(&key.PublicKey, digest[:], r, s) {
			t.Fatalf("signature %x", sig)
		}
		if err := keys.ES256.Verify("header.payload", sig, &key.PublicKey); err != nil {
			t.Fatal(err)
		}
	}
	sig, err := keys.ES256.Sign("x", stubSigner{public: &key.PublicKey, der: []byte{0x30, 6, 2, 1, 5, 2, 1, 9}})
	if err != nil || sig[31] != 5 || sig[63] != 9 || len(sig) != 64 {
		t.Errorf("r = 5, s = 9 became %x, %v", sig, err)
	}
}

func TestES256RefusesOtherKeysAndSignatures(t *testing.T) {
	p256, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	long := append([]byte{0x30, 38, 2, 33, 1}, make([]byte, 32)...)
	public := &p256.PublicKey
	for name, key := range map[string]any{
		"no signer":           []byte("secret"),
		"nothing":             nil,
		"P-384":               p384,
		"Ed25519":             ed,
		"failing token":       stubSigner{public: public, err: errors.New("token removed")},
		"empty signature":     stubSigner{public: public},
		"raw signature":       stubSigner{public: public, der: make([]byte, 64)},
		"negative integer":    stubSigner{public: public, der: []byte{0x30, 6, 2, 1, 0x85, 2, 1, 9}},
		"integer too long":    stubSigner{public: public, der: append(long, 2, 1, 9)},
		"bytes after the end": stubSigner{public: public, der: []byte{0x30, 6, 2, 1, 5, 2, 1, 9, 0}},
		"third integer":       stubSigner{public: public, der: []byte{0x30, 9, 2, 1, 5, 2, 1, 9, 2, 1, 1}},
	} {
		if sig, err := keys.ES256.Sign("x", key); err == nil {
			t.Errorf("%s: signed %x", name, sig)
		}
	}
	if err := keys.ES256.Verify("x", make([]byte, 64), []byte("secret")); err == nil {
		t.Error("verified with a shared secret")
	}
}
