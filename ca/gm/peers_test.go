//go:build e2e

package gm_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/ca/gm"
)

// TestOpenSSL has openssl make the signing key and its request, verify both certificates, and read what they are for.
func TestOpenSSL(t *testing.T) {
	w := embedded(t)
	dir := t.TempDir()
	openssl := func(args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v: %s", args, err, out)
		}
		return string(out)
	}
	const identity = "distid:1234567812345678"
	openssl("genpkey", "-algorithm", "SM2", "-out", "sign.key")
	openssl("req", "-new", "-key", "sign.key", "-sm3", "-sigopt", identity, "-subj", "/", "-outform", "DER", "-out", "sign.csr")
	csr, err := os.ReadFile(filepath.Join(dir, "sign.csr"))
	if err != nil {
		t.Fatal(err)
	}
	a := bank()
	pair, err := w.pairs.Issue(t.Context(), gm.PairReq{Token: w.authorise(a), Profile: a.Profile, CSR: csr, Requester: "test"})
	if err != nil {
		t.Fatal(err)
	}
	for name, der := range map[string][]byte{"issuer.pem": pair.Signing.Chain[0], "signing.pem": pair.Signing.Raw, "encryption.pem": pair.Encryption.Raw} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for name, usage := range map[string]string{"signing.pem": "Digital Signature, Non Repudiation", "encryption.pem": "Key Encipherment, Data Encipherment, Key Agreement"} {
		openssl("verify", "-partial_chain", "-trusted", "issuer.pem", "-vfyopt", identity, name)
		if text := openssl("x509", "-in", name, "-noout", "-ext", "keyUsage"); !strings.Contains(text, usage) {
			t.Error(text)
		}
	}
	if openssl("x509", "-in", "signing.pem", "-noout", "-pubkey") != openssl("pkey", "-in", "sign.key", "-pubout") {
		t.Error("the signing certificate has another key")
	}
	if openssl("x509", "-in", "signing.pem", "-noout", "-subject") != openssl("x509", "-in", "encryption.pem", "-noout", "-subject") {
		t.Error("two subjects")
	}
	if text := openssl("asn1parse", "-inform", "DER", "-in", envelope(t, dir, pair)); !strings.Contains(text, "1.2.156.10197.1.104") && !strings.Contains(text, "sm4") {
		t.Error(text)
	}
}

func envelope(t *testing.T, dir string, pair gm.Pair) string {
	t.Helper()
	path := filepath.Join(dir, "envelope.der")
	if err := os.WriteFile(path, pair.Envelope, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
