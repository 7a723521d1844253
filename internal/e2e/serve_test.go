//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// serveConfig is what a test sets in the configuration file of simtrust serve; lines are added as they are.
type serveConfig struct {
	nas   string
	http  *http.Client
	lines []string
}

// startServe starts simtrust serve on a configuration file of its own, as an operator would.
func startServe(t *testing.T, c serveConfig) *sandbox {
	t.Helper()
	s := &sandbox{dir: t.TempDir()}
	s.RADIUS.Secret = random()
	s.write(t, "gateway.secret", s.RADIUS.Secret)
	config := s.write(t, "simtrust.yaml", fmt.Sprintf(`listen: 127.0.0.1:0
data: %s
log: {level: debug, format: text}
authn:
  radius:
    listen: 127.0.0.1:0
    nas:
      - {name: gateway, address: %s, secret_file: %s, interim: 60s}
`, s.dir, c.nas, filepath.Join(s.dir, "gateway.secret"))+strings.Join(c.lines, "\n")+"\n")
	if out, err := s.run(t, "migrate", "--config", config); err != nil {
		t.Fatalf("migrate: %v: %s", err, out)
	}
	s.serve(t, config, c.http)
	token, err := os.ReadFile(filepath.Join(s.dir, "admin.token"))
	if err != nil {
		t.Fatal(err)
	}
	s.AdminToken = strings.TrimSpace(string(token))
	return s
}

// serve starts simtrust serve and waits until it is ready. It is stopped with the test.
func (s *sandbox) serve(t *testing.T, config string, c *http.Client) {
	t.Helper()
	s.out, s.done = &syncBuffer{}, make(chan struct{})
	s.cmd = exec.Command(binary(t), "serve", "--config", config)
	s.cmd.Stdout, s.cmd.Stderr = s.out, s.out
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := s.done
	go func() { _ = s.cmd.Wait(); close(done) }()
	t.Cleanup(func() { s.stop(t) })
	s.awaitServe(t, c)
}

func (s *sandbox) write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(s.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

var listening = regexp.MustCompile(`simtrust listens on (\S+), RADIUS accounting on (\S+)`)

// awaitServe reads where the server listens and waits until it is ready.
func (s *sandbox) awaitServe(t *testing.T, c *http.Client) {
	t.Helper()
	if c == nil {
		c = &http.Client{Timeout: 10 * time.Second}
	}
	await(t, "simtrust serve", func() bool {
		select {
		case <-s.done:
			t.Fatalf("the server ended:\n%s", s.out)
		default:
		}
		at := listening.FindStringSubmatch(s.out.String())
		if at == nil {
			return false
		}
		s.Issuer, s.RADIUS.Accounting = at[1], at[2]
		res, err := c.Get(s.Issuer + "/readyz")
		if err != nil {
			return false
		}
		_ = res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
}
