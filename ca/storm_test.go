package ca_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// TestBulkBesideIssuing: issuing moves the audit chain on all the time, and a bulk revocation gets through all the same.
func TestBulkBesideIssuing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const old, issuers = 250, 8
		for range old {
			w.issue(w.server("old.example"))
		}
		job, err := w.RevokeAll(t.Context(), ca.BulkReq{Query: ca.Query{Name: "old.example"}, Reason: ca.Superseded, By: "officer"})
		if err != nil {
			t.Fatal(err)
		}
		var over atomic.Bool
		var load sync.WaitGroup
		for range issuers {
			load.Go(func() {
				for !over.Load() {
					_, err := w.Issue(t.Context(), w.server("new.example"))
					if err != nil && simtrust.ReasonOf(err) != sqldb.ReasonContended { // which says to try again
						t.Error(err)
						return
					}
				}
			})
		}
		err = w.WorkBulk(t.Context())
		over.Store(true)
		load.Wait()
		if err != nil {
			t.Fatal(err)
		}
		if job, err = w.BulkJob(t.Context(), job.ID); err != nil || job.Done != old || job.Finished.IsZero() {
			t.Errorf("%+v, %v", job, err)
		}
		if err := w.VerifyAudit(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

// TestCompromiseBesideBulk: whoever comes first, key compromise is not overwritten with a lesser reason that was decided before it.
func TestCompromiseBesideBulk(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for range 8 {
			w.compromiseBesideBulk(t)
		}
		if err := w.VerifyAudit(t.Context(), nil); err != nil {
			t.Error(err)
		}
	})
}

// compromiseBesideBulk has so few racers that all their transactions together are fewer than one's attempts: none is contended out.
func (w *world) compromiseBesideBulk(t *testing.T) {
	t.Helper()
	const n = 5
	var ids []string
	for range n {
		ids = append(ids, w.issue(w.server("a.example")).ID)
	}
	if _, err := w.RevokeAll(t.Context(), ca.BulkReq{Query: ca.Query{Name: "a.example"}, Reason: ca.Superseded, By: "officer"}); err != nil {
		t.Fatal(err)
	}
	var racers sync.WaitGroup
	racers.Go(func() {
		if err := w.WorkBulk(t.Context()); err != nil {
			t.Error(err)
		}
	})
	for _, id := range ids {
		for _, reason := range []int{ca.CessationOfOperation, ca.KeyCompromise} {
			racers.Go(func() {
				_, err := w.Revoke(t.Context(), ca.RevokeReq{ID: id, Reason: reason, By: "officer", Officer: true})
				if err != nil && (reason == ca.KeyCompromise || simtrust.KindOf(err) != simtrust.KindConflict) {
					t.Error(err)
				}
			})
		}
	}
	racers.Wait()
	for _, id := range ids {
		if c, err := w.Certificate(t.Context(), id); err != nil || c.Reason != ca.KeyCompromise {
			t.Errorf("%s: reason %d, %v", id, c.Reason, err)
		}
	}
}
