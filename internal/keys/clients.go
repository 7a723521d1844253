package keys

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"sync"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"
)

// Clients keeps the parsed public keys of clients, so that a JWK set is parsed once and not at every request. Its zero value is ready,
// and safe for concurrent use.
type Clients struct {
	mu   sync.Mutex
	sets map[string]*ClientSet // by client
}

const maxClientSets = 4096

// ClientSet is what a client may sign with. Each key is good for one algorithm: ES256 or PS256 (RFC 7518 §3.1).
type ClientSet struct {
	raw  []byte
	keys []clientKey
}

type clientKey struct {
	id, alg string
	public  any
}

// Of returns the keys in the JWK set that the client has registered now.
func (c *Clients) Of(client string, jwks []byte) (*ClientSet, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s := c.sets[client]; s != nil && bytes.Equal(s.raw, jwks) {
		return s, nil
	}
	s, err := parseClientSet(jwks)
	if err != nil {
		return nil, err
	}
	if c.sets == nil || len(c.sets) >= maxClientSets {
		c.sets = map[string]*ClientSet{}
	}
	c.sets[client] = s
	return s, nil
}

func parseClientSet(raw []byte) (*ClientSet, error) {
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, err
	}
	s := &ClientSet{raw: raw}
	for _, k := range set.Keys {
		if alg := jwsAlgorithm(k.Key); alg != "" && (k.Algorithm == "" || k.Algorithm == alg) && k.Use != "enc" {
			s.keys = append(s.keys, clientKey{k.KeyID, alg, k.Key})
		}
	}
	return s, nil
}

// jwsAlgorithm returns the one algorithm of a public key, or "" for a key that signs nothing here: a symmetric or private one,
// another curve, a short modulus.
func jwsAlgorithm(key any) string {
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

// Keyfunc finds the key by the header's alg and kid. Without a kid it must be the only one for the algorithm. Keys inside the
// token (jwk, jku, x5c, x5u) are not looked at, and critical extensions are refused (RFC 7515 §4.1.11).
func (s *ClientSet) Keyfunc(token *jwt.Token) (any, error) {
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

var errNoKey = errors.New("no registered key fits the header")
