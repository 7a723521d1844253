package tlog

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"

	"simtrust/ca"
)

// trail is the audit chain as far as it was followed.
type trail struct {
	size   int64
	hash   []byte
	issued map[string][32]byte // what it tells of: hashes of certificates by id
	broken bool
}

func newTrail() *trail { return &trail{hash: []byte{}, issued: map[string][32]byte{}} }

// follow goes on to the end of the chain and holds it against the head. A broken chain is followed no further.
func (a *Auditor) follow(ctx context.Context, t *trail) error {
	for !t.broken {
		links, size, head, err := a.Trail(ctx, t.size)
		if err != nil {
			return err
		}
		for _, l := range links {
			if t.broken = l.Seq != t.size+1 || !bytes.Equal(l.Hash, l.Sum(t.hash)); t.broken {
				a.problem("the audit chain is broken at its link %d", t.size+1)
				return nil
			}
			t.size, t.hash = l.Seq, l.Hash
			a.take(t, l)
			if t.size == size && !bytes.Equal(t.hash, head) {
				a.problem("the audit chain does not end in its head")
			}
		}
		a.Progress("audit chain", int(t.size), int(size))
		switch {
		case t.size > size:
			a.problem("the audit chain goes on to link %d behind its head, which counts %d", t.size, size)
			return nil
		case t.size == size:
			return nil
		case len(links) == 0:
			a.problem("the audit chain ends at link %d, but its head counts %d", t.size, size)
			t.broken = true
		}
	}
	return nil
}

// take notes what a link says of an issued certificate.
func (a *Auditor) take(t *trail, l ca.AuditEntry) {
	if l.Kind != ca.AuditIssued {
		return
	}
	var detail struct {
		Certificate string `json:"sha256"`
	}
	err := json.Unmarshal([]byte(l.Detail), &detail)
	hash, hexErr := hex.DecodeString(detail.Certificate)
	switch _, twice := t.issued[l.Subject]; {
	case err != nil || hexErr != nil || len(hash) != 32:
		a.problem("link %d of the audit chain does not say what was issued", l.Seq)
	case twice:
		a.problem("link %d of the audit chain issues %s a second time", l.Seq, l.Subject)
	default:
		t.issued[l.Subject] = [32]byte(hash)
	}
}
