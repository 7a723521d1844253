//go:build e2e && cgo

package keys_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"simtrust/internal/keys"
)

func TestExplore(t *testing.T) {
	token := newToken(t)
	dir := filepath.Dir(os.Getenv("SOFTHSM2_CONF"))
	v := openVault(t, keys.VaultOptions{PKCS11: token + "?pin-value=" + pin})
	create(t, v, "k", keys.P256)
	s, err := v.Signer(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte("m"))
	sign := func(what string) {
		at := time.Now()
		_, err := s.Sign(rand.Reader, sum[:], crypto.SHA256)
		t.Logf("%s: %v (%v)", what, err, time.Since(at))
	}
	sign("at first")
	mv := func(a, b string) {
		if err := os.Rename(filepath.Join(dir, a), filepath.Join(dir, b)); err != nil {
			t.Fatal(err)
		}
	}
	mv("tokens", "away")
	sign("away")
	sign("away")
	_, err = v.Signer(t.Context(), "k")
	t.Log("signer while away: ", err)
	mv("away", "tokens")
	sign("back")
	_, err = v.Signer(t.Context(), "k")
	t.Log("signer: ", err)
	// PIN changed
	out, err := exec.Command("pkcs11-tool", "--module", module, "--login", "--pin", pin, "--change-pin", "--new-pin", "999999").CombinedOutput()
	t.Logf("%s %v", out, err)
	sign("pin changed")
	_, err = v.Signer(t.Context(), "k")
	t.Log("signer: ", err)
	_, err = keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: token + "?pin-value=" + pin})
	t.Log("second open: ", err)
	sign("after failing open")
	for i := range 12 {
		out, err := exec.Command("pkcs11-tool", "--module", module, "--login", "--pin", "000000", "-O").CombinedOutput()
		if i > 8 {
			t.Logf("%s %v", out, err)
		}
	}
	out, err = exec.Command("pkcs11-tool", "--module", module, "-T").CombinedOutput()
	t.Logf("%s %v", out, err)
	out, err = exec.Command("softhsm2-util", "--init-token", "--slot", "0", "--label", "ca", "--so-pin", "0000", "--pin", pin).CombinedOutput()
	t.Logf("%s %v", out, err)
	sign("after")
	v2, err := keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: token + "?pin-value=999999"})
	t.Log("third open: ", err)
	if err == nil {
		t.Log(v2.Close())
	}
	sign("after closing another")
	_, err = v.Signer(t.Context(), "k")
	t.Log("signer: ", err)
}
