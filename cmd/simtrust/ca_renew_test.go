package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/ca"
	"simtrust/internal/rpc"
)

// writePEM leaves a block in a file of that name.
func writePEM(t *testing.T, dir, name, kind string, der []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// keyAndRequest makes a key and a request for it, in files.
func keyAndRequest(t *testing.T, dir, name string) (key, csr string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, private)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, dir, name+".key", "PRIVATE KEY", der), writePEM(t, dir, name+".csr", "CERTIFICATE REQUEST", request)
}

// TestCARenew renews a certificate over mutual TLS, for a new key, and does not without the right certificate.
func TestCARenew(t *testing.T) {
	remote, s := newAuthority(t)
	dir := t.TempDir()
	router := rpc.NewRouter(rpc.Config{Auth: officer{}})
	s.Mount(router)
	server := httptest.NewUnstartedServer(router)
	roots := x509.NewCertPool()
	for _, der := range s.Hierarchy().Roots {
		if root, err := x509.ParseCertificate(der); err == nil { // Go knows no SM2
			roots.AddCert(root)
		}
	}
	server.TLS = &tls.Config{ClientAuth: tls.VerifyClientCertIfGiven, ClientCAs: roots}
	server.StartTLS()
	t.Cleanup(server.Close)
	trust := writePEM(t, dir, "server.pem", "CERTIFICATE", server.Certificate().Raw)

	key, csr := keyAndRequest(t, dir, "old")
	cert := filepath.Join(dir, "old.pem")
	issue := caIssueCmd{remoteFlags: remote, Profile: "tls-client", CSR: csr, Out: cert, caSubjectFlags: caSubjectFlags{Name: "reports"}}
	if err := issue.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, fresh := keyAndRequest(t, dir, "new")
	renew := caRenewCmd{CSR: fresh, Server: server.URL, Cert: cert, Key: key, TrustCA: trust, Out: filepath.Join(dir, "new.pem")}
	if err := renew.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(renew.Out)
	if err != nil || strings.Count(string(text), "BEGIN CERTIFICATE") != 2 {
		t.Errorf("%s %v", text, err)
	}

	other, _ := keyAndRequest(t, dir, "other")
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		change func(*caRenewCmd)
		says   string
	}{
		"another key":        {func(c *caRenewCmd) { c.Key = other }, "private key does not match"},
		"a server unknown":   {func(c *caRenewCmd) { c.TrustCA = "" }, "did not answer"},
		"no roots":           {func(c *caRenewCmd) { c.TrustCA = empty }, "no certificate in PEM"},
		"no request":         {func(c *caRenewCmd) { c.CSR = empty }, "openssl req"},
		"no TLS":             {func(c *caRenewCmd) { c.Server = remote.Server }, "client certificate"},
		"no URL":             {func(c *caRenewCmd) { c.Server = "::" }, "no URL"},
		"no place to put it": {func(c *caRenewCmd) { c.Out = filepath.Join(dir, "none", "new.pem") }, "no such file"},
	} {
		refused := renew
		c.change(&refused)
		if err := refused.Run(t.Context()); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	found, _, err := s.Search(t.Context(), ca.Query{Profile: "tls-client"}, ca.Page{})
	if err != nil || len(found) != 3 { // the old one, the renewed one, the one that could not be written
		t.Fatalf("%d certificates, %v", len(found), err)
	}
	for _, c := range found {
		if _, err := s.Revoke(t.Context(), ca.RevokeReq{ID: c.ID, Reason: ca.Superseded}); err != nil {
			t.Fatal(err)
		}
	}
	if err := renew.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "valid and not revoked") {
		t.Errorf("a revoked certificate renewed itself: %v", err)
	}
}
