package tlog

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"io/fs"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"simtrust"
)

// Proof proves that a certificate or receipt is in the log (RFC 6962 section 2.1.1).
type Proof struct {
	Index uint64 `json:"index"`
	Size  uint64 `json:"size"`
	// LeafHash is of the entry, Path leads from it to the root in the checkpoint, a signed note.
	LeafHash   []byte   `json:"leaf_hash"`
	Path       [][]byte `json:"path"`
	Checkpoint string   `json:"checkpoint"`
}

// Covers tells whether the proof is for an entry. It verifies nothing.
func (p Proof) Covers(entry []byte) bool {
	return bytes.Equal(p.LeafHash, rfc6962.DefaultHasher.HashLeaf(entry))
}

// Verify checks the proof for an entry, that is, a certificate, its SHA-256 or a [ReceiptEntry], under the log's key.
func (p Proof) Verify(entry []byte, v note.Verifier) error {
	c, _, _, err := log.ParseCheckpoint([]byte(p.Checkpoint), v.Name(), v)
	if err != nil {
		return err
	}
	return proof.VerifyInclusion(rfc6962.DefaultHasher, p.Index, c.Size, rfc6962.DefaultHasher.HashLeaf(entry), p.Path, c.Hash)
}

// Reasons of refused proofs. Both may end within seconds: what was issued or signed right now is on its way to the log.
const (
	ReasonNotLogged = "not_logged"
	ReasonNotYet    = "not_yet"
)

var (
	errNotLogged = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonNotLogged, Msg: "the log has no entry of this id"}
	errNotYet    = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonNotYet, Msg: "it is on its way to the log; ask again in a few seconds"}
)

// Proof proves the inclusion of a certificate, or of a transaction's receipt, named by its id, under the newest checkpoint. Errors are of kind not found
// (not_logged) and unavailable (not_yet, no_log).
func (s *Service) Proof(ctx context.Context, id string) (Proof, error) {
	var index int64
	var data []byte
	err := s.db.QueryRow(ctx, `select idx, data from tlog_entry where id = $1`, id).Scan(&index, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return Proof{}, errNotLogged
	}
	if err != nil {
		return Proof{}, err
	}
	files := client.FileFetcher{Root: s.config.Dir}
	text, err := files.ReadCheckpoint(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return Proof{}, errNoLog
	}
	if err != nil {
		return Proof{}, err
	}
	var c log.Checkpoint
	if _, err := c.Unmarshal(text); err != nil {
		return Proof{}, err
	}
	if c.Size <= uint64(index) {
		return Proof{}, errNotYet
	}
	builder, err := client.NewProofBuilder(ctx, c.Size, files.ReadTile)
	if err != nil {
		return Proof{}, err
	}
	path, err := builder.InclusionProof(ctx, uint64(index))
	return Proof{Index: uint64(index), Size: c.Size, LeafHash: rfc6962.DefaultHasher.HashLeaf(data), Path: path, Checkpoint: string(text)}, err
}
