package ceremony_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
)

// With this set, the test binary carries a ceremony out in that directory and kills itself at the given look at the clock, of
// which there is one or more for every line of the transcript.
const (
	victimDir  = "SIMTRUST_CEREMONY_TEST_DIR"
	victimLook = "SIMTRUST_CEREMONY_TEST_LOOK"
)

const small = `base_url: https://ca.example
organisation: Example
country: CN
roots:
  - {id: root, algorithm: P-256, subject: {common_name: Root}, validity: 20y}
issuing:
  - {id: bank, line: bank, root: root, algorithm: P-256, subject: {common_name: Bank}, validity: 10y}
`

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		last, err := strconv.Atoi(os.Getenv(victimLook))
		if err == nil {
			err = smallCeremony(dir, last)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// smallCeremony dies at the look at the clock of that number.
func smallCeremony(dir string, last int) error {
	s, err := ceremony.Parse([]byte(small))
	if err != nil {
		return err
	}
	v, err := keys.OpenVault(context.Background(), keys.VaultOptions{Dir: filepath.Join(dir, "keys"), Secret: filepath.Join(dir, "secret"), CreateSecret: true})
	if err != nil {
		return err
	}
	looks := 0
	c := ceremony.Ceremony{Dir: filepath.Join(dir, "hierarchy"), Vault: v, Now: func() time.Time {
		if looks++; looks == last {
			if self, err := os.FindProcess(os.Getpid()); err == nil {
				_ = self.Kill()
			}
			select {} // until the signal is there
		}
		return start
	}}
	_, err = c.Run(context.Background(), s)
	return err
}

// A ceremony killed at any of its steps leaves no hierarchy or a whole one, and the next run ends it with the keys it made.
func TestKilledAtEveryStep(t *testing.T) {
	for look := 1; ; look++ {
		dir := t.TempDir()
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimDir+"="+dir, victimLook+"="+strconv.Itoa(look))
		out, err := cmd.CombinedOutput()
		if err == nil {
			if look < 15 {
				t.Fatalf("the ceremony has only %d steps", look)
			}
			return // it looked at the clock less often than that
		}
		if exit, ok := errors.AsType[*exec.ExitError](err); !ok || exit.Exited() {
			t.Fatalf("%v: %s", err, out)
		}
		takeUp(t, dir, look)
	}
}

func takeUp(t *testing.T, dir string, look int) {
	t.Helper()
	vault, err := keys.OpenVault(t.Context(), keys.VaultOptions{Dir: filepath.Join(dir, "keys"), Secret: filepath.Join(dir, "secret")})
	if err != nil {
		t.Fatal(err)
	}
	hierarchy := filepath.Join(dir, "hierarchy")
	if _, err := ceremony.Load(t.Context(), hierarchy, vault, start); err != nil && simtrust.ReasonOf(err) != ceremony.ReasonNoDir {
		t.Errorf("killed at %d: %v", look, err)
	}
	before := files(t, filepath.Join(dir, "keys"))
	if err := smallCeremony(dir, 0); err != nil {
		t.Fatalf("killed at %d: %v", look, err)
	}
	if h, err := ceremony.Load(t.Context(), hierarchy, vault, start); err != nil || len(h.Issuers) != 1 {
		t.Errorf("killed at %d, taken up: %v", look, err)
	}
	after := files(t, filepath.Join(dir, "keys"))
	for name, data := range before {
		if !strings.Contains(name, ".tmp-") && after[name] != data {
			t.Errorf("killed at %d: the key %s was made again", look, name)
		}
	}
	if _, err := ceremony.VerifyTranscript(hierarchy); err != nil {
		t.Errorf("killed at %d: %v", look, err)
	}
}
