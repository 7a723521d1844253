package keys

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io/fs"
	"time"
)

// snapshot is the ring as read at one instant; it never changes.
type snapshot struct {
	file    fs.FileInfo // of the ring.json it was read from
	ring    manifest
	signers map[string]crypto.Signer // by key id: the next and the active key
	public  map[string]published
	jwks    []byte
	etag    string
	until   time.Time // when the first published key expires; zero if none does
}

type published struct {
	key     *ecdsa.PublicKey
	expires time.Time // zero: not set yet
}

func newSnapshot(file fs.FileInfo, ring manifest, signers map[string]crypto.Signer, now time.Time) (*snapshot, error) {
	s := &snapshot{file: file, ring: ring, signers: signers, public: make(map[string]published, len(ring.Keys))}
	for _, k := range s.published(now) {
		key, err := k.Public.publicKey()
		if err != nil {
			return nil, err
		}
		s.public[k.KID] = published{key: key, expires: k.Expires}
		if !k.Expires.IsZero() && (s.until.IsZero() || k.Expires.Before(s.until)) {
			s.until = k.Expires
		}
	}
	return s, s.encode(now)
}

func (s *snapshot) published(now time.Time) []Key {
	var keys []Key
	for _, k := range s.ring.Keys {
		if k.publishedAt(now) {
			keys = append(keys, k)
		}
	}
	return keys
}

func (s *snapshot) publicKey(kid string, now time.Time) (*ecdsa.PublicKey, bool) {
	p, ok := s.public[kid]
	if !ok || (!p.expires.IsZero() && !now.Before(p.expires)) {
		return nil, false
	}
	return p.key, true
}

func (s *snapshot) expired(now time.Time) bool { return !s.until.IsZero() && !now.Before(s.until) }

// encode renders the JWK set once, so that serving it costs nothing.
func (s *snapshot) encode(now time.Time) error {
	type member struct {
		JWK
		Kid string `json:"kid"`
		Alg string `json:"alg"`
		Use string `json:"use"`
	}
	var set struct {
		Keys []member `json:"keys"`
	}
	for _, k := range s.published(now) {
		set.Keys = append(set.Keys, member{JWK: k.Public, Kid: k.KID, Alg: Algorithm, Use: "sig"})
	}
	var err error
	if s.jwks, err = json.Marshal(set); err != nil {
		return err
	}
	sum := sha256.Sum256(s.jwks)
	s.etag = `"` + base64.RawURLEncoding.EncodeToString(sum[:16]) + `"`
	return nil
}
