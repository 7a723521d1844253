//go:build e2e

package e2e

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestLogOutlivesKills kills the server right after it issued, and has simtrust ca audit verify that ten seconds
// later nothing is missing or there twice.
func TestLogOutlivesKills(t *testing.T) {
	t.Parallel() // most of it is waiting
	s := startSandbox(t)
	dir := t.TempDir()
	s.output(t, "openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", filepath.Join(dir, "key.pem"))
	s.output(t, "openssl", "req", "-new", "-key", filepath.Join(dir, "key.pem"), "-subj", "/", "-out", filepath.Join(dir, "csr.pem"))
	issue := func() {
		s.output(t, binary(t), "ca", "issue", "tls-client", filepath.Join(dir, "csr.pem"), "--name", "reports", "--sandbox", filepath.Join(s.dir, "sandbox.json"))
	}
	logged := func() (certificates int) {
		t.Helper()
		out := s.output(t, binary(t), "ca", "audit", "--quiet", "--patience", "60s", "--sandbox", filepath.Join(s.dir, "sandbox.json"))
		_, found, _ := strings.Cut(out, "all agrees: ")
		if _, err := fmt.Sscanf(found, "%d certificates", &certificates); err != nil {
			t.Fatal(out)
		}
		return certificates
	}
	before := logged() // the sandbox's own
	for range 3 {
		issue()
		s.kill()
		s.start(t)
		issue()
	}
	if n := logged() - before; n < 6 {
		t.Errorf("%d certificates are logged, 6 were handed out", n)
	}
}

func (s *sandbox) output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
