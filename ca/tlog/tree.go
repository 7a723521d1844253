package tlog

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/compact"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/api/layout"
	"github.com/transparency-dev/tessera/client"
)

// tree is a log at one checkpoint.
type tree struct {
	log.Checkpoint
	entries [][32]byte // hashes of certificates and of what else there is, in order
	// receipts are the indices of those that are of receipts.
	receipts map[int]bool
	leaves   [][]byte
	index    map[[32]byte]uint64
}

func (t *tree) has(hash [32]byte) bool {
	_, ok := t.index[hash]
	return ok
}

// recheckEvery is how often the log is read again for what is on its way.
const recheckEvery = 500 * time.Millisecond

// readLog reads the log until it holds what is due, or patience ends. It returns nil where the log cannot be trusted at all.
func (a *Auditor) readLog(ctx context.Context, due map[string][32]byte) (*tree, error) {
	until := time.Now().Add(a.Patience)
	for {
		text, err := a.Log.ReadCheckpoint(ctx)
		if err != nil {
			return nil, fmt.Errorf("the checkpoint of the log: %w", err)
		}
		c, _, _, err := log.ParseCheckpoint(text, a.Verifier.Name(), a.Verifier)
		if err != nil {
			a.problem("the checkpoint of the log is not signed with the key %s", a.Verifier.Name())
			return nil, nil
		}
		if int(c.Size) < len(due) && time.Now().Before(until) {
			if err := pause(ctx, recheckEvery); err != nil {
				return nil, err
			}
			continue
		}
		before := len(a.problems)
		t, err := a.readTree(ctx, *c)
		if err != nil || t == nil {
			return nil, err
		}
		complete := !slices.ContainsFunc(slices.Collect(maps.Values(due)), func(h [32]byte) bool { return !t.has(h) })
		if complete || len(a.problems) > before || time.Now().After(until) {
			return t, nil
		}
		if err := pause(ctx, recheckEvery); err != nil {
			return nil, err
		}
	}
}

// readTree reads all entries of a checkpoint's tree and makes its root from them.
func (a *Auditor) readTree(ctx context.Context, c log.Checkpoint) (*tree, error) {
	t := &tree{Checkpoint: c, receipts: map[int]bool{}, index: make(map[[32]byte]uint64)}
	r := (&compact.RangeFactory{Hash: rfc6962.DefaultHasher.HashChildren}).NewEmptyRange(0)
	for i := uint64(0); i*layout.EntryBundleWidth < c.Size; i++ {
		bundle, err := client.GetEntryBundle(ctx, a.Log.ReadEntryBundle, i, c.Size)
		if err != nil {
			a.problem("the entries of the log from %d on cannot be read: %v", i*layout.EntryBundleWidth, err)
			return nil, ctx.Err()
		}
		entries := bundle.Entries[:min(uint64(len(bundle.Entries)), c.Size-i*layout.EntryBundleWidth)]
		for _, data := range entries {
			hash, leaf := Digest(data), rfc6962.DefaultHasher.HashLeaf(data)
			if isReceipt(data) {
				t.receipts[len(t.entries)] = true
			}
			if _, twice := t.index[hash]; !twice {
				t.index[hash] = uint64(len(t.entries))
			}
			t.entries, t.leaves = append(t.entries, hash), append(t.leaves, leaf)
			if err := errors.Join(r.Append(leaf, nil), a.passLog(r)); err != nil {
				return nil, err
			}
		}
		a.Progress("log", len(t.entries), int(c.Size))
	}
	root, err := r.GetRootHash(nil)
	if c.Size == 0 {
		root = rfc6962.DefaultHasher.EmptyRoot()
	}
	if err == nil && (uint64(len(t.entries)) != c.Size || !bytes.Equal(root, c.Hash)) {
		a.problem("the entries of the log do not make the root of its checkpoint (size %d)", c.Size)
	}
	return t, err
}

// prove proves the inclusion of every certificate, from the tiles of hashes.
func (a *Auditor) prove(ctx context.Context, t *trail, tree *tree) error {
	if tree == nil || tree.Size == 0 {
		return nil
	}
	builder, err := client.NewProofBuilder(ctx, tree.Size, a.Log.ReadTile)
	if err != nil {
		a.problem("the tiles of the log cannot be read: %v", err)
		return ctx.Err()
	}
	done := 0
	for _, id := range slices.Sorted(maps.Keys(t.issued)) {
		i, ok := tree.index[t.issued[id]]
		if !ok {
			continue // said before, or issued since
		}
		path, err := builder.InclusionProof(ctx, i)
		if err != nil {
			a.problem("no proof of inclusion for %s: %v", id, err)
			return ctx.Err()
		}
		if proof.VerifyInclusion(rfc6962.DefaultHasher, i, tree.Size, tree.leaves[i], path, tree.Hash) != nil {
			a.problem("the tiles of the log do not prove the inclusion of %s, entry %d", id, i)
		}
		done++
		a.Progress("proofs", done, len(t.issued))
	}
	return nil
}
