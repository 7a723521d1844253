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
	// revoked are the reasons it tells of, in order, by the certificate's id; none says that a certificate was released.
	revoked map[string][]int
	broken  bool
}

// none is the reason of what is not revoked.
const none = -1

func newTrail() *trail {
	return &trail{hash: []byte{}, issued: map[string][32]byte{}, revoked: map[string][]int{}}
}

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
			a.passChain(t)
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

// take notes what a link says of a certificate.
func (a *Auditor) take(t *trail, l ca.AuditEntry) {
	switch l.Kind {
	case ca.AuditIssued:
		a.takeIssued(t, l)
	case ca.AuditReleased:
		t.revoked[l.Subject] = append(t.revoked[l.Subject], none)
	case ca.AuditRevoked:
		a.takeRevoked(t, l)
	case ca.AuditAbandoned:
		if reason := lastOf(t.revoked[l.Subject]); reason == none || reason == ca.CertificateHold {
			t.revoked[l.Subject] = append(t.revoked[l.Subject], ca.CessationOfOperation)
		}
	}
}

func (a *Auditor) takeRevoked(t *trail, l ca.AuditEntry) {
	var detail struct {
		Reason *int `json:"reason"`
	}
	if err := json.Unmarshal([]byte(l.Detail), &detail); err != nil || detail.Reason == nil {
		a.problem("link %d of the audit chain does not say why %s was revoked", l.Seq, l.Subject)
		return
	}
	t.revoked[l.Subject] = append(t.revoked[l.Subject], *detail.Reason)
}

func lastOf(reasons []int) int {
	if len(reasons) == 0 {
		return none
	}
	return reasons[len(reasons)-1]
}

func (a *Auditor) takeIssued(t *trail, l ca.AuditEntry) {
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
