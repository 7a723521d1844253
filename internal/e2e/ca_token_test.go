//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	tokenModule = "/usr/lib/softhsm/libsofthsm2.so"
	tokenPIN    = "471147"
)

// hsm is a SoftHSM 2 token, in a folder that tests take away.
type hsm struct {
	*office
	dir string
}

// newHSM makes an empty token.
func newHSM(o *office) *hsm {
	o.t.Helper()
	h := &hsm{o, o.t.TempDir()}
	if err := os.Mkdir(filepath.Join(h.dir, "tokens"), 0o700); err != nil {
		h.t.Fatal(err)
	}
	conf := filepath.Join(h.dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+filepath.Join(h.dir, "tokens")+"\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.t.Setenv("SOFTHSM2_CONF", conf)
	h.must("softhsm2-util", "--init-token", "--free", "--label", "ca", "--so-pin", "0000", "--pin", tokenPIN)
	return h
}

func (h *hsm) move(from, to string) {
	h.t.Helper()
	if err := os.Rename(filepath.Join(h.dir, from), filepath.Join(h.dir, to)); err != nil {
		h.t.Fatal(err)
	}
}

// TestTokenTakenAway: without the token nothing is issued, and the status that is signed already goes on; with it the server goes
// on by itself. It does not start with another key under the name, or with a PIN that is wrong.
func TestTokenTakenAway(t *testing.T) {
	o := newOffice(t)
	h := newHSM(o)
	uri := "pkcs11:module-path=" + tokenModule + ";token=ca?pin-source=" + o.file("pin", tokenPIN)
	o.ceremony("--pkcs11", uri)
	s := startServe(t, serveConfig{nas: "127.0.0.1/32", lines: []string{"ca:", "  dir: " + filepath.Join(o.dir, "ca"), "  pkcs11: " + uri,
		"  base_url: http://ca.example"}})
	o.trust(s)
	for _, file := range []string{"asked.pem", "unasked.pem"} {
		if out, err := o.issue(s, file); err != nil {
			t.Fatal(out)
		}
	}
	if out := o.status(s, "asked.pem"); !strings.Contains(out, "Response verify OK") || !strings.Contains(out, "asked.pem: good") {
		t.Fatal(out)
	}

	h.move("tokens", "taken")
	out, err := o.issue(s, "never.pem")
	if err == nil || !strings.Contains(out, "the issuer's key does not sign") {
		t.Errorf("without the token: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "never.pem")); err == nil {
		t.Error("a certificate without the token")
	}
	if out := o.status(s, "asked.pem"); !strings.Contains(out, "asked.pem: good") {
		t.Errorf("an answer that was signed before: %s", out)
	}
	if out := o.status(s, "unasked.pem"); !strings.Contains(out, "trylater") {
		t.Errorf("an answer that is to be signed: %s", out)
	}

	h.move("taken", "tokens")
	await(t, "the server issues again", func() bool { _, err := o.issue(s, "again.pem"); return err == nil })
	if out := o.status(s, "unasked.pem"); !strings.Contains(out, "unasked.pem: good") {
		t.Error(out)
	}
	if log := s.out.String(); !strings.Contains(log, "CKR_") || strings.Contains(log, tokenPIN) {
		t.Error("the server's log does not name the token's fault, or holds the PIN")
	}

	s.stop(t)
	config := filepath.Join(s.dir, "simtrust.yaml")
	o.file("pin", "998877")
	if out, err := s.run(t, "serve", "--config", config); err == nil || !strings.Contains(out, "check module-path, token and PIN") || strings.Contains(out, "998877") {
		t.Errorf("with a wrong PIN: %v\n%s", err, out)
	}
	o.file("pin", tokenPIN)
	h.replaceKey("service-p256")
	if out, err := s.run(t, "serve", "--config", config); err == nil || !strings.Contains(out, "service-p256") || !strings.Contains(out, "not that of the certificate") {
		t.Errorf("with another key under the name: %v\n%s", err, out)
	}
}

// replaceKey makes another key under the name, as an operator's mistake would.
func (h *hsm) replaceKey(name string) {
	h.t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:16])
	tool := []string{"--module", tokenModule, "--login", "--pin", tokenPIN}
	for _, kind := range []string{"privkey", "pubkey"} {
		h.must("pkcs11-tool", append(tool, "--delete-object", "--type", kind, "--id", id)...)
	}
	h.must("pkcs11-tool", append(tool, "--keypairgen", "--key-type", "EC:prime256v1", "--label", name, "--id", id)...)
}
