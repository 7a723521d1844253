package keys

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// State is where a key stands in its life.
type State string

// The states, in order.
const (
	Next    State = "next"
	Active  State = "active"
	Retired State = "retired"
)

// Key is one key of the ring. Instants are UTC; those of states not yet reached are zero.
type Key struct {
	KID       string    `json:"kid"`
	State     State     `json:"state"`
	Created   time.Time `json:"created"`
	Activated time.Time `json:"activated,omitzero"`
	Retired   time.Time `json:"retired,omitzero"`
	// Expires is when a retired key stops being published.
	Expires time.Time `json:"expires,omitzero"`
	Public  JWK       `json:"public"`
}

func (k Key) publishedAt(now time.Time) bool { return k.State != Retired || now.Before(k.Expires) }

// manifest is the content of ring.json: one next, one active, then the retired keys, newest first.
type manifest struct {
	Keys []Key `json:"keys"`
}

// sealed is ring.json on disk: the manifest's exact bytes and their HMAC-SHA256.
type sealed struct {
	Ring json.RawMessage `json:"ring"`
	MAC  []byte          `json:"mac"`
}

func (m manifest) seal(key []byte) ([]byte, error) {
	ring, err := json.Marshal(m)
	if err != nil {
		return nil, err
	}
	return json.Marshal(sealed{Ring: ring, MAC: mac(key, ring)})
}

var (
	errSealed   = errors.New("not a sealed ring")
	errUnproven = errors.New("the authentication code does not fit")
)

func unseal(data, key []byte) (manifest, error) {
	var s sealed
	if err := json.Unmarshal(data, &s); err != nil {
		return manifest{}, errSealed
	}
	if !hmac.Equal(s.MAC, mac(key, s.Ring)) {
		return manifest{}, errUnproven
	}
	var m manifest
	if err := json.Unmarshal(s.Ring, &m); err != nil {
		return manifest{}, errSealed
	}
	return m, m.check()
}

func mac(key, data []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(data)
	return h.Sum(nil)
}

// check holds what the rest of the package takes for granted.
func (m manifest) check() error {
	if len(m.Keys) < 2 || m.next().State != Next || m.active().State != Active {
		return errors.New("the ring does not begin with a next and an active key")
	}
	for i, k := range m.Keys {
		if i > 1 && k.State != Retired {
			return fmt.Errorf("the ring has a second %s key", k.State)
		}
		if k.KID != k.Public.thumbprint() {
			return errors.New("a key id is not the thumbprint of its key")
		}
	}
	return nil
}

func (m manifest) next() Key   { return m.Keys[0] }
func (m manifest) active() Key { return m.Keys[1] }

// rotated is the ring after a rotation at now: fresh is the new next key, and a retired key is kept for as long as said.
func (m manifest) rotated(fresh Key, now time.Time, keep time.Duration) manifest {
	active, retired := m.next(), m.active()
	active.State, active.Activated = Active, now
	retired.State, retired.Retired, retired.Expires = Retired, now, now.Add(keep)
	keys := []Key{fresh, active, retired}
	for _, k := range m.Keys[2:] {
		if k.publishedAt(now) {
			keys = append(keys, k)
		}
	}
	return manifest{Keys: keys}
}
