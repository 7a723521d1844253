package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// officer may do everything.
type officer struct{}

func (officer) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{Client: "officer", Scopes: []string{ca.ScopeAuthorise, ca.ScopeIssue, ca.ScopeRead, ca.ScopeRevoke}}, nil
}

type everybody struct{}

func (everybody) Current(_ context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	return ids, nil
}

// newAuthority serves an authority with the hierarchy of the example ceremony.
func newAuthority(t *testing.T) (remoteFlags, *ca.Service) {
	t.Helper()
	dir := t.TempDir()
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: filepath.Join(dir, "keys"), Secret: filepath.Join(dir, "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = vault.Close() })
	hierarchy, err := ceremony.Ceremony{Dir: filepath.Join(dir, "ca"), Vault: vault}.Open(t.Context(), ceremony.Default("http://ca.example", time.Now()))
	if err != nil {
		t.Fatal(err)
	}
	ring, err := keys.Open(t.Context(), filepath.Join(dir, "ring"), keys.Options{Secret: filepath.Join(dir, "secret")})
	if err != nil {
		t.Fatal(err)
	}
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, ca.Migrations(), outbox.Migrations()); err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.DiscardHandler)
	s, err := ca.New(ca.Deps{DB: db, Outbox: outbox.New(db, time.Now, quiet), Tenures: everybody{}, Tokens: ring, Log: quiet, Now: time.Now}, hierarchy,
		ca.Config{BaseURL: "http://ca.example", SubjectKey: make([]byte, 32), SigningTime: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	r := rpc.NewRouter(rpc.Config{Auth: officer{}})
	s.Mount(r)
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	return remoteFlags{Server: server.URL, Token: "t"}, s
}

func requestFile(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "csr.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestCACommands goes through the life of certificates.
func TestCACommands(t *testing.T) {
	remote, s := newAuthority(t)
	out := filepath.Join(t.TempDir(), "cert.pem")
	issue := caIssueCmd{remoteFlags: remote, Profile: "tls-server", CSR: requestFile(t), Out: out, caSubjectFlags: caSubjectFlags{DNS: []string{"a.example"}, Days: 30}}
	if err := issue.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(out)
	if err != nil || strings.Count(string(text), "BEGIN CERTIFICATE") != 2 {
		t.Fatalf("%s %v", text, err)
	}
	found, _, err := s.Search(t.Context(), ca.Query{}, ca.Page{})
	if err != nil || len(found) != 1 || time.Until(found[0].NotAfter) > 30*24*time.Hour {
		t.Fatalf("%+v, %v", found, err)
	}
	id := found[0].ID
	for name, command := range map[string]interface{ Run(context.Context) error }{
		"show":      &caShowCmd{remoteFlags: remote, ID: id},
		"pem":       &caShowCmd{remoteFlags: remote, ID: id, PEM: true},
		"by file":   &caShowCmd{remoteFlags: remote, ID: out},
		"list":      &caListCmd{remoteFlags: remote, caQueryFlags: caQueryFlags{Subject: "a.example"}, Valid: true, Limit: 100},
		"authorise": &caAuthoriseCmd{remoteFlags: remote, Profile: "tls-client", caSubjectFlags: caSubjectFlags{Name: "reports"}, Life: time.Minute},
		"rehearse":  &caBulkRevokeCmd{remoteFlags: remote, caQueryFlags: caQueryFlags{Profile: "tls-server"}, Reason: "superseded"},
	} {
		if err := command.Run(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c, err := s.Certificate(t.Context(), id); err != nil || !c.Revoked.IsZero() {
		t.Fatalf("a rehearsal revoked: %+v, %v", c, err)
	}
	if err := (&caRevokeCmd{remoteFlags: remote, ID: out, Reason: "superseded"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := (&caBlockCmd{remoteFlags: remote, KeyHash: strings.Repeat("ab", 32), Cause: "published"}).Run(t.Context()); err != nil {
		t.Error(err)
	}
	for range 2 {
		if err := issue.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	go func() { _ = s.Run(ctx) }()
	bulk := caBulkRevokeCmd{remoteFlags: remote, caQueryFlags: caQueryFlags{Profile: "tls-server"}, Reason: "superseded", Yes: true, Quiet: true}
	if err := bulk.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	revoked := true
	if found, _, err := s.Search(t.Context(), ca.Query{Revoked: &revoked}, ca.Page{}); err != nil || len(found) != 3 {
		t.Errorf("%d revoked, %v", len(found), err)
	}
}

func TestCACommandsSayWhatToDo(t *testing.T) {
	remote, _ := newAuthority(t)
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		command interface{ Run(context.Context) error }
		says    string
	}{
		"no request":      {&caIssueCmd{remoteFlags: remote, Profile: "tls-server", CSR: empty}, "openssl req"},
		"no profile":      {&caIssueCmd{remoteFlags: remote, Profile: "x", CSR: requestFile(t)}, "simtrust ca profiles"},
		"no certificate":  {&caShowCmd{remoteFlags: remote, ID: "bank.00"}, "simtrust ca list"},
		"no such file":    {&caRevokeCmd{remoteFlags: remote, ID: empty + ".none"}, "simtrust ca list"},
		"another file":    {&caRevokeCmd{remoteFlags: remote, ID: empty}, "openssl x509"},
		"nothing to bulk": {&caBulkRevokeCmd{remoteFlags: remote, Reason: "superseded", Yes: true}, "condition"},
		"no country": {&caAuthoriseCmd{remoteFlags: remote, Profile: "tls-server", Life: time.Minute,
			caSubjectFlags: caSubjectFlags{Country: "CN", DNS: []string{"a.example"}}}, "country"},
		"no hash": {&caBlockCmd{remoteFlags: remote, KeyHash: "ab", Cause: "x"}, "openssl pkey"},
	} {
		err := c.command.Run(t.Context())
		if err == nil || !strings.Contains(advised(err).Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
