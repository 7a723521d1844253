//go:build e2e

package applet_test

import (
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"simtrust/simshield/applet"
)

func openssl(t *testing.T, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil {
		t.Errorf("openssl %v: %v\n%s", args, err, out)
	}
}

// TestForeignVerifier: openssl verifies the proof of possession as a certification request, and on P-256 a confirmed transfer, whose
// content is the statement to the octet.
func TestForeignVerifier(t *testing.T) {
	for _, a := range algorithms {
		t.Run(a.String(), func(t *testing.T) {
			file := func(name string, data []byte) string {
				path := filepath.Join(t.TempDir(), name)
				if err := os.WriteFile(path, data, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			c, asked := newCard(t, a), enrol()
			asked.Algorithm = a
			request, err := enrolled(t, c.key, asked, "20481024").Request(asked)
			if err != nil {
				t.Fatal(err)
			}
			args := []string{"req", "-verify", "-noout", "-inform", "DER", "-in", file("request", request)}
			if a == applet.SM2 {
				openssl(t, append(args, "-vfyopt", "distid:1234567812345678")...)
				return // its cms has no way to name the identity
			}
			openssl(t, args...)
			p, out := compose(t, about(transfer())), file("out", nil)
			root := file("root", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.root}))
			openssl(t, "cms", "-verify", "-cades", "-inform", "DER", "-in", file("signed", c.assemble(t, p)), "-CAfile", root, "-purpose", "any",
				"-attime", "1795338000", "-out", out)
			if got, err := os.ReadFile(out); err != nil || string(got) != string(p.DER) {
				t.Errorf("%x %v", got, err)
			}
		})
	}
}
