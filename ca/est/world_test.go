package est_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/smallstep/pkcs7"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/est"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// world is the face on a real authority, behind a TLS socket that asks clients for certificates.
type world struct {
	t         testing.TB
	db        *sqldb.DB
	authority *ca.Service
	searches  *searches
	face      *est.Service
	hierarchy *ca.Hierarchy
	server    *httptest.Server
}

var schema = []sqldb.Migrations{ca.Migrations(), outbox.Migrations(), est.Migrations()}

// each runs fn on a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db, est.Config{})) })
}

func embedded(t testing.TB, c est.Config) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db, c)
}

// searches counts how often the register is searched without a name, that is, as a whole.
type searches struct {
	*ca.Service
	whole atomic.Int64
}

func (s *searches) Search(ctx context.Context, q ca.Query, p ca.Page) ([]ca.Certificate, string, error) {
	if q.Name == "" {
		s.whole.Add(1)
	}
	return s.Service.Search(ctx, q, p)
}

type officer struct{}

const officerToken = "officer"

// Authenticate knows an officer, and somebody with another scope.
func (officer) Authenticate(r *http.Request) (rpc.Caller, error) {
	switch r.Header.Get("Authorization") {
	case "Bearer " + officerToken:
		return rpc.Caller{Client: "officer", Scopes: []string{ca.ScopeAuthorise}}, nil
	case "Bearer reader":
		return rpc.Caller{Client: "reader", Scopes: []string{ca.ScopeRead}}, nil
	}
	return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: rpc.ReasonNoCredential}
}

// nobody holds no tenure and signs no token.
type nobody struct{}

func (nobody) Current(context.Context, []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return nil, nil
}
func (nobody) SignJWT(string, jwt.Claims) (string, error) { return "", nil }
func (nobody) PublicKey(string) (crypto.PublicKey, bool)  { return nil, false }

func newWorld(t testing.TB, db *sqldb.DB, c est.Config) *world {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	w := &world{t: t, db: db, hierarchy: hierarchy(t)}
	var err error
	w.authority, err = ca.New(ca.Deps{DB: db, Outbox: outbox.New(db, time.Now, log), Tenures: nobody{}, Tokens: nobody{}, Log: log, Now: time.Now},
		w.hierarchy, ca.Config{BaseURL: "http://ca.example", SubjectKey: bytes.Repeat([]byte{7}, 32), SigningTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.authority.Close)
	w.searches = &searches{Service: w.authority}
	if w.face, err = est.New(est.Deps{DB: db, Authority: w.searches, Log: log, Now: time.Now}, c); err != nil {
		t.Fatal(err)
	}
	router := rpc.NewRouter(rpc.Config{Auth: officer{}})
	w.face.Mount(router)
	w.server = httptest.NewUnstartedServer(router)
	w.server.TLS = &tls.Config{ClientAuth: tls.RequestClientCert}
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	return w
}

var hierarchyOnce = sync.OnceValues(func() (*ca.Hierarchy, error) {
	rootKey, root, err := authority("Root", nil, nil)
	if err != nil {
		return nil, err
	}
	h := &ca.Hierarchy{Roots: [][]byte{root.Raw}}
	for _, line := range []ca.Line{ca.LineService, ca.LineEnterprise, ca.LineBank, ca.LineEID} {
		key, cert, err := authority("Issuing "+string(line), root, rootKey)
		if err != nil {
			return nil, err
		}
		h.Issuers = append(h.Issuers, &ca.Issuer{ID: string(line) + "-p256", Line: line, Algorithm: keys.P256, Raw: cert.Raw,
			Subject: cert.RawSubject, KeyID: cert.SubjectKeyId, NotBefore: cert.NotBefore, NotAfter: cert.NotAfter, Signer: key,
			Chain: [][]byte{cert.Raw, root.Raw}, Active: true})
	}
	return h, nil
})

func hierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	h, err := hierarchyOnce()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func authority(name string, parent *x509.Certificate, parentKey crypto.Signer) (crypto.Signer, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	id := sha256.Sum256([]byte(name))
	template := &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{Country: []string{"CN"}, CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().AddDate(20, 0, 0), IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageCRLSign, SubjectKeyId: id[:20]}
	if parent == nil {
		parent, parentKey = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return key, cert, err
}

// login is a user name and password.
type login struct{ username, password string }

// credential has the officer make a credential.
func (w *world) credential(profile string, subject ca.Subject, names ...string) login {
	w.t.Helper()
	c, password, err := w.face.Make(w.t.Context(), est.MakeReq{Profile: profile, Names: names, Subject: subject, By: "test"})
	if err != nil {
		w.t.Fatal(err)
	}
	return login{c.Username, password}
}

// call is one request of a client.
type call struct {
	method, path, contentType string
	body                      []byte
	login                     login
	bearer                    string
	chain                     []tls.Certificate
	version                   uint16 // of TLS; 0: the newest
}

// roots are those of the test server's own certificate.
func (w *world) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(w.server.Certificate())
	return pool
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

func (w *world) do(c call) reply {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), c.method, w.server.URL+c.path, bytes.NewReader(c.body))
	if err != nil {
		w.t.Fatal(err)
	}
	if c.contentType != "" {
		req.Header.Set("Content-Type", c.contentType)
	}
	if c.login != (login{}) {
		req.SetBasicAuth(c.login.username, c.login.password)
	}
	if c.bearer != "" {
		req.Header.Set("Authorization", "Bearer "+c.bearer)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		RootCAs: w.roots(), Certificates: c.chain, MaxVersion: c.version,
	}}}
	res, err := client.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, body}
}

// enrol sends a CSR as clients do.
func enrol(operation string, l login, csr []byte) call {
	return call{method: "POST", path: est.Prefix + operation, contentType: "application/pkcs10", login: l,
		body: []byte(base64.StdEncoding.EncodeToString(csr))}
}

func (r reply) json(t testing.TB) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal(r.body, &m); err != nil {
		t.Fatalf("%d %s", r.status, r.body)
	}
	return m
}

// certificates reads a certs-only answer with an independent reader.
func (r reply) certificates(t testing.TB) []*x509.Certificate {
	t.Helper()
	if r.status != http.StatusOK || r.header.Get("Content-Type") != "application/pkcs7-mime; smime-type=certs-only" {
		t.Fatalf("%d %s: %s", r.status, r.header.Get("Content-Type"), r.body)
	}
	der, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(string(r.body), "\n", ""))
	if err != nil {
		t.Fatal(err)
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		t.Fatal(err)
	}
	return p7.Certificates
}

func (r reply) certificate(t testing.TB) *x509.Certificate {
	t.Helper()
	list := r.certificates(t)
	if len(list) != 1 {
		t.Fatalf("%d certificates", len(list))
	}
	return list[0]
}

func (r reply) refused(t testing.TB, status int, words string) {
	t.Helper()
	if r.status != status || !strings.Contains(string(r.body), words) {
		t.Errorf("%d %q, want %d and %q", r.status, r.body, status, words)
	}
	if status != http.StatusMethodNotAllowed && r.header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("Content-Type %s", r.header.Get("Content-Type"))
	}
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// request makes a CSR for a common name, changed as told.
func request(t testing.TB, key crypto.Signer, cn string, change func(*x509.CertificateRequest)) []byte {
	t.Helper()
	template := &x509.CertificateRequest{Subject: pkix.Name{CommonName: cn}}
	if change != nil {
		change(template)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}
