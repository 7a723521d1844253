package ca_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"log/slog"
	"maps"
	"math/big"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// world is the module with everything around it that a test turns: the clock, the issuers' keys, and who holds what.
type world struct {
	*ca.Service
	t         testing.TB
	db        *sqldb.DB
	outbox    *outbox.Outbox
	clock     *clock
	tenures   *tenures
	hierarchy *ca.Hierarchy
	tokens    *tokens
	config    ca.Config
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

// tenures are those that are current.
type tenures struct {
	mu   sync.Mutex
	live map[simtrust.TenureID]bool
	down bool
}

var errDown = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "renumber does not answer"}

func (h *tenures) Current(_ context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errDown
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id simtrust.TenureID) bool { return !h.live[id] }), nil
}

func (h *tenures) set(id simtrust.TenureID, live bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.live[id] = live
}

// tokens is a key ring of one key.
type tokens struct {
	key       *ecdsa.PrivateKey
	withdrawn atomic.Bool
}

func (k *tokens) SignJWT(typ string, claims jwt.Claims) (string, error) {
	token := jwt.NewWithClaims(keys.ES256, claims)
	token.Header["typ"], token.Header["kid"] = typ, "k1"
	return token.SignedString(k.key)
}

func (k *tokens) PublicKey(kid string) (crypto.PublicKey, bool) {
	return k.key.Public(), kid == "k1" && !k.withdrawn.Load()
}

// seam is an issuer's key with a place to fail at.
type seam struct {
	crypto.Signer
	mu     sync.Mutex
	before func() error
	tamper func(message []byte)
	after  func(signature []byte) []byte
}

func (s *seam) Sign(random io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	s.mu.Lock()
	before, after := s.before, s.after
	s.mu.Unlock()
	if before != nil {
		if err := before(); err != nil {
			return nil, err
		}
	}
	if s.tamper != nil {
		s.tamper(digest)
	}
	signature, err := s.Signer.Sign(random, digest, opts)
	if after != nil && err == nil {
		signature = after(signature)
	}
	return signature, err
}

func (s *seam) at(before func() error, after func([]byte) []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.before, s.after = before, after
}

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// each runs fn on a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{ca.Migrations(), outbox.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// embedded is a world on the embedded store, for rules that no store has a say in.
func embedded(t *testing.T) *world {
	t.Helper()
	w, _ := restartable(t)
	return w
}

// restartable returns a world and what opens its store again after the first one lost it.
func restartable(t *testing.T) (w *world, again func() *world) {
	t.Helper()
	url := sqldbtest.SQLiteURL(t)
	open := func() *sqldb.DB {
		db, err := sqldb.Open(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = db.Close() }) // a test may have closed it
		return db
	}
	db := open()
	if err := sqldb.Migrate(t.Context(), db, ca.Migrations(), outbox.Migrations()); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db), func() *world { return newWorld(t, open()) }
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	w := &world{
		t: t, db: db, clock: &clock{at: start}, tenures: &tenures{live: map[simtrust.TenureID]bool{}}, hierarchy: newHierarchy(t),
		tokens: &tokens{key: key},
		config: ca.Config{BaseURL: "http://ca.example", SubjectKey: []byte("0123456789abcdef0123456789abcdef"), SigningTime: time.Minute},
	}
	w.outbox = outbox.New(db, w.clock.now, slog.New(slog.DiscardHandler))
	w.Service = w.node()
	return w
}

// node starts another instance on the same store.
func (w *world) node() *ca.Service {
	w.t.Helper()
	s, err := ca.New(w.deps(), w.hierarchy, w.config)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

func (w *world) deps() ca.Deps {
	return ca.Deps{DB: w.db, Outbox: w.outbox, Tenures: w.tenures, Tokens: w.tokens, Log: slog.New(slog.DiscardHandler), Now: w.clock.now}
}

// hold opens a tenure.
func (w *world) hold() simtrust.TenureID {
	id := simtrust.NewTenureID()
	w.tenures.set(id, true)
	return id
}

// key is the seam of an issuer's key.
func (w *world) key(issuer string) *seam {
	i, ok := w.hierarchy.Issuer(issuer)
	if !ok {
		w.t.Fatalf("no issuer %s", issuer)
	}
	return i.Signer.(*seam)
}

var hierarchyOnce = sync.OnceValues(buildHierarchy)

// newHierarchy is a hierarchy with one root and issuers of every line, each with a seam of its own round its key.
func newHierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	shared, err := hierarchyOnce()
	if err != nil {
		t.Fatal(err)
	}
	h := &ca.Hierarchy{Roots: shared.Roots}
	for _, i := range shared.Issuers {
		own := *i
		own.Signer = &seam{Signer: i.Signer}
		h.Issuers = append(h.Issuers, &own)
	}
	return h
}

func buildHierarchy() (*ca.Hierarchy, error) {
	h := &ca.Hierarchy{}
	roots := map[elliptic.Curve]authority{}
	for _, curve := range []elliptic.Curve{elliptic.P256(), sm2.P256()} {
		root, err := newAuthority("Test Root "+curve.Params().Name, curve, nil)
		if err != nil {
			return nil, err
		}
		roots[curve] = root
		h.Roots = append(h.Roots, root.cert.Raw)
	}
	for _, spec := range []struct {
		id    string
		line  ca.Line
		alg   keys.KeyAlgorithm
		curve elliptic.Curve
	}{
		{"bank-p256-2026", ca.LineBank, keys.P256, elliptic.P256()}, {"bank-sm2-2026", ca.LineBank, keys.SM2, sm2.P256()},
		{"eid-p256-2026", ca.LineEID, keys.P256, elliptic.P256()}, {"enterprise-p256-2026", ca.LineEnterprise, keys.P256, elliptic.P256()},
		{"service-p256-2026", ca.LineService, keys.P256, elliptic.P256()},
	} {
		root := roots[spec.curve]
		a, err := newAuthority("Issuing "+spec.id, spec.curve, &root)
		if err != nil {
			return nil, err
		}
		h.Issuers = append(h.Issuers, issuerBy(spec.id, spec.line, spec.alg, a, root.cert.Raw))
	}
	return h, nil
}

type authority struct {
	key  crypto.Signer
	cert *smx509.Certificate
}

func newAuthority(name string, curve elliptic.Curve, parent *authority) (authority, error) {
	key, err := generate(curve)
	if err != nil {
		return authority{}, err
	}
	return certify(name, key, parent, func(*smx509.Certificate) {})
}

// certify makes a certificate for an authority's key. A nil parent is itself.
func certify(name string, key crypto.Signer, parent *authority, change func(*smx509.Certificate)) (a authority, err error) {
	spki, err := smx509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return a, err
	}
	id := sha256.Sum256(spki)
	template := &smx509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: start.Add(-24 * time.Hour), NotAfter: start.AddDate(30, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: smx509.KeyUsageCertSign | smx509.KeyUsageCRLSign, SubjectKeyId: id[:20],
	}
	change(template)
	issuer, signer := template, key
	if parent != nil {
		issuer, signer = parent.cert, parent.key
	}
	raw, err := smx509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		return a, err
	}
	a.key = key
	a.cert, err = smx509.ParseCertificate(raw)
	return a, err
}

// issuerBy is an authority as an active issuer, under a root.
func issuerBy(id string, line ca.Line, alg keys.KeyAlgorithm, a authority, root []byte) *ca.Issuer {
	return &ca.Issuer{
		ID: id, Line: line, Algorithm: alg, Raw: a.cert.Raw, Subject: a.cert.RawSubject, KeyID: a.cert.SubjectKeyId,
		NotBefore: a.cert.NotBefore, NotAfter: a.cert.NotAfter, Signer: a.key, Chain: [][]byte{a.cert.Raw, root}, Active: true,
	}
}

func generate(curve elliptic.Curve) (crypto.Signer, error) {
	if curve == sm2.P256() {
		return sm2.GenerateKey(rand.Reader)
	}
	return ecdsa.GenerateKey(curve, rand.Reader)
}

// request makes a CSR with a fresh key.
func request(t testing.TB, curve elliptic.Curve, change func(*smx509.CertificateRequest)) (der []byte, key crypto.Signer) {
	t.Helper()
	key, err := generate(curve)
	if err != nil {
		t.Fatal(err)
	}
	return requestFor(t, key, change), key
}

func requestFor(t testing.TB, key crypto.Signer, change func(*smx509.CertificateRequest)) []byte {
	t.Helper()
	template := &smx509.CertificateRequest{}
	if change != nil {
		change(template)
	}
	der, err := smx509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// bank is a request for a bank certificate.
func (w *world) bank() ca.IssueReq {
	w.t.Helper()
	csr, _ := request(w.t, elliptic.P256(), nil)
	return ca.IssueReq{Profile: "bank-sim", CSR: csr, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}, Tenure: w.hold(), RelyingParty: "bank.example", Requester: "test"}
}

// server is a request for a TLS server certificate.
func (w *world) server(names ...string) ca.IssueReq {
	w.t.Helper()
	csr, _ := request(w.t, elliptic.P256(), func(r *smx509.CertificateRequest) { r.DNSNames = names })
	return ca.IssueReq{Profile: "tls-server", CSR: csr, SANs: ca.SANs{DNS: names}, Requester: "test"}
}

func (w *world) issue(req ca.IssueReq) ca.Certificate {
	w.t.Helper()
	c, err := w.Issue(w.t.Context(), req)
	if err != nil {
		w.t.Fatal(err)
	}
	return c
}

func (w *world) status(id string) ca.Status {
	w.t.Helper()
	issuer, serial, _ := ca.SplitID(id)
	st, err := w.Statuses(w.t.Context(), issuer, [][]byte{serial})
	if err != nil || len(st) != 1 {
		w.t.Fatal(err)
	}
	return st[0]
}

// only returns the one certificate in the register.
func (w *world) only() ca.Certificate {
	w.t.Helper()
	found, _, err := w.Search(w.t.Context(), ca.Query{}, ca.Page{})
	if err != nil || len(found) != 1 {
		w.t.Fatalf("%d certificates, %v", len(found), err)
	}
	return found[0]
}

// pool is the roots.
func (w *world) pool() *x509.CertPool {
	p := x509.NewCertPool()
	for _, raw := range w.hierarchy.Roots {
		if c, err := x509.ParseCertificate(raw); err == nil {
			p.AddCert(c)
		}
	}
	return p
}

func parse(t testing.TB, raw []byte) *smx509.Certificate {
	t.Helper()
	c, err := smx509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantError(t testing.TB, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if simtrust.KindOf(err) != kind || simtrust.ReasonOf(err) != reason {
		t.Errorf("got %s/%s (%v), want %s/%s", simtrust.KindOf(err), simtrust.ReasonOf(err), err, kind, reason)
	}
}

// extensionsOf returns the extensions by identifier.
func extensionsOf(c *smx509.Certificate) map[string]pkix.Extension {
	m := map[string]pkix.Extension{}
	for _, e := range c.Extensions {
		m[e.Id.String()] = e
	}
	return m
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
