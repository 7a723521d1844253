//go:build e2e

package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const (
	tokenModule = "/usr/lib/softhsm/libsofthsm2.so"
	tokenPIN    = "471147"
)

// tokenAuthority is simtrust serve with its keys in a SoftHSM 2 token, which lies in a folder that tests take away.
type tokenAuthority struct {
	*sandbox
	t   *testing.T
	hsm string
	dir string // of the authority and of foreign programs
}

func newTokenAuthority(t *testing.T) *tokenAuthority {
	t.Helper()
	a := &tokenAuthority{t: t, hsm: t.TempDir(), dir: t.TempDir()}
	a.initToken()
	uri := "pkcs11:module-path=" + tokenModule + ";token=ca?pin-source=" + a.file("pin", tokenPIN)
	out, err := exec.Command(binary(t), "ca", "init", "--example").Output()
	if err != nil {
		t.Fatal(err)
	}
	ceremony := a.file("ceremony.yaml", string(out))
	a.must(binary(t), "ca", "init", "-f", ceremony, "--dir", "ca", "--keys", "ca-keys", "--pkcs11", uri)
	a.sandbox = startServe(t, serveConfig{nas: "127.0.0.1/32", lines: []string{"ca:", "  dir: " + filepath.Join(a.dir, "ca"),
		"  pkcs11: " + uri, "  base_url: http://ca.example"}})
	a.must("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key.pem")
	a.must("openssl", "req", "-new", "-key", "key.pem", "-subj", "/", "-out", "csr.pem")
	a.must("curl", "-sf", a.Issuer+"/ca/roots.pem", "-o", "roots.pem")
	a.must("curl", "-sf", a.Issuer+"/ca/issuers/service-p256.cer", "-o", "issuer.cer")
	a.must("openssl", "x509", "-inform", "der", "-in", "issuer.cer", "-out", "issuer.pem")
	return a
}

// initToken makes an empty token in the folder.
func (a *tokenAuthority) initToken() {
	a.t.Helper()
	if err := os.Mkdir(filepath.Join(a.hsm, "tokens"), 0o700); err != nil {
		a.t.Fatal(err)
	}
	conf := filepath.Join(a.hsm, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+filepath.Join(a.hsm, "tokens")+"\n"), 0o600); err != nil {
		a.t.Fatal(err)
	}
	a.t.Setenv("SOFTHSM2_CONF", conf)
	a.must("softhsm2-util", "--init-token", "--free", "--label", "ca", "--so-pin", "0000", "--pin", tokenPIN)
}

func (a *tokenAuthority) file(name, text string) string {
	a.t.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
	return path
}

func (a *tokenAuthority) try(name string, args ...string) (string, error) {
	cmd := exec.CommandContext(a.t.Context(), name, args...)
	cmd.Dir = a.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (a *tokenAuthority) must(name string, args ...string) string {
	a.t.Helper()
	out, err := a.try(name, args...)
	if err != nil {
		a.t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
	return out
}

func (a *tokenAuthority) issue(file string) (string, error) {
	return a.try(binary(a.t), "ca", "issue", "tls-client", "csr.pem", "--name", "reports", "--out", file, "--server", a.Issuer, "--token", a.AdminToken)
}

// status is what openssl makes of OCSP's answer about a certificate.
func (a *tokenAuthority) status(file string) string {
	out, _ := a.try("openssl", "ocsp", "-issuer", "issuer.pem", "-CAfile", "roots.pem", "-no_nonce", "-cert", file,
		"-url", a.Issuer+"/ocsp/service-p256")
	return out
}

func (a *tokenAuthority) move(from, to string) {
	a.t.Helper()
	if err := os.Rename(filepath.Join(a.hsm, from), filepath.Join(a.hsm, to)); err != nil {
		a.t.Fatal(err)
	}
}

// TestTokenTakenAway: without the token nothing is issued, and the status that is signed already goes on; with it the server goes
// on by itself. It does not start with another key under the name, or with a PIN that is wrong.
func TestTokenTakenAway(t *testing.T) {
	a := newTokenAuthority(t)
	for _, file := range []string{"asked.pem", "unasked.pem"} {
		if out, err := a.issue(file); err != nil {
			t.Fatal(out)
		}
	}
	if out := a.status("asked.pem"); !strings.Contains(out, "Response verify OK") || !strings.Contains(out, "asked.pem: good") {
		t.Fatal(out)
	}

	a.move("tokens", "taken")
	out, err := a.issue("never.pem")
	if err == nil || !strings.Contains(out, "the issuer's key does not sign") {
		t.Errorf("without the token: %v\n%s", err, out)
	}
	if _, err := os.Stat(filepath.Join(a.dir, "never.pem")); err == nil {
		t.Error("a certificate without the token")
	}
	if out := a.status("asked.pem"); !strings.Contains(out, "asked.pem: good") {
		t.Errorf("an answer that was signed before: %s", out)
	}
	if out := a.status("unasked.pem"); !strings.Contains(out, "trylater") {
		t.Errorf("an answer that is to be signed: %s", out)
	}

	a.move("taken", "tokens")
	await(t, "the server issues again", func() bool { _, err := a.issue("again.pem"); return err == nil })
	if out := a.status("unasked.pem"); !strings.Contains(out, "unasked.pem: good") {
		t.Error(out)
	}
	if log := a.out.String(); !strings.Contains(log, "CKR_") || strings.Contains(log, tokenPIN) {
		t.Error("the server's log does not name the token's fault, or holds the PIN")
	}

	a.stop(t)
	config := filepath.Join(a.sandbox.dir, "simtrust.yaml")
	a.file("pin", "998877")
	if out, err := a.run(t, "serve", "--config", config); err == nil || !strings.Contains(out, "check module-path, token and PIN") || strings.Contains(out, "998877") {
		t.Errorf("with a wrong PIN: %v\n%s", err, out)
	}
	a.file("pin", tokenPIN)
	a.replaceKey("service-p256")
	if out, err := a.run(t, "serve", "--config", config); err == nil || !strings.Contains(out, "service-p256") || !strings.Contains(out, "not that of the certificate") {
		t.Errorf("with another key under the name: %v\n%s", err, out)
	}
}

// replaceKey makes another key under the name, as an operator's mistake would.
func (a *tokenAuthority) replaceKey(name string) {
	a.t.Helper()
	sum := sha256.Sum256([]byte(name))
	id := hex.EncodeToString(sum[:16])
	tool := []string{"--module", tokenModule, "--login", "--pin", tokenPIN}
	for _, kind := range []string{"privkey", "pubkey"} {
		a.must("pkcs11-tool", append(tool, "--delete-object", "--type", kind, "--id", id)...)
	}
	a.must("pkcs11-tool", append(tool, "--keypairgen", "--key-type", "EC:prime256v1", "--label", name, "--id", id)...)
}
