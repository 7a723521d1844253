package keys_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"

	"simtrust/internal/keys"
)

// With these set, the test binary is the process to be killed: it rotates without end and names each key it has retired.
const (
	victimDir    = "SIMTRUST_KEYS_TEST_DIR"
	victimSecret = "SIMTRUST_KEYS_TEST_SECRET"
	victimVault  = "SIMTRUST_KEYS_TEST_VAULT"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(victimDir); dir != "" {
		rotateForever(dir, os.Getenv(victimSecret))
	}
	if dir := os.Getenv(victimVault); dir != "" {
		createForever(dir, os.Getenv(victimSecret))
	}
	os.Exit(m.Run())
}

func rotateForever(dir, secret string) {
	ring, err := keys.Open(context.Background(), dir, keys.Options{Secret: secret})
	for err == nil {
		_, ids := states(ring)
		if err = ring.Rotate(context.Background()); err == nil {
			fmt.Println(ids[keys.Active])
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Whatever the instant of the kill, the ring opens again, and knows every key whose retirement was reported.
func TestKilledWhileRotating(t *testing.T) {
	p, _ := newPlace(t)
	p.opts.Now = nil // the victim's clock
	p.open(t)
	for round := range 10 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimDir+"="+p.dir, victimSecret+"="+p.opts.Secret)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var reported []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if reported = append(reported, lines.Text()); len(reported) == 1+round%4 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		if len(reported) == 0 {
			t.Fatal("the victim died before it rotated")
		}
		kids := published(t, p.open(t))
		for _, kid := range reported {
			if !slices.Contains(kids, kid) {
				t.Errorf("round %d: retired key %s is lost", round, kid)
			}
		}
	}
}

// createForever creates keys whose names count on, and names each one it has.
func createForever(dir, secret string) {
	v, err := keys.OpenVault(context.Background(), keys.VaultOptions{Dir: dir, Secret: secret})
	for n := os.Getpid() * 1000; err == nil; n++ {
		name := fmt.Sprintf("key-%d", n)
		if _, err = v.Create(context.Background(), name, keys.P256); err == nil {
			fmt.Println(name)
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// Whatever the instant of the kill, the vault opens again, and has every key that was reported.
func TestKilledWhileCreating(t *testing.T) {
	o := vaultOptions(t)
	openVault(t, o)
	for round := range 8 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), victimVault+"="+o.Dir, victimSecret+"="+o.Secret)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		var reported []string
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if reported = append(reported, lines.Text()); len(reported) == 1+round%4 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		_ = cmd.Wait() // killed
		if len(reported) == 0 {
			t.Fatal("the victim died before it created a key")
		}
		v := openVault(t, o)
		for _, name := range reported {
			if _, err := v.Signer(t.Context(), name); err != nil {
				t.Errorf("round %d: %v", round, err)
			}
		}
	}
}
