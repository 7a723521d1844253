//go:build e2e

package e2e

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// acmeWorld is what sandbox.json tells ACME clients.
type acmeWorld struct {
	URLs map[string]string `json:"urls"`
	EAB  struct {
		KID string `json:"kid"`
		Key string `json:"hmac_key"`
	} `json:"acme_eab"`
	HTTP01Port int `json:"acme_http01_port"`
}

func (s *sandbox) acme(t *testing.T) acmeWorld {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err != nil {
		t.Fatal(err)
	}
	var w acmeWorld
	if err := json.Unmarshal(text, &w); err != nil {
		t.Fatal(err)
	}
	return w
}

// tool runs an installed program and answers what it printed.
func tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, name, args...).CombinedOutput()
	return string(out), err
}

func mustRun(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := tool(t, name, args...); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// certbot on the account of a folder.
func (w acmeWorld) certbot(dir, command string, more ...string) []string {
	args := []string{command, "-n", "--server", w.URLs["acme_directory"], "--config-dir", dir + "/config", "--work-dir", dir + "/work", "--logs-dir", dir + "/logs"}
	if command != "revoke" {
		args = append(args, "--standalone", "--http-01-port", strconv.Itoa(w.HTTP01Port), "--eab-kid", w.EAB.KID, "--eab-hmac-key", w.EAB.Key,
			"--agree-tos", "--register-unsafely-without-email", "-d", "localhost")
	}
	return append(args, more...)
}

func (w acmeWorld) lego(dir, command string, more ...string) []string {
	args := []string{"--server", w.URLs["acme_directory"], "--path", dir, "--accept-tos", "--email", "ops@example.com", "--domains", "localhost",
		"--eab", "--kid", w.EAB.KID, "--hmac", w.EAB.Key, "--http", "--http.port", "127.0.0.1:" + strconv.Itoa(w.HTTP01Port), command}
	return append(args, more...)
}

// checkServed holds a client's PEM chain against the sandbox's roots and the promises to its clients.
func (w acmeWorld) checkServed(t *testing.T, path string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c)
	}
	between := x509.NewCertPool()
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	leaf := chain[0]
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "localhost", Roots: w.roots(t), Intermediates: between}); err != nil {
		t.Error(err)
	}
	if life := leaf.NotAfter.Sub(leaf.NotBefore) + time.Second; life > 200*24*time.Hour {
		t.Errorf("valid for %v", life)
	}
	if len(leaf.OCSPServer) == 0 || len(leaf.IssuingCertificateURL) == 0 || len(leaf.CRLDistributionPoints) == 0 || len(leaf.PolicyIdentifiers) == 0 {
		t.Error("an address or the policy is missing")
	}
	return leaf
}

func (w acmeWorld) roots(t *testing.T) *x509.CertPool {
	t.Helper()
	res, err := http.Get(w.URLs["ca_roots"])
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text) // those of SM2 are not for this verifier
	return pool
}

func TestCertbotAndLego(t *testing.T) {
	s := startSandbox(t)
	w := s.acme(t)
	t.Run("certbot", func(t *testing.T) {
		dir := t.TempDir()
		mustRun(t, "certbot", w.certbot(dir, "certonly")...)
		path := filepath.Join(dir, "config/live/localhost/fullchain.pem")
		first := w.checkServed(t, path)
		mustRun(t, "certbot", w.certbot(dir, "certonly", "--force-renewal")...)
		if second := w.checkServed(t, path); second.SerialNumber.Cmp(first.SerialNumber) == 0 {
			t.Error("the renewed certificate is the old one")
		}
		revoke := w.certbot(dir, "revoke", "--cert-name", "localhost", "--reason", "superseded", "--no-delete-after-revoke")
		mustRun(t, "certbot", revoke...)
		out, err := tool(t, "certbot", revoke...) // certbot 2.1 dies of the refusal before it tells the reason; its log has it
		log, _ := os.ReadFile(filepath.Join(dir, "logs/letsencrypt.log"))
		if err == nil || !strings.Contains(string(log), "acme:error:alreadyRevoked") {
			t.Errorf("revoked twice: %v\n%s", err, out)
		}
	})
	t.Run("lego", func(t *testing.T) {
		dir := t.TempDir()
		mustRun(t, "lego", w.lego(dir, "run")...)
		path := filepath.Join(dir, "certificates/localhost.crt")
		first := w.checkServed(t, path)
		mustRun(t, "lego", w.lego(dir, "renew", "--days", "400", "--no-random-sleep")...)
		if second := w.checkServed(t, path); second.SerialNumber.Cmp(first.SerialNumber) == 0 {
			t.Error("the renewed certificate is the old one")
		}
		mustRun(t, "lego", w.lego(dir, "revoke", "--reason", "5")...)
	})
	t.Run("forged external account", func(t *testing.T) {
		forged := w
		forged.EAB.Key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
		if out, err := tool(t, "lego", forged.lego(t.TempDir(), "run")...); err == nil || !strings.Contains(out, "acme:error:unauthorized") {
			t.Errorf("%v\n%s", err, out)
		}
	})
	t.Run("name that leads elsewhere", func(t *testing.T) {
		args := w.lego(t.TempDir(), "run")
		for i, a := range args {
			if a == "localhost" {
				args[i] = "name.invalid"
			}
		}
		if out, err := tool(t, "lego", args...); err == nil || !strings.Contains(out, "acme:error:") {
			t.Errorf("%v\n%s", err, out)
		}
	})
}
