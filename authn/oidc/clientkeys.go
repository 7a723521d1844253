package oidc

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"sync"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"

	"simtrust/account"
)

// clientKeys keeps the parsed keys of applications, so that a JWK set is parsed once and not at every request.
type clientKeys struct {
	mu   sync.Mutex
	sets map[string]*keySet // by client
}

const maxKeySets = 4096

// keySet is what a client may sign with. Each key is good for one algorithm.
type keySet struct {
	raw  []byte
	keys []clientKey
}

type clientKey struct {
	id, alg string
	public  any
}

// of returns the keys that the application has registered now.
func (c *clientKeys) of(app account.App) (*keySet, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sets[app.ID]; s != nil && bytes.Equal(s.raw, app.JWKS) {
		return s, nil
	}
	s, err := parseKeySet(app.JWKS)
	if err != nil {
		return nil, err
	}
	if c.sets == nil || len(c.sets) >= maxKeySets {
		c.sets = map[string]*keySet{}
	}
	c.sets[app.ID] = s
	return s, nil
}

func parseKeySet(raw []byte) (*keySet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	s := &keySet{raw: raw}
	for _, k := range set.Keys {
		if alg := algorithmOf(k.Key); alg != "" && (k.Algorithm == "" || k.Algorithm == alg) && k.Use != "enc" {
			s.keys = append(s.keys, clientKey{k.KeyID, alg, k.Key})
		}
	}
	return s, nil
}

// algorithmOf returns the one algorithm of a public key, or "" for a key that signs nothing here: a symmetric or private one,
// another curve, a short modulus.
func algorithmOf(key any) string {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return "ES256"
		}
	case *rsa.PublicKey:
		if k.N.BitLen() >= 2048 {
			return "PS256"
		}
	}
	return ""
}

// keyfunc finds the key by the header's alg and kid. Without a kid it must be the only one for the algorithm. Keys inside the
// token (jwk, jku, x5c, x5u) are not looked at, and critical extensions are refused (RFC 7515 §4.1.11).
func (s *keySet) keyfunc(token *jwt.Token) (any, error) {
	if _, critical := token.Header["crit"]; critical {
		return nil, errNoKey
	}
	kid, named := token.Header["kid"].(string)
	var found []clientKey
	for _, k := range s.keys {
		if k.alg == token.Method.Alg() && (!named || k.id == kid) {
			found = append(found, k)
		}
	}
	if len(found) != 1 {
		return nil, errNoKey
	}
	return found[0].public, nil
}
