package tlog_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"

	"simtrust/ca"
	"simtrust/ca/tlog"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const origin = "ca.example/ca/log"

var seed = bytes.Repeat([]byte{7}, 32)

// world is a log, the register that it is about, and what a test turns.
type world struct {
	t        *testing.T
	db       *sqldb.DB
	dir      string
	register *register
	clock    *clock
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func each(t *testing.T, fn func(w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{tlog.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		fn(&world{t: t, db: db, dir: filepath.Join(t.TempDir(), "log"), register: &register{}, clock: &clock{at: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}})
	})
}

func (w *world) service(dir string) *tlog.Service {
	w.t.Helper()
	s, err := tlog.New(tlog.Deps{DB: w.db, Register: w.register, Log: slog.New(slog.DiscardHandler), Now: w.clock.now},
		tlog.Config{Dir: dir, Origin: origin, Seed: seed})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// run runs a log on the folder until the returned function.
func (w *world) run(s *tlog.Service) (stop func()) {
	ctx, cancel := context.WithCancel(w.t.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = s.Run(ctx) })
	stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	w.t.Cleanup(stop)
	return stop
}

// issue issues certificates, those with an even number logged in full, and hands their event to the log.
func (w *world) issue(s *tlog.Service, n int) {
	w.t.Helper()
	if err := s.Issued(w.t.Context(), w.register.issue(n)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(q string, args ...any) {
	w.t.Helper()
	err := w.db.InTx(w.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(w.t.Context(), q, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// register is a certificate authority's, with its audit chain.
type register struct {
	certificates []ca.Certificate
	chain        []ca.AuditEntry
}

func (r *register) issue(n int) ca.Issued {
	var e ca.Issued
	for range n {
		i := len(r.certificates)
		raw := fmt.Appendf(nil, "certificate %d", i)
		sum := sha256.Sum256(raw)
		c := ca.Certificate{ID: fmt.Sprintf("bank.%04x", i), Raw: raw, State: ca.StateIssued}
		r.certificates = append(r.certificates, c)
		r.link(ca.AuditSigning, c.ID, "{}")
		r.link(ca.AuditIssued, c.ID, fmt.Sprintf(`{"sha256":"%x"}`, sum))
		logged := ca.IssuedCertificate{ID: c.ID, Profile: "bank-sim", SHA256: sum[:]}
		if i%2 == 0 {
			logged.Profile, logged.Raw = "tls-server", raw
		}
		e.Certificates = append(e.Certificates, logged)
	}
	return e
}

func (r *register) link(kind, subject, detail string) {
	prev := []byte{}
	if n := len(r.chain); n > 0 {
		prev = r.chain[n-1].Hash
	}
	l := ca.AuditEntry{Seq: int64(len(r.chain)) + 1, At: time.UnixMilli(1), Kind: kind, Subject: subject, Detail: detail}
	l.Hash = l.Sum(prev)
	r.chain = append(r.chain, l)
}

func (r *register) AuditHead(context.Context) (int64, []byte, error) {
	if len(r.chain) == 0 {
		return 0, nil, nil
	}
	return int64(len(r.chain)), r.chain[len(r.chain)-1].Hash, nil
}

func (r *register) Audit(_ context.Context, after int64, limit int) ([]ca.AuditEntry, error) {
	rest := r.chain[min(int(after), len(r.chain)):]
	return rest[:min(limit, len(rest))], nil
}

func (r *register) Search(context.Context, ca.Query, ca.Page) ([]ca.Certificate, string, error) {
	return slices.Clone(r.certificates), "", nil
}

// reader is everybody: the log over HTTP.
type reader struct {
	*tlog.Client
	url      string
	verifier note.Verifier
}

type officer struct{}

func (officer) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "officer", Scopes: []string{ca.ScopeRead}}, nil
}

func (w *world) serve(s *tlog.Service) reader {
	w.t.Helper()
	r := rpc.NewRouter(rpc.Config{Auth: officer{}})
	s.Mount(r)
	server := httptest.NewServer(r)
	w.t.Cleanup(server.Close)
	c, err := tlog.NewClient(server.URL, server.Client(), rpc.NewClient(server.URL, server.Client(), "t"))
	if err != nil {
		w.t.Fatal(err)
	}
	key, err := c.VerifierKey(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	verifier, err := note.NewVerifier(key)
	if err != nil {
		w.t.Fatal(err)
	}
	return reader{c, server.URL, verifier}
}

// checkpoint waits for one of a tree of at least size.
func (w *world) checkpoint(r reader, size uint64) log.Checkpoint {
	w.t.Helper()
	var last error
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); <-tick.C {
		text, err := r.ReadCheckpoint(w.t.Context())
		if last = err; err != nil {
			continue
		}
		c, _, _, err := log.ParseCheckpoint(text, origin, r.verifier)
		if err != nil {
			w.t.Fatal(err)
		}
		if last = fmt.Errorf("size %d", c.Size); c.Size >= size {
			return *c
		}
	}
	w.t.Fatalf("no checkpoint of size %d within a minute: %v", size, last)
	return log.Checkpoint{}
}

func (w *world) auditor(r reader) *tlog.Auditor {
	return &tlog.Auditor{Log: r, Trail: r.Audit, Search: w.register.Search, Verifier: r.verifier, Patience: time.Second, Progress: func(string, int, int) {}}
}

// audit says what does not agree.
func (w *world) audit(r reader) (tlog.Finding, error) { return w.auditor(r).Run(w.t.Context()) }

func (w *world) agrees(r reader, entries int) {
	w.t.Helper()
	f, err := w.audit(r)
	if err != nil || len(f.Problems) > 0 || f.Entries != entries {
		w.t.Fatalf("%+v, %v; want %d entries", f, err, entries)
	}
}
