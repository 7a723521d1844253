package tlog

import (
	"bytes"

	"github.com/transparency-dev/merkle/compact"
)

// Mark is where an audit left off: the ends of the audit chain and of the log. Whoever keeps it finds at the next audit that either was
// cut short or written anew. Nothing else tells: who has the database can make the chain fit whatever is left in it.
type Mark struct {
	Links   int64  `json:"links"`
	Chain   []byte `json:"chain"` // hash of the last link
	Entries uint64 `json:"entries"`
	Root    []byte `json:"root"`
}

// passChain looks at the link that the last audit ended with.
func (a *Auditor) passChain(t *trail) {
	if t.size == a.Before.Links && !bytes.Equal(t.hash, a.Before.Chain) {
		a.problem("link %d of the audit chain, or one before it, is another than at the last audit", t.size)
	}
}

// passLog looks at the tree that the last audit ended with.
func (a *Auditor) passLog(r *compact.Range) error {
	if r.End() != a.Before.Entries {
		return nil
	}
	root, err := r.GetRootHash(nil)
	if err == nil && !bytes.Equal(root, a.Before.Root) {
		a.problem("the first %d entries of the log are others than at the last audit", r.End())
	}
	return err
}

// cut finds that something is shorter than it was.
func (a *Auditor) cut(t *trail, tree *tree) {
	if t.size < a.Before.Links {
		a.problem("the audit chain was cut: it had %d links at the last audit, and has %d", a.Before.Links, t.size)
	}
	if tree != nil && tree.Size < a.Before.Entries {
		a.problem("the log was cut: it had %d entries at the last audit, and has %d", a.Before.Entries, tree.Size)
	}
}
