package acme_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"log/slog"
	"math/big"
	mathrand "math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/internal/egress"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// world is an ACME server over HTTP on a real authority, with a name server under which every name is this machine.
type world struct {
	*acme.Service
	t         testing.TB
	db        *sqldb.DB
	clock     *clock
	ca        *ca.Service
	hierarchy *ca.Hierarchy
	base      string
	dns       *nameServer
	challenge *responder
	config    acme.Config
	authority acme.Authority
	handler   *handler
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

// handler is what the HTTP server serves; a restart replaces it.
type handler struct {
	mu sync.Mutex
	h  http.Handler
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	next := h.h
	h.mu.Unlock()
	next.ServeHTTP(w, r)
}

func (h *handler) set(next http.Handler) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.h = next
}

// responder answers http-01 challenges: what is not there is 404.
type responder struct {
	mu      sync.Mutex
	answers map[string]string
	moved   map[string]string // path to where it redirects
	held    map[string]held
	port    int
}

// held is a path whose next answer waits.
type held struct{ asked, free chan struct{} }

func newResponder(t testing.TB) *responder {
	r := &responder{answers: map[string]string{}, moved: map[string]string{}, held: map[string]held{}}
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	r.port = s.Listener.Addr().(*net.TCPAddr).Port
	return r
}

func (r *responder) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.mu.Lock()
	if h, ok := r.held[req.URL.Path]; ok {
		delete(r.held, req.URL.Path)
		r.mu.Unlock()
		close(h.asked)
		<-h.free
		r.mu.Lock()
	}
	answer, ok := r.answers[req.URL.Path]
	to := r.moved[req.URL.Path]
	r.mu.Unlock()
	switch {
	case to != "":
		http.Redirect(w, req, to, http.StatusFound)
	case ok:
		_, _ = w.Write([]byte(answer))
	default:
		http.NotFound(w, req)
	}
}

func (r *responder) answer(path, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[path] = text
}

// hold has the next request for a path say that it is there, and wait.
func (r *responder) hold(path string, asked, free chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held[path] = held{asked, free}
}

func (r *responder) redirect(path, to string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.moved[path] = to
}

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func schemas() []sqldb.Migrations {
	return []sqldb.Migrations{ca.Migrations(), outbox.Migrations(), acme.Migrations()}
}

// embedded is a world on the embedded store.
func embedded(t testing.TB) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schemas()...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

// each runs fn on a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, schemas(), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, clock: &clock{at: start}, hierarchy: newHierarchy(t), dns: newNameServer(t), challenge: newResponder(t), handler: &handler{}}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	w.base = server.URL
	var err error
	w.ca, err = ca.New(ca.Deps{DB: db, Outbox: outbox.New(db, w.clock.now, slog.New(slog.DiscardHandler)), Tenures: noTenures{}, Tokens: noTokens{},
		Log: slog.New(slog.DiscardHandler), Now: w.clock.now}, w.hierarchy,
		ca.Config{BaseURL: w.base, SubjectKey: []byte("0123456789abcdef0123456789abcdef"), SigningTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.ca.Close)
	w.authority = w.ca
	w.config = acme.Config{BaseURL: w.base, Secret: []byte("fedcba9876543210fedcba9876543210"), Validation: time.Minute,
		HTTP01Port: w.challenge.port, TLSALPN01Port: freePort(t)}
	w.restart()
	return w
}

// restart replaces the server by a fresh one on the same store.
func (w *world) restart() {
	w.t.Helper()
	resolver := w.dns.resolver()
	s, err := acme.New(acme.Deps{DB: w.db, Authority: w.authority, Network: egress.New(egress.Options{Loopback: true, Resolver: resolver}),
		Resolver: resolver, Log: slog.New(slog.DiscardHandler), Now: w.clock.now}, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	router := rpc.NewRouter(rpc.Config{Auth: officer{}})
	s.Mount(router)
	w.ca.Mount(router)
	w.Service = s
	w.handler.set(router)
}

// external makes an external account for names.
func (w *world) external(names ...string) acme.External {
	w.t.Helper()
	e, err := w.NewExternal(w.t.Context(), acme.ExternalReq{Profile: "tls-server", Names: names, By: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return e
}

// until waits for what happens on another goroutine.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatal("never: " + what)
		}
	}
}

// freePort is one that stays free until a test listens on it: the system gives none below 32768 to those who do not ask for it.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 12_000 + mathrand.IntN(18_000)
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

func (w *world) http01Port() string { return strconv.Itoa(w.challenge.port) }

// officer may authorise with the token officer.
type officer struct{}

func (officer) Authenticate(r *http.Request) (rpc.Caller, error) {
	switch r.Header.Get("Authorization") {
	case "Bearer officer":
		return rpc.Caller{Client: "officer", Scopes: []string{ca.ScopeAuthorise}}, nil
	case "Bearer reader":
		return rpc.Caller{Client: "reader", Scopes: []string{ca.ScopeRead}}, nil
	}
	return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated}
}

type noTenures struct{}

func (noTenures) Current(context.Context, []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return nil, nil
}

type noTokens struct{}

func (noTokens) SignJWT(string, jwt.Claims) (string, error) { return "", errors.New("no tokens") }
func (noTokens) PublicKey(string) (crypto.PublicKey, bool)  { return nil, false }

// newHierarchy is a root and the issuer of servers under it.
func newHierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	rootKey, root := newAuthority(t, "Test Root", nil, nil)
	h := &ca.Hierarchy{Roots: [][]byte{root.Raw}}
	for id, line := range map[string]ca.Line{"bank-p256-2026": ca.LineBank, "eid-p256-2026": ca.LineEID, "enterprise-p256-2026": ca.LineEnterprise, "service-p256-2026": ca.LineService} {
		key, cert := newAuthority(t, "Issuing "+id, root, rootKey)
		h.Issuers = append(h.Issuers, &ca.Issuer{ID: id, Line: line, Algorithm: keys.P256, Raw: cert.Raw, Subject: cert.RawSubject, KeyID: cert.SubjectKeyId,
			NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, Signer: key, Chain: [][]byte{cert.Raw, root.Raw}, Active: true})
	}
	return h
}

func newAuthority(t testing.TB, name string, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*ecdsa.PrivateKey, *x509.Certificate) {
	t.Helper()
	key := newKey(t)
	spki, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256(spki)
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: start.Add(-24 * time.Hour), NotAfter: start.AddDate(30, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: id[:20]}
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return key, cert
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
