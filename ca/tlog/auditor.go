package tlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"

	"simtrust/ca"
)

// Auditor compares the log, the register and the audit chain of a server.
type Auditor struct {
	Log      Reader
	Trail    func(ctx context.Context, after int64) (links []ca.AuditEntry, size int64, head []byte, err error)
	Search   func(ctx context.Context, q ca.Query, p ca.Page) (found []ca.Certificate, next string, err error)
	Verifier note.Verifier
	// Patience is how long a certificate may be on its way to the log.
	Patience time.Duration
	// Progress hears that n things are looked at; of is 0 where it is not known how many there are.
	Progress func(what string, n, of int)

	problems  []string
	truncated int
}

// Reader reads a log in tiles (client.HTTPFetcher, client.FileFetcher).
type Reader interface {
	ReadCheckpoint(ctx context.Context) ([]byte, error)
	ReadTile(ctx context.Context, level, index uint64, width uint8) ([]byte, error)
	ReadEntryBundle(ctx context.Context, index uint64, width uint8) ([]byte, error)
}

// Finding is what an audit comes to.
type Finding struct {
	Certificates, Entries, Links int
	// Problems say what does not agree, at most maxProblems of them and a count of the others; none: all agrees.
	Problems []string
}

const maxProblems = 50

func (a *Auditor) problem(format string, args ...any) {
	if len(a.problems) == maxProblems {
		a.truncated++
		return
	}
	a.problems = append(a.problems, fmt.Sprintf(format, args...))
}

// Run audits. An error means that it could not be done; what is wrong is in the finding. The chain is read first and its end again
// last, because every certificate of the register and every entry of the log has its link before it is there.
func (a *Auditor) Run(ctx context.Context) (f Finding, err error) {
	defer func() {
		f.Problems = a.problems
		if a.truncated > 0 {
			f.Problems = append(f.Problems, fmt.Sprintf("and %d more", a.truncated))
		}
	}()
	t := newTrail()
	if err := a.follow(ctx, t); err != nil {
		return f, err
	}
	due := maps.Clone(t.issued)
	register, err := a.readRegister(ctx)
	if err != nil {
		return f, err
	}
	tree, err := a.readLog(ctx, due)
	if err != nil {
		return f, err
	}
	if err := a.follow(ctx, t); err != nil {
		return f, err
	}
	a.compare(t, due, register, tree)
	if err := a.prove(ctx, t, tree); err != nil {
		return f, err
	}
	f.Certificates, f.Links = len(register), int(t.size)
	if tree != nil {
		f.Entries = len(tree.entries)
	}
	return f, nil
}

// readRegister returns the hashes of all certificates that were issued, by id.
func (a *Auditor) readRegister(ctx context.Context) (map[string][32]byte, error) {
	register := map[string][32]byte{}
	var page ca.Page
	for {
		page.Limit = 1000
		found, next, err := a.Search(ctx, ca.Query{}, page)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			if c.State == ca.StateIssued {
				register[c.ID] = sha256.Sum256(c.Raw)
			}
		}
		a.Progress("register", len(register), 0)
		if page.After = next; next == "" {
			return register, nil
		}
	}
}

// compare holds the register and the log against the chain. due are those that had time enough to be in all three.
func (a *Auditor) compare(t *trail, due, register map[string][32]byte, tree *tree) {
	for _, id := range slices.Sorted(maps.Keys(register)) {
		if hash, ok := t.issued[id]; !ok {
			a.problem("the register has %s, of whose issue the audit chain knows nothing", id)
		} else if hash != register[id] {
			a.problem("the register has another certificate as %s than was issued", id)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(due)) {
		if _, ok := register[id]; !ok {
			a.problem("%s was issued, but the register does not have it", id)
		}
		if tree != nil && !tree.has(due[id]) {
			a.problem("%s was issued, but the log does not have it", id)
		}
	}
	if tree == nil {
		return
	}
	known := map[[32]byte]bool{}
	for _, hash := range t.issued {
		known[hash] = true
	}
	seen := map[[32]byte]bool{}
	for i, hash := range tree.entries {
		if !known[hash] {
			a.problem("entry %d of the log (SHA-256 %s) was never issued", i, hex.EncodeToString(hash[:]))
		}
		if seen[hash] {
			a.problem("entry %d of the log (SHA-256 %s) is in it before", i, hex.EncodeToString(hash[:]))
		}
		seen[hash] = true
	}
}
