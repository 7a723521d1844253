package status_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emmansun/gmsm/smx509"

	"simtrust/ca"
	"simtrust/ca/status"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

const base = "http://ca.example"

func address(issuer string, shard int) string {
	return fmt.Sprintf("%s/crl/%s/%d.crl", base, issuer, shard)
}

// world is a node with a register and a clock that tests turn.
type world struct {
	*status.Service
	t         testing.TB
	db        *sqldb.DB
	register  *register
	clock     *clock
	hierarchy *ca.Hierarchy
	handler   http.Handler
}

const shards = 4

// each runs fn on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{status.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// embedded is a world on the embedded store, for rules that no store has a say in.
func embedded(t testing.TB) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, status.Migrations()); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, register: newRegister(), clock: &clock{at: start}, hierarchy: newHierarchy(t)}
	return w.node()
}

// node is another node, or the same after a restart: on the same store, register and clock.
func (w *world) node() *world {
	w.t.Helper()
	n := *w
	n.with(func(*status.Config) {})
	return &n
}

// with starts the node again, under another configuration.
func (w *world) with(change func(*status.Config)) {
	w.t.Helper()
	c := status.Config{CRL: address, Shards: shards}
	change(&c)
	s, err := status.New(status.Deps{DB: w.db, Register: w.register, Log: slog.New(slog.DiscardHandler), Now: w.clock.now}, w.hierarchy, c)
	if err != nil {
		w.t.Fatal(err)
	}
	r := rpc.NewRouter(rpc.Config{})
	s.Mount(r)
	w.Service, w.handler = s, status.KeepSlashes(r)
}

func (w *world) issuer(id string) *ca.Issuer {
	i, ok := w.hierarchy.Issuer(id)
	if !ok {
		w.t.Fatalf("no issuer %s", id)
	}
	return i
}

func (w *world) watch() {
	w.t.Helper()
	if err := w.Watch(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// publish is one round of a running node.
func (w *world) publish() {
	w.t.Helper()
	w.watch()
	if err := w.Publish(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) do(method, path string, body []byte, header ...string) *http.Response {
	w.t.Helper()
	r := httptest.NewRequest(method, base+path, bytes.NewReader(body)).WithContext(w.t.Context())
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec.Result()
}

func (w *world) post(issuer string, request []byte) []byte {
	w.t.Helper()
	return w.body(w.do("POST", "/ocsp/"+issuer, request, "Content-Type", "application/ocsp-request"), http.StatusOK, "application/ocsp-response")
}

func (w *world) get(issuer string, request []byte, header ...string) *http.Response {
	w.t.Helper()
	return w.do("GET", "/ocsp/"+issuer+"/"+url.PathEscape(base64.StdEncoding.EncodeToString(request)), nil, header...)
}

func (w *world) body(res *http.Response, code int, media string) []byte {
	w.t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	if res.StatusCode != code || res.Header.Get("Content-Type") != media {
		w.t.Fatalf("%d %s: %.200q; want %d %s", res.StatusCode, res.Header.Get("Content-Type"), body, code, media)
	}
	return body
}

// crl fetches a shard's list and verifies it under the issuer's certificate.
func (w *world) crl(issuer string, shard int) *smx509.RevocationList {
	w.t.Helper()
	path := strings.TrimPrefix(address(issuer, shard), base)
	list, err := smx509.ParseRevocationList(w.body(w.do("GET", path, nil), http.StatusOK, "application/pkix-crl"))
	if err != nil {
		w.t.Fatal(err)
	}
	cert, err := smx509.ParseCertificate(w.issuer(issuer).Raw)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := list.CheckSignatureFrom(cert); err != nil {
		w.t.Fatal(err)
	}
	return list
}

// listed says with what reason a list has a serial number, -1 for not at all.
func listed(l *smx509.RevocationList, serial []byte) int {
	for _, e := range l.RevokedCertificateEntries {
		if bytes.Equal(e.SerialNumber.Bytes(), bytes.TrimLeft(serial, "\x00")) {
			return e.ReasonCode
		}
	}
	return -1
}

// clock stands still at an instant, unless it is real.
type clock struct {
	mu   sync.Mutex
	at   time.Time
	real bool
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.real {
		return time.Now()
	}
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// register is ca's part: rows with a state, changes counted per shard.
type register struct {
	mu       sync.Mutex
	rows     map[string]ca.Status       // issuer.serial
	changes  map[string][]ca.Revocation // issuer/shard, in order
	down     error
	asked    int    // calls of Statuses
	answered func() // called between reading a status and answering
}

func newRegister() *register {
	return &register{rows: map[string]ca.Status{}, changes: map[string][]ca.Revocation{}}
}

var errStore = errors.New("the store is away")

func (r *register) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.down = err
}

// hold puts a row into the register.
func (r *register) hold(issuer string, serial []byte, state string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rows[ca.CertificateID(issuer, serial)] = ca.Status{Serial: serial, Known: true, State: state, Expires: start.AddDate(1, 0, 0)}
	return serial
}

func (r *register) expires(issuer string, serial []byte, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := ca.CertificateID(issuer, serial)
	row := r.rows[id]
	row.Expires = at
	r.rows[id] = row
}

// revoke is a commit of some node: of this one where it tells the service of it.
func (r *register) revoke(issuer string, shard int, serial []byte, at time.Time, reason int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	id := ca.CertificateID(issuer, serial)
	row := r.rows[id]
	if row.Revoked.IsZero() {
		row.Revoked = at
	}
	row.Reason = reason
	change := ca.Revocation{Serial: serial, At: row.Revoked, Reason: reason, Expires: row.Expires}
	if reason == ca.RemoveFromCRL {
		row.Revoked, row.Reason = time.Time{}, 0
	}
	r.rows[id] = row
	key := shardName(issuer, shard)
	change.Change = int64(len(r.changes[key]) + 1)
	r.changes[key] = append(r.changes[key], change)
}

// restore takes the register back to before the last n changes of a shard.
func (r *register) restore(issuer string, shard, n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := shardName(issuer, shard)
	kept := len(r.changes[key]) - n
	for _, c := range r.changes[key][kept:] {
		id := ca.CertificateID(issuer, c.Serial)
		row := r.rows[id]
		row.Revoked, row.Reason = time.Time{}, 0
		r.rows[id] = row
	}
	r.changes[key] = r.changes[key][:kept]
}

func shardName(issuer string, shard int) string { return fmt.Sprintf("%s/%d", issuer, shard) }

func (r *register) Statuses(_ context.Context, issuer string, serials [][]byte) ([]ca.Status, error) {
	r.mu.Lock()
	r.asked++
	out := make([]ca.Status, len(serials))
	for i, serial := range serials {
		out[i] = r.rows[ca.CertificateID(issuer, serial)]
		out[i].Serial = serial
	}
	err, answered := r.down, r.answered
	r.mu.Unlock()
	if answered != nil {
		answered()
	}
	return out, err
}

func (r *register) Shards(_ context.Context, issuer string) (out []ca.Shard, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for n := range 100 {
		if changes := r.changes[shardName(issuer, n)]; len(changes) > 0 {
			out = append(out, ca.Shard{Issuer: issuer, Number: n, Change: int64(len(changes))})
		}
	}
	return out, r.down
}

func (r *register) Revocations(_ context.Context, issuer string, shard int, since time.Time) ([]ca.Revocation, int64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	changes := r.changes[shardName(issuer, shard)]
	kept := slices.DeleteFunc(slices.Clone(changes), func(c ca.Revocation) bool { return c.Expires.Before(since) })
	return kept, int64(len(changes)), r.down
}

func (r *register) Changes(_ context.Context, issuer string, shard int, after int64) ([]ca.Revocation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.changes[shardName(issuer, shard)][after:]), r.down
}

func (r *register) questions() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.asked
}

func serial(digits string) []byte {
	s, err := hex.DecodeString(digits)
	if err != nil {
		panic(err)
	}
	return s
}
