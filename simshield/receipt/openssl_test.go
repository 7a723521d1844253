//go:build e2e

package receipt_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// bench is a folder with the parts of a receipt, for foreign programs.
type bench struct {
	t   *testing.T
	dir string
}

func newBench(w *world, t *testing.T, evidence []byte) bench {
	t.Helper()
	b := bench{t, t.TempDir()}
	parts, err := receipt.Extract(evidence)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		b.write(p.Name, p.Octets)
	}
	var roots bytes.Buffer
	for _, der := range w.roots {
		_ = pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: der})
	}
	b.write("roots.pem", roots.Bytes())
	return b
}

func (b bench) write(name string, octets []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), octets, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

func (b bench) openssl(args ...string) error {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), "openssl", append(args, "-attime", strconv.FormatInt(start.Add(time.Second).Unix(), 10))...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	b.t.Logf("openssl %s: %v\n%s", strings.Join(args, " "), err, out)
	return err
}

// TestForeignVerifiers: openssl verifies the parts, and refuses those of another receipt.
func TestForeignVerifiers(t *testing.T) {
	w := newWorld(t)
	evidence := w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer())))
	b := newBench(w, t, evidence)
	if b.openssl("cms", "-verify", "-cades", "-inform", "DER", "-in", "signed-data.der", "-CAfile", "roots.pem", "-purpose", "any", "-out", "confirmed") != nil {
		t.Error("openssl refuses the signed data")
	}
	if confirmed, err := os.ReadFile(filepath.Join(b.dir, "confirmed")); err != nil || !bytes.Equal(confirmed, read(t, evidence).octets("statement")) {
		t.Error("openssl finds another statement")
	}
	stamp := []string{"ts", "-verify", "-token_in", "-in", "time-stamp.der", "-CAfile", "roots.pem", "-data"}
	if b.openssl(append(stamp, "signature.der")...) != nil {
		t.Error("openssl refuses the time stamp")
	}
	if b.openssl(append(stamp, "statement.der")...) == nil {
		t.Error("openssl takes the time stamp for one of something else")
	}
	b.write("issuer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.authorities[applet.P256].issuer.cert.Raw}))
	if b.openssl("ocsp", "-respin", "ocsp.der", "-issuer", "issuer.pem", "-CAfile", "roots.pem", "-sha256", "-cert", "certificates.pem", "-no_nonce",
		"-validity_period", "4000000000") != nil {
		t.Error("openssl refuses the OCSP response")
	}
}

// TestForeignVerifiersSM2: openssl knows no signed data of GB/T 35275; it knows SM3 in a time stamp.
func TestForeignVerifiersSM2(t *testing.T) {
	w := newWorld(t)
	b := newBench(w, t, w.seal(w.facts(applet.SM2, statement(transfer()), claims(transfer()))))
	stamp := []string{"ts", "-verify", "-token_in", "-in", "time-stamp.der", "-CAfile", "roots.pem", "-data"}
	if b.openssl(append(stamp, "signature.der")...) != nil {
		t.Error("openssl refuses the time stamp")
	}
}
