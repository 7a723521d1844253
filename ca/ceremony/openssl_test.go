//go:build e2e

package ceremony_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

// sm2ID makes openssl verify SM2 under the default id; it takes the option for the leaf alone, so SM2 chains are verified link by
// link.
var sm2ID = []string{"-vfyopt", "distid:1234567812345678"}

func pemFile(t *testing.T, name string, certificates ...[]byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	var text []byte
	for _, der := range certificates {
		text = append(text, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func command(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(out), err
}

func verified(t *testing.T, args ...string) {
	t.Helper()
	if out, err := command(t, "openssl", append([]string{"verify", "-x509_strict"}, args...)...); err != nil {
		t.Errorf("openssl verify: %v: %s", err, out)
	}
}

func TestOpenSSLVerifies(t *testing.T) {
	p := newPlace(t)
	p.advance(time.Since(start))
	p.run(t, spec(t, edited(t, "root: root-a\n    algorithm: P-384", "root: root-a\n    algorithm: RSA-3072")))
	h := p.load(t)
	for _, i := range h.Issuers {
		t.Run(i.ID, func(t *testing.T) { verifyIssuer(t, i) })
	}
	tsa := pemFile(t, "tsa.pem", h.TSA.Raw)
	verified(t, "-purpose", "timestampsign", "-CAfile", pemFile(t, "root.pem", h.TSAChain[1]), tsa)
	public := published(t, p)
	bank, _ := h.Issuer("bank-2026")
	verified(t, "-CAfile", pemFile(t, "b.pem", h.Roots[1]), "-untrusted", pemFile(t, "cross.pem", public["/ca/issuers/a-by-b.cer"]), pemFile(t, "bank.pem", bank.Raw))

	list := filepath.Join(t.TempDir(), "root-a.crl")
	if err := os.WriteFile(list, public["/crl/root-a/0.crl"], 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := command(t, "openssl", "crl", "-inform", "DER", "-in", list, "-noout", "-CAfile", pemFile(t, "a.pem", h.Roots[0])); err != nil || !strings.Contains(out, "verify OK") {
		t.Errorf("openssl crl: %v: %s", err, out)
	}
}

func verifyIssuer(t *testing.T, i *ca.Issuer) {
	root, issuing, delegate := pemFile(t, "root.pem", i.Chain[1]), pemFile(t, "issuing.pem", i.Raw), pemFile(t, "ocsp.pem", i.OCSP.Raw)
	if i.Algorithm == keys.SM2 {
		verified(t, append(sm2ID, "-CAfile", root, issuing)...)
		verified(t, append(sm2ID, "-partial_chain", "-CAfile", issuing, delegate)...)
		if out, err := command(t, "openssl", "verify", "-vfyopt", "distid:8765432187654321", "-CAfile", root, issuing); err == nil {
			t.Errorf("verifies under another id: %s", out)
		}
		return
	}
	verified(t, "-CAfile", root, issuing)
	verified(t, "-CAfile", root, "-untrusted", issuing, delegate)
	if out, err := command(t, "certtool", "--verify", "--load-ca-certificate", root, "--infile", pemFile(t, "chain.pem", i.OCSP.Raw, i.Raw)); err != nil {
		t.Errorf("certtool: %v: %s", err, out)
	}
}

// Roots in a token, SM2 beside it, everything else in the directory.
func TestCeremonyWithSoftHSM(t *testing.T) {
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+dir+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	if out, err := command(t, "softhsm2-util", "--init-token", "--free", "--label", "roots", "--so-pin", "0000", "--pin", "471147"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	p := newPlace(t)
	safe := filepath.Join(dir, "gm")
	var err error
	p.Roots, err = keys.OpenVault(t.Context(), keys.VaultOptions{
		Dir: safe, Secret: safe + ".secret", CreateSecret: true,
		PKCS11: "pkcs11:module-path=/usr/lib/softhsm/libsofthsm2.so;token=roots?pin-value=471147",
	})
	if err != nil {
		t.Fatal(err)
	}
	p.run(t, spec(t, sound))
	p.load(t)
	if err := p.Roots.Close(); err != nil { // the token goes back into the safe
		t.Fatal(err)
	}
	p.Roots = nil
	if h, err := p.Open(t.Context(), ceremony.Spec{}); err != nil || len(h.Issuers) != 3 {
		t.Errorf("the authority needs its roots to start: %v", err)
	}
}
