package keys

import (
	"context"
	"crypto"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Options say how a ring is kept. Only Secret is required.
type Options struct {
	// Secret is the path of the file with the key-encryption secret: at least 32 random bytes in base64 or hexadecimal digits
	// (openssl rand -base64 32), white space around it ignored, readable by nobody but the owner and, at most, the group.
	Secret string
	// CreateSecret makes the file, mode 0600 with 256 random bits, where there is none. For the embedded default; a
	// deployment brings its own secret.
	CreateSecret bool
	// Keep is how long a retired key stays published: at least the longest life of a token plus the clock skew allowed.
	// Default 24 h.
	Keep time.Duration
	// Lead is how long a next key must have been published before Rotate may activate it: at least as long as relying
	// parties cache the JWKS. Default 0.
	Lead time.Duration
	// Now is the clock, default time.Now.
	Now func() time.Time
	// Log hears of rotations and of a ring that cannot be re-read; default none.
	Log *slog.Logger
}

func (o Options) withDefaults() Options {
	if o.Keep == 0 {
		o.Keep = 24 * time.Hour
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// Ring signs with the active key and verifies with all published ones. Its methods may be called concurrently.
type Ring struct {
	dir   string
	opts  Options
	root  rootSecret
	store store

	current  atomic.Pointer[snapshot]
	lookNext atomic.Int64 // unix ns; before it, current is taken as it is
	fault    atomic.Pointer[error]
	mu       sync.Mutex // one reload or rotation at a time in this process
}

// Open reads the ring in dir, or founds it there: the root secret, an active and a next key.
//
// The errors say what to do next and are of kind internal, with [ReasonSecretMissing], [ReasonSecretUnfit],
// [ReasonWrongSecret] or [ReasonDamaged]; a file system error has no reason.
func Open(ctx context.Context, dir string, opts Options) (*Ring, error) {
	r := &Ring{dir: dir, opts: opts.withDefaults()}
	if err := makeDir(dir); err != nil {
		return nil, failed("keys.open", "cannot create the key directory", err)
	}
	unlock, err := lock(ctx, filepath.Join(dir, lockFile))
	if err != nil {
		return nil, err
	}
	defer unlock()
	found := !exists(filepath.Join(dir, ringFile))
	secret, err := openSecret(r.opts.Secret, r.opts.CreateSecret, found)
	if err != nil {
		return nil, err
	}
	r.store = newSoftStore(dir, newSeal(secret, "key"))
	if r.root, err = openRoot(filepath.Join(dir, rootFile), newSeal(secret, "root"), found); err != nil {
		return nil, err
	}
	if found {
		err = r.found(ctx)
	} else {
		err = r.reload(ctx, nil)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// found writes the first ring. The caller holds the file lock.
func (r *Ring) found(ctx context.Context) error {
	now := r.now()
	active, err := r.create(ctx, now)
	if err != nil {
		return err
	}
	next, err := r.create(ctx, now)
	if err != nil {
		return err
	}
	active.State, active.Activated = Active, now
	r.opts.Log.Info("signing keys created", "active", active.KID, "next", next.KID)
	return r.install(ctx, manifest{Keys: []Key{next.Key, active.Key}}, map[string]crypto.Signer{
		active.KID: active.signer, next.KID: next.signer,
	})
}

// created is a new key with its signer, so that it need not be read back.
type created struct {
	Key
	signer crypto.Signer
}

func (r *Ring) create(ctx context.Context, now time.Time) (created, error) {
	kid, signer, err := r.store.create(ctx)
	if err != nil {
		return created{}, failed("keys.create", "cannot create a signing key", err)
	}
	public, err := jwkOf(signer.Public())
	if err != nil {
		return created{}, failed("keys.create", "cannot create a signing key", err)
	}
	return created{Key: Key{KID: kid, State: Next, Created: now, Public: public}, signer: signer}, nil
}

// now is the time as the ring records it: UTC, whole milliseconds.
func (r *Ring) now() time.Time { return r.opts.Now().UTC().Truncate(time.Millisecond) }

// Keys lists the published keys with their states, next first, then active, then retired from the newest to the oldest.
func (r *Ring) Keys() []Key { return r.view().published(r.now()) }

// JWKS returns the JWK set (RFC 7517 §5) of the published keys and its strong entity tag, quotes included. The caller must
// not change the bytes.
func (r *Ring) JWKS() (body []byte, etag string) {
	s := r.view()
	return s.jwks, s.etag
}

// PublicKey returns the published key with this id, always an *ecdsa.PublicKey; false if there is none. The id may come from
// a stranger's token.
func (r *Ring) PublicKey(kid string) (crypto.PublicKey, bool) {
	if key, ok := r.view().publicKey(kid, r.opts.Now()); ok {
		return key, true
	}
	// Another node may have rotated less than a second ago.
	key, ok := r.lookNow().publicKey(kid, r.opts.Now())
	if !ok {
		return nil, false
	}
	return key, true
}

// HMAC returns 32 secret bytes derived from the root secret for this purpose (HKDF-SHA256, RFC 5869): the same for the same
// label on every node for the life of the ring, and independent of those of any other label.
func (r *Ring) HMAC(label string) []byte { return derive(r.root, "hmac/"+label) }
