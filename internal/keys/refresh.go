package keys

import (
	"context"
	"crypto"
	"os"
	"path/filepath"
	"time"
)

const (
	lookEvery = time.Second
	ringMax   = 1 << 20
)

// view returns the ring as last read and, once a second, looks whether another node has rotated. Whoever finds the look due
// does it; the others go on with what there is.
func (r *Ring) view() *snapshot {
	if now := r.opts.Now(); now.UnixNano() >= r.lookNext.Load() && r.mu.TryLock() {
		r.look()
		r.mu.Unlock()
	}
	return r.current.Load()
}

// lookNow looks at once.
func (r *Ring) lookNow() *snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.look()
	return r.current.Load()
}

// look re-reads the ring if its file is another one, or a key has expired. On failure the ring stays as it was and Check
// reports it. The caller holds mu.
func (r *Ring) look() {
	err := r.refresh(context.Background())
	if last := r.fault.Swap(&err); err != nil && (last == nil || *last == nil) {
		r.opts.Log.Error("the signing keys cannot be re-read; going on with those at hand", "error", err)
	}
	r.lookNext.Store(r.opts.Now().Add(lookEvery).UnixNano())
}

func (r *Ring) refresh(ctx context.Context) error {
	s := r.current.Load()
	info, err := os.Stat(filepath.Join(r.dir, ringFile))
	if err != nil {
		return broken(ReasonDamaged, "cannot look at "+ringFile+" in the key directory", err)
	}
	same := os.SameFile(info, s.file) && info.ModTime().Equal(s.file.ModTime()) && info.Size() == s.file.Size()
	if same && !s.expired(r.opts.Now()) {
		return nil
	}
	return r.reload(ctx, s.signers)
}

// reload reads ring.json and the private keys that are not known yet.
func (r *Ring) reload(ctx context.Context, known map[string]crypto.Signer) error {
	data, info, err := readFile(filepath.Join(r.dir, ringFile), ringMax)
	if err != nil {
		return failed("keys.open", "cannot read "+ringFile, err)
	}
	ring, err := unseal(data, derive(r.root, ringFile))
	if err != nil {
		return broken(ReasonDamaged, ringFile+" is damaged or not of this ring: restore the key directory", err)
	}
	signers, err := r.signers(ctx, ring, known)
	if err != nil {
		return err
	}
	s, err := newSnapshot(info, ring, signers, r.opts.Now())
	if err != nil {
		return broken(ReasonDamaged, ringFile+" holds a key that is none: restore the key directory", err)
	}
	r.current.Store(s)
	return nil
}

func (r *Ring) signers(ctx context.Context, ring manifest, known map[string]crypto.Signer) (map[string]crypto.Signer, error) {
	signers := make(map[string]crypto.Signer, 2)
	for _, k := range []Key{ring.next(), ring.active()} {
		signer, ok := known[k.KID]
		if !ok {
			var err error
			if signer, err = r.store.signer(ctx, k.KID); err != nil {
				return nil, err
			}
		}
		signers[k.KID] = signer
	}
	return signers, nil
}

// Check reports whether the ring on disk can still be read, for readiness. A node whose check fails signs on with the keys it
// has.
func (r *Ring) Check(context.Context) error {
	r.lookNow()
	return *r.fault.Load()
}
