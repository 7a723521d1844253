package account

import (
	"crypto/sha256"
	"encoding/json"
	"slices"
	"time"

	"simtrust"
)

// credential is one client secret, as its SHA-256, or one public key of an app.
type credential struct {
	Hash  []byte          `json:"sha256,omitempty"`
	KeyID string          `json:"kid,omitempty"`
	Key   json.RawMessage `json:"key,omitempty"`
	// Until is when it stops being valid, UTC milliseconds; 0 is never.
	Until int64 `json:"until,omitempty"`
}

func (c credential) validAt(now time.Time) bool { return c.Until == 0 || now.UnixMilli() < c.Until }

// newCredentials makes what an app of that kind authenticates with: a fresh secret, returned in clear this once, the given keys,
// or nothing.
func newCredentials(auth string, keys []publicKey) (credentials []credential, secret string) {
	if auth == AuthSecret {
		secret = simtrust.NewSecret()
		sum := sha256.Sum256([]byte(secret))
		return []credential{{Hash: sum[:]}}, secret
	}
	for _, k := range keys {
		credentials = append(credentials, credential{KeyID: k.id, Key: k.jwk})
	}
	return credentials, ""
}

// replace puts fresh credentials in the place of old ones, which stay valid until then at the latest. An old key that is among
// the fresh ones goes on as such; another key under the id of one that is still valid would make assertions ambiguous.
func replace(old, fresh []credential, now, until time.Time) ([]credential, error) {
	all := slices.Clone(fresh)
	for _, c := range old {
		if c.Until == 0 || until.UnixMilli() < c.Until {
			c.Until = until.UnixMilli()
		}
		if !c.validAt(now) {
			continue
		}
		i := slices.IndexFunc(fresh, func(f credential) bool { return c.KeyID != "" && f.KeyID == c.KeyID })
		switch {
		case i < 0:
			all = append(all, c)
		case string(fresh[i].Key) != string(c.Key):
			return nil, refusedKey("a new key has the kid of one that stays valid: give it another, or rotate without overlap")
		}
	}
	return all, nil
}

// present puts those of the credentials that are valid at now into app.
func present(app App, credentials []credential, now time.Time) (App, error) {
	var keys []json.RawMessage
	for _, c := range credentials {
		switch {
		case !c.validAt(now):
		case c.Key != nil:
			keys = append(keys, c.Key)
		default:
			app.SecretHash = append(app.SecretHash, c.Hash)
		}
	}
	var err error
	app.JWKS, err = keySet(keys)
	return app, err
}
