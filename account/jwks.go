package account

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"

	"go.step.sm/crypto/jose"
)

const (
	maxJWKS    = 32 << 10
	maxKeys    = 16
	maxKeyID   = 128
	minRSABits = 2048
	maxRSABits = 4096 // a larger one makes each assertion dear to check
)

// publicKey is one validated key of an app: its id and its JWK with exactly the members we know (RFC 7517, RFC 7518 §6).
type publicKey struct {
	id  string
	jwk json.RawMessage
}

// privateMembers are those of RFC 7518 §6.2.2, §6.3.2 and §6.4: none has any business here.
var privateMembers = []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"}

func refusedKey(msg string) error { return invalid(ReasonInvalidKeys, msg) }

// parseKeys reads a JWK set of 1 to 16 public signature keys: P-256 for ES256, or RSA of 2048 to 4096 bits for PS256, each with
// an id of its own. Members that are not needed to verify are dropped.
func parseKeys(raw []byte) ([]publicKey, error) {
	if len(raw) > maxJWKS {
		return nil, refusedKey("the JWK set is larger than 32 KiB")
	}
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(raw, &set); err != nil {
		return nil, refusedKey("jwks is not a JWK set")
	}
	if len(set.Keys) == 0 || len(set.Keys) > maxKeys {
		return nil, refusedKey("a JWK set has 1 to 16 keys")
	}
	seen := map[string]bool{}
	keys := make([]publicKey, 0, len(set.Keys))
	for _, text := range set.Keys {
		k, err := parseKey(text)
		if err != nil {
			return nil, err
		}
		if seen[k.id] {
			return nil, refusedKey("two keys have the same kid")
		}
		seen[k.id] = true
		keys = append(keys, k)
	}
	return keys, nil
}

func parseKey(text json.RawMessage) (publicKey, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return publicKey{}, refusedKey("a key is not a JSON object")
	}
	for _, m := range privateMembers {
		if _, ok := members[m]; ok {
			return publicKey{}, refusedKey("a key has private members: send the public part and replace the key, it has been exposed")
		}
	}
	if ops, ok := members["key_ops"]; ok && !bytes.Equal(bytes.TrimSpace(ops), []byte(`["verify"]`)) {
		return publicKey{}, refusedKey("a key is not for verifying")
	}
	var k jose.JSONWebKey
	if err := k.UnmarshalJSON(text); err != nil {
		return publicKey{}, refusedKey("a key is not a valid JWK")
	}
	return checkKey(k)
}

func checkKey(k jose.JSONWebKey) (publicKey, error) {
	alg, err := algorithm(k.Key)
	switch {
	case err != nil:
		return publicKey{}, err
	case k.Algorithm != "" && k.Algorithm != alg:
		return publicKey{}, refusedKey("a key's alg must be " + alg)
	case k.Use != "" && k.Use != "sig":
		return publicKey{}, refusedKey("a key is not for signatures")
	case k.KeyID == "" || len(k.KeyID) > maxKeyID:
		return publicKey{}, refusedKey("a key needs a kid of at most 128 characters")
	}
	canonical, err := jose.JSONWebKey{Key: k.Key, KeyID: k.KeyID, Algorithm: alg, Use: "sig"}.MarshalJSON()
	if err != nil {
		return publicKey{}, refusedKey("a key is not a valid JWK")
	}
	return publicKey{id: k.KeyID, jwk: canonical}, nil
}

// algorithm returns the one algorithm a key is good for.
func algorithm(key any) (string, error) {
	switch k := key.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == elliptic.P256() {
			return jose.ES256, nil
		}
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits >= minRSABits && bits <= maxRSABits && k.E >= 3 && k.E%2 == 1 {
			return jose.PS256, nil
		}
	}
	return "", refusedKey("a key is neither P-256 nor RSA of 2048 to 4096 bits")
}

// keySet renders keys as a JWK set, or nil if there are none.
func keySet(keys []json.RawMessage) ([]byte, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	return json.Marshal(map[string][]json.RawMessage{"keys": keys})
}
