package keys

import (
	"context"
	"crypto"
	"maps"
	"path/filepath"

	"simtrust"
)

// Rotate makes the next key active, retires the active one, destroys its private key and publishes a new next key. It
// returns once the change is durable; other nodes follow within a second.
//
// It rotates the key that was active when it was called: if another process has done so meanwhile, there is nothing left to
// do. A next key published for less than [Options.Lead] is a conflict with [ReasonTooSoon]; nothing has changed then, nor
// after any other error but one: a retired private key that could not be destroyed.
func (r *Ring) Rotate(ctx context.Context) error {
	before := r.lookNow().ring.active().KID
	unlock, err := lock(ctx, filepath.Join(r.dir, lockFile))
	if err != nil {
		return err
	}
	defer unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.refresh(ctx); err != nil {
		return err
	}
	if r.current.Load().ring.active().KID != before {
		return nil
	}
	return r.rotate(ctx)
}

// rotate is Rotate under both locks.
func (r *Ring) rotate(ctx context.Context) error {
	s, now := r.current.Load(), r.now()
	if now.Before(s.ring.next().Created.Add(r.opts.Lead)) {
		return &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonTooSoon, Op: "keys.rotate",
			Msg: "relying parties may not have fetched the next key yet: wait " + r.opts.Lead.String() + " between rotations"}
	}
	fresh, err := r.create(ctx, now)
	if err != nil {
		return err
	}
	ring := s.ring.rotated(fresh.Key, now, r.opts.Keep)
	signers := maps.Clone(s.signers)
	signers[fresh.KID] = fresh.signer
	if err := r.install(ctx, ring, signers); err != nil {
		return err
	}
	r.opts.Log.Info("signing keys rotated", "active", ring.active().KID, "retired", s.ring.active().KID, "next", fresh.KID)
	if err := r.store.retain(ctx, ring.next().KID, ring.active().KID); err != nil {
		return failed("keys.rotate", "the keys are rotated, but a retired private key is still on disk", err)
	}
	return nil
}

// install makes ring the ring, on disk first. signers holds at least its next and active key.
func (r *Ring) install(ctx context.Context, ring manifest, signers map[string]crypto.Signer) error {
	data, err := ring.seal(derive(r.root, ringFile))
	if err != nil {
		return failed("keys.rotate", "cannot encode the ring", err)
	}
	if err := writeFile(filepath.Join(r.dir, ringFile), data); err != nil {
		return failed("keys.rotate", "cannot write the ring", err)
	}
	return r.reload(ctx, signers)
}
