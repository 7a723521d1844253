package oidc_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"

	"simtrust"
)

const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// clientKey is the key pair of an application.
type clientKey struct {
	id      string
	private *ecdsa.PrivateKey
}

var (
	camaraKey = newClientKey("camara-1")
	bankKey   = newClientKey("bank-1")
	otherKey  = newClientKey("other-1")
)

func newClientKey(id string) clientKey {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return clientKey{id, private}
}

// public is the JWK set to register.
func (k clientKey) public() []byte {
	set, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: k.private.Public(), KeyID: k.id, Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		panic(err)
	}
	return set
}

// assertion signs a good client assertion with changes to its claims; nil removes one.
func (k clientKey) assertion(w *world, client string, changes ...any) string {
	now := w.now.Now()
	claims := jwt.MapClaims{
		"iss": client, "sub": client, "aud": w.issuer, "jti": simtrust.NewID("jti"), "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for i := 0; i < len(changes); i += 2 {
		claims[changes[i].(string)] = changes[i+1]
	}
	maps.DeleteFunc(claims, func(_ string, v any) bool { return v == nil })
	return k.sign(jwt.SigningMethodES256, claims, k.private, nil)
}

// raw signs a payload as it is.
func (k clientKey) raw(payload string) string {
	b64 := base64.RawURLEncoding.EncodeToString
	input := b64([]byte(`{"alg":"ES256","kid":"`+k.id+`"}`)) + "." + b64([]byte(payload))
	sig, err := jwt.SigningMethodES256.Sign(input, k.private)
	if err != nil {
		panic(err)
	}
	return input + "." + b64(sig)
}

// sign makes any JWT, with changes to its header.
func (k clientKey) sign(method jwt.SigningMethod, claims jwt.Claims, key any, header map[string]any) string {
	token := jwt.NewWithClaims(method, claims)
	token.Header["kid"] = k.id
	maps.Copy(token.Header, header)
	text, err := token.SignedString(key)
	if err != nil {
		panic(err)
	}
	return text
}
