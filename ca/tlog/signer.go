package tlog

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"simtrust/internal/sqldb"
)

// newKeys returns the signer of checkpoints, and its verifier key in the form of C2SP signed-note.
func newKeys(origin string, seed []byte) (note.Signer, string, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, "", errors.New("tlog: the seed of the key has 32 octets")
	}
	verifier, err := note.NewEd25519VerifierKey(origin, ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey))
	if err != nil {
		return nil, "", err
	}
	hash := strings.Split(strings.TrimPrefix(verifier, origin+"+"), "+")[0]
	const algorithm = 1 // Ed25519
	key := base64.StdEncoding.EncodeToString(append([]byte{algorithm}, seed...))
	signer, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%s+%s", origin, hash, key))
	if err != nil {
		return nil, "", errors.New("tlog: the origin of the log cannot stand in a signed note")
	}
	return signer, verifier, nil
}

// guard signs checkpoints of trees that extend every tree signed before, and makes each durable in the database before its
// signature exists. It signs for the holder of the lease only.
type guard struct {
	note.Signer
	s *Service

	mu      sync.Mutex
	refused error // the last refusal, reported once
}

const signPatience = 10 * time.Second

// Sign implements note.Signer.
func (g *guard) Sign(text []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), signPatience)
	defer cancel()
	err := g.allow(ctx, text)
	g.report(ctx, err)
	if err != nil {
		return nil, err
	}
	return g.Signer.Sign(text)
}

func (g *guard) report(ctx context.Context, err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err != nil && !errors.Is(err, g.refused) {
		g.s.log.WarnContext(ctx, "tlog: no checkpoint is signed", "error", err)
	}
	g.refused = err
}

func (g *guard) allow(ctx context.Context, text []byte) error {
	var c log.Checkpoint
	if _, err := c.Unmarshal(text); err != nil {
		return err
	}
	return g.s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		held, err := holds(ctx, tx, g.s.holder, g.s.now())
		if err != nil {
			return err
		}
		if !held {
			return errNotHeld
		}
		h, err := readHead(ctx, tx)
		if err != nil {
			return err
		}
		if err := h.extendedBy(ctx, c, client.FileFetcher{Root: g.s.config.Dir}.ReadTile); err != nil {
			return err
		}
		return markSigned(ctx, tx, c.Size, c.Hash)
	})
}

// extendedBy checks that a tree is the one signed last or a later one of the same log.
func (h head) extendedBy(ctx context.Context, c log.Checkpoint, tiles client.TileFetcherFunc) error {
	switch {
	case c.Size < h.signedSize:
		return errSmaller
	case c.Size > h.size:
		return errAhead
	case h.signedSize == 0:
		return nil
	case c.Size == h.signedSize:
		if !bytes.Equal(c.Hash, h.signedRoot) {
			return errForked
		}
		return nil
	}
	builder, err := client.NewProofBuilder(ctx, c.Size, tiles)
	if err != nil {
		return err
	}
	path, err := builder.ConsistencyProof(ctx, h.signedSize, c.Size)
	if err != nil {
		return err
	}
	if proof.VerifyConsistency(rfc6962.DefaultHasher, h.signedSize, c.Size, path, h.signedRoot, c.Hash) != nil {
		return errForked
	}
	return nil
}
