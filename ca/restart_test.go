//go:build e2e && unix

package ca_test

import (
	"bytes"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/pgcluster"
	"simtrust/internal/sqldb/sqldbtest"
)

// attempt is one request for a certificate and what its caller heard.
type attempt struct {
	key string
	got ca.Certificate
	err error
}

// TestPostgreSQLRestarts crashes the store again and again under load. Issuing goes on by itself; nothing that was handed out is
// missing or different, nothing is signed twice, and of what nobody heard each one is issued, revoked or not there.
func TestPostgreSQLRestarts(t *testing.T) {
	cluster := pgcluster.ForTest(t)
	db := sqldbtest.Open(t, cluster.URL())
	if err := sqldb.Migrate(t.Context(), db, ca.Migrations(), outbox.Migrations()); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, db)
	var mu sync.Mutex
	signed := map[string]int{}
	w.key("service-p256-2026").tamper = func(digest []byte) {
		mu.Lock()
		defer mu.Unlock()
		signed[string(digest)]++
	}
	var issued atomic.Int64
	var over atomic.Bool
	callers := make([][]attempt, 8)
	var load sync.WaitGroup
	for n := range callers {
		load.Go(func() {
			for i := 0; !over.Load(); i++ {
				req := w.server("a.example")
				req.RequestKey = fmt.Sprintf("order %d of %d", i, n)
				a := attempt{key: req.RequestKey}
				if a.got, a.err = w.Issue(t.Context(), req); a.err == nil {
					issued.Add(1)
				}
				callers[n] = append(callers[n], a)
			}
		})
	}
	for range 3 {
		w.wait("certificates are issued", func() bool { return issued.Load() > 50 })
		if err := errors.Join(cluster.Crash(), cluster.Recover()); err != nil {
			t.Fatal(err)
		}
		issued.Store(0)
	}
	w.wait("certificates are issued after the last restart", func() bool { return issued.Load() > 50 })
	over.Store(true)
	load.Wait()

	w.sweepLater()
	lost := 0
	for _, attempts := range callers {
		for _, a := range attempts {
			w.wantOutcome(a)
			if a.err != nil {
				lost++
			}
		}
	}
	if lost == 0 {
		t.Error("no caller noticed that the store was away")
	}
	for _, n := range signed {
		if n != 1 {
			t.Errorf("one certificate was signed %d times", n)
		}
	}
	if err := w.VerifyAudit(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// wait fails the test when something does not happen in a minute.
func (w *world) wait(what string, happened func() bool) {
	w.t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !happened() {
		select {
		case <-tick.C:
		case <-deadline:
			w.t.Fatalf("waited in vain: %s", what)
		}
	}
}

// wantOutcome compares what the register holds of a request with what its caller heard.
func (w *world) wantOutcome(a attempt) {
	w.t.Helper()
	held, err := w.ByRequest(w.t.Context(), a.key)
	switch {
	case a.err == nil:
		if err != nil || held.State != ca.StateIssued || !bytes.Equal(held.Raw, a.got.Raw) {
			w.t.Errorf("%s was handed out and is %s, %v", a.key, held.State, err)
		}
	case simtrust.KindOf(a.err) != simtrust.KindUnavailable:
		w.t.Errorf("%s: %v", a.key, a.err)
	case simtrust.ReasonOf(err) == ca.ReasonUnknownCertificate:
	case err != nil || held.State != ca.StateIssued && (held.State != ca.StateAbandoned || held.Revoked.IsZero()):
		w.t.Errorf("%s failed and is %s, revoked %v, %v", a.key, held.State, held.Revoked, err)
	}
}
