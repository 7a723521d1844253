//go:build e2e

package ca_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"simtrust/ca"
)

func writePEM(t *testing.T, name string, ders ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var text []byte
	for _, der := range ders {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Errorf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// TestOpenSSL has openssl make the request, and openssl and certtool verify what comes of it.
func TestOpenSSL(t *testing.T) {
	w := embedded(t)
	dir := t.TempDir()
	key, csr := filepath.Join(dir, "key.pem"), filepath.Join(dir, "csr.pem")
	run(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key)
	run(t, "openssl", "req", "-new", "-key", key, "-subj", "/CN=ignored", "-out", csr)
	text, err := os.ReadFile(csr)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	req := w.bank()
	req.CSR = block.Bytes
	c := w.issue(req)
	leaf, root := writePEM(t, "leaf.pem", c.Raw), writePEM(t, "root.pem", c.Chain[1])
	at := "1795338000" // 2026-11-22T09:00:00Z
	run(t, "openssl", "verify", "-attime", at, "-x509_strict", "-policy_check", "-CAfile", root, "-untrusted", writePEM(t, "ca.pem", c.Chain[0]), leaf)
	if shown := run(t, "openssl", "x509", "-in", leaf, "-noout", "-text", "-nameopt", "utf8,sep_comma_plus"); !strings.Contains(shown, "CN=王小明") ||
		!strings.Contains(shown, "Digital Signature, Non Repudiation") || !strings.Contains(shown, w.URLs().CRL(c.Issuer, c.Shard)) {
		t.Errorf("openssl shows\n%s", shown)
	}
	if shown := run(t, "certtool", "--certificate-info", "--infile", leaf); !strings.Contains(shown, "Non repudiation") {
		t.Errorf("certtool shows\n%s", shown)
	}

	eid := req
	eid.Profile, eid.Subject = "eid", ca.Subject{Country: "CN", Pseudonym: "笔名", CommonName: "笔名"}
	if shown := run(t, "openssl", "x509", "-in", writePEM(t, "eid.pem", w.issue(eid).Raw), "-noout", "-text"); !strings.Contains(shown, "qcStatements") {
		t.Errorf("openssl shows\n%s", shown)
	}
}

// TestOpenSSLVerifiesSM2 link by link: openssl takes the identity for the leaf alone.
func TestOpenSSLVerifiesSM2(t *testing.T) {
	w := embedded(t)
	req := w.bank()
	req.CSR, _ = request(t, sm2.P256(), nil)
	c := w.issue(req)
	run(t, "openssl", "verify", "-attime", "1795338000", "-partial_chain", "-vfyopt", "distid:1234567812345678", "-CAfile", writePEM(t, "ca.pem", c.Chain[0]),
		writePEM(t, "leaf.pem", c.Raw))
}

// TestOpenSSLVerifiesOtherIssuers has openssl verify what issuers with keys of P-384 and RSA-3072 sign.
func TestOpenSSLVerifiesOtherIssuers(t *testing.T) {
	w := embedded(t).under(strong(t))
	for _, issuer := range w.hierarchy.Issuers {
		req := w.server("a.example")
		req.Issuer = issuer.ID
		c := w.issue(req)
		leaf, between, root := writePEM(t, "leaf.pem", c.Raw), writePEM(t, "ca.pem", c.Chain[0]), writePEM(t, "root.pem", c.Chain[1])
		run(t, "openssl", "verify", "-attime", "1795338000", "-x509_strict", "-policy_check", "-CAfile", root, "-untrusted", between, leaf)
	}
}
