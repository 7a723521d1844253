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
	// Before is where the last audit left off; zero: there was none.
	Before Mark
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
	Certificates, Receipts, Entries, Links int // certificates that were issued, receipts that the log has
	// Mark is where this audit left off, for the next.
	Mark Mark
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
	due := &trail{issued: maps.Clone(t.issued), revoked: maps.Clone(t.revoked)}
	register, err := a.readRegister(ctx)
	if err != nil {
		return f, err
	}
	tree, err := a.readLog(ctx, due.issued)
	if err != nil {
		return f, err
	}
	if err := a.follow(ctx, t); err != nil {
		return f, err
	}
	a.compare(t, due, register, tree)
	a.cut(t, tree)
	if err := a.prove(ctx, t, tree); err != nil {
		return f, err
	}
	f.Links, f.Mark = int(t.size), Mark{Links: t.size, Chain: t.hash}
	for _, r := range register {
		if r.issued {
			f.Certificates++
		}
	}
	if tree != nil {
		f.Mark.Entries, f.Mark.Root = tree.Size, tree.Hash
		f.Entries, f.Receipts = len(tree.entries), len(tree.receipts)
	}
	return f, nil
}

// row is what the register says of a certificate.
type row struct {
	hash   [32]byte // where it was issued
	issued bool
	reason int
}

func newRow(c ca.Certificate) row {
	r := row{issued: c.State == ca.StateIssued, reason: none}
	if r.issued {
		r.hash = sha256.Sum256(c.Raw)
	}
	if !c.Revoked.IsZero() {
		r.reason = c.Reason
	}
	return r
}

// readRegister returns all certificates by id.
func (a *Auditor) readRegister(ctx context.Context) (map[string]row, error) {
	register := map[string]row{}
	var page ca.Page
	for {
		page.Limit = 1000
		found, next, err := a.Search(ctx, ca.Query{}, page)
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			register[c.ID] = newRow(c)
		}
		a.Progress("register", len(register), 0)
		if page.After = next; next == "" {
			return register, nil
		}
	}
}

// compare holds the register and the log against the chain. due is the chain as it was before they were read: what had time enough to
// be in all three.
func (a *Auditor) compare(t, due *trail, register map[string]row, tree *tree) {
	for _, id := range slices.Sorted(maps.Keys(register)) {
		r := register[id]
		if hash, ok := t.issued[id]; r.issued && !ok {
			a.problem("the register has %s, of whose issue the audit chain knows nothing", id)
		} else if r.issued && hash != r.hash {
			a.problem("the register has another certificate as %s than was issued", id)
		}
		if meanwhile := t.revoked[id][max(len(due.revoked[id])-1, 0):]; !slices.Contains(meanwhile, r.reason) &&
			(r.reason != none || len(due.revoked[id]) > 0) {
			a.problem("the register says that %s is %s, and the audit chain that it is %s", id, standing(r.reason), standing(lastOf(t.revoked[id])))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(due.issued)) {
		if !register[id].issued {
			a.problem("%s was issued, but the register does not have it", id)
		}
		if tree != nil && !tree.has(due.issued[id]) {
			a.problem("%s was issued, but the log does not have it", id)
		}
	}
	if tree != nil {
		a.compareLog(t, tree)
	}
}

func standing(reason int) string {
	if reason == none {
		return "not revoked"
	}
	return "revoked (" + ca.RevocationWord(reason) + ")"
}

// compareLog holds the log against the chain.
func (a *Auditor) compareLog(t *trail, tree *tree) {
	known := map[[32]byte]bool{}
	for _, hash := range t.issued {
		known[hash] = true
	}
	seen := map[[32]byte]bool{}
	for i, hash := range tree.entries {
		if !known[hash] && !tree.receipts[i] {
			a.problem("entry %d of the log (SHA-256 %s) was never issued", i, hex.EncodeToString(hash[:]))
		}
		if seen[hash] {
			a.problem("entry %d of the log (SHA-256 %s) is in it before", i, hex.EncodeToString(hash[:]))
		}
		seen[hash] = true
	}
}
