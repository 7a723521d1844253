package tlog

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/transparency-dev/tessera/api/layout"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
)

// Where the log is served, under the address of the server.
const (
	Path         = "/ca/log"
	pathKey      = Path + "/key"
	patternProof = "GET " + Path + "/proof"
	patternAudit = "GET /ca/v1/audit"
)

// Mount mounts the log for everybody, as C2SP tlog-tiles has it, and the audit chain for readers of the register.
func (s *Service) Mount(r *rpc.Router) {
	r.Raw("ca.log_checkpoint", "GET "+Path+"/checkpoint", http.HandlerFunc(s.serveCheckpoint), rpc.Public())
	r.Raw("ca.log_tile", "GET "+Path+"/tile/{level}/{index...}", http.HandlerFunc(s.serveTile), rpc.Public())
	r.Raw("ca.log_key", "GET "+pathKey, http.HandlerFunc(s.serveKey), rpc.Public())
	rpc.Handle(r, "ca.log_proof", patternProof, s.proofWire, rpc.Public())
	rpc.Handle(r, "ca.audit", patternAudit, s.auditWire, rpc.Scope(ca.ScopeRead))
}

var (
	errNoTile = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_tile", Msg: "the log has no such tile"}
	errNoLog  = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "no_log", Msg: "the log has no checkpoint yet, or is served by another node"}
)

func (s *Service) serveCheckpoint(w http.ResponseWriter, r *http.Request) {
	s.serveFile(w, r, layout.CheckpointPath, "text/plain; charset=utf-8", "no-cache", errNoLog)
}

// serveTile serves a tile of hashes or entries. The path on disk is made from the numbers, never from the text that came.
func (s *Service) serveTile(w http.ResponseWriter, r *http.Request) {
	path, ok := tilePath(r.PathValue("level"), r.PathValue("index"))
	if !ok {
		rpc.Fail(w, r, errNoTile)
		return
	}
	s.serveFile(w, r, path, "application/octet-stream", "public, max-age=31536000, immutable", errNoTile)
}

// tilePath is the canonical path of a tile; false where the text is not canonical.
func tilePath(level, index string) (string, bool) {
	var path string
	if level == "entries" {
		n, width, err := layout.ParseTileIndexPartial(index)
		if err != nil {
			return "", false
		}
		path = layout.EntriesPath(n, width)
	} else {
		l, n, width, err := layout.ParseTileLevelIndexPartial(level, index)
		if err != nil {
			return "", false
		}
		path = layout.TilePath(l, n, width)
	}
	return path, path == "tile/"+level+"/"+index
}

func (s *Service) serveFile(w http.ResponseWriter, r *http.Request, path, kind, caching string, missing error) {
	body, err := os.ReadFile(filepath.Join(s.config.Dir, filepath.FromSlash(path)))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		rpc.Fail(w, r, missing)
		return
	case err != nil:
		rpc.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", caching)
	_, _ = w.Write(body) // a client that went away needs no answer
}

func (s *Service) serveKey(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=3600")
	_, _ = w.Write([]byte(s.key + "\n")) // a client that went away needs no answer
}

type proofWire struct {
	Certificate string `query:"certificate" json:"-"`
	Receipt     string `query:"receipt" json:"-"` // of a transaction, where no certificate is named
}

func (s *Service) proofWire(ctx context.Context, w proofWire) (Proof, error) {
	return s.Proof(ctx, cmp.Or(w.Certificate, w.Receipt))
}

// The JSON forms of the audit chain.
type (
	afterWire struct {
		After int64 `query:"after" json:"-"`
	}
	chainWire struct {
		Entries []linkWire `json:"entries"`
		// Size and Hash are of the chain's end when it was asked for.
		Size int64  `json:"size"`
		Hash []byte `json:"hash"`
	}
	linkWire struct {
		Seq     int64  `json:"seq"`
		Millis  int64  `json:"at_ms"` // UTC, since 1970
		Kind    string `json:"kind"`
		Subject string `json:"subject"`
		Detail  string `json:"detail"`
		Hash    []byte `json:"hash"`
	}
)

// auditPage is how many links of the chain one answer holds.
const auditPage = 1000

func (s *Service) auditWire(ctx context.Context, w afterWire) (chainWire, error) {
	size, hash, err := s.register.AuditHead(ctx)
	if err != nil {
		return chainWire{}, err
	}
	entries, err := s.register.Audit(ctx, max(w.After, 0), auditPage)
	res := chainWire{Entries: make([]linkWire, len(entries)), Size: size, Hash: hash}
	for i, e := range entries {
		res.Entries[i] = linkWire{e.Seq, e.At.UnixMilli(), e.Kind, e.Subject, e.Detail, e.Hash}
	}
	return res, err
}

func (w linkWire) entry() ca.AuditEntry {
	return ca.AuditEntry{Seq: w.Seq, At: time.UnixMilli(w.Millis).UTC(), Kind: w.Kind, Subject: w.Subject, Detail: w.Detail, Hash: w.Hash}
}

// Origin is the name of the log of a server.
func Origin(base string) string {
	_, rest, _ := strings.Cut(strings.TrimSuffix(base, "/"), "://")
	return rest + Path
}
