//go:build e2e && cgo

package keys_test

import (
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/keys"
)

const (
	module = "/usr/lib/softhsm/libsofthsm2.so"
	pin    = "471147"
)

// newToken makes a SoftHSM 2 token and returns its URI without the PIN.
func newToken(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	conf := filepath.Join(dir, "softhsm2.conf")
	if err := os.WriteFile(conf, []byte("directories.tokendir = "+filepath.Join(dir, "tokens")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	if out, err := exec.CommandContext(t.Context(), "softhsm2-util", "--init-token", "--free", "--label", "ca", "--so-pin", "0000", "--pin", pin).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return "pkcs11:module-path=" + module + ";token=ca"
}

func TestSoftHSM(t *testing.T) {
	token := newToken(t)
	pinFile := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(pinFile, []byte(pin), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("wrong PIN", func(t *testing.T) {
		_, err := keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: token + "?pin-value=998877"})
		if wantReason(t, err, keys.ReasonToken); err != nil && strings.Contains(err.Error(), "998877") {
			t.Errorf("the error holds the PIN: %v", err)
		}
	})
	t.Run("no such token", func(t *testing.T) {
		_, err := keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: strings.Replace(token, "token=ca", "token=other", 1) + "?pin-value=" + pin})
		wantReason(t, err, keys.ReasonToken)
	})
	o := vaultOptions(t)
	o.PKCS11 = token + "?pin-source=" + pinFile
	v := openVault(t, o)
	for _, alg := range []keys.KeyAlgorithm{keys.P256, keys.P384, keys.RSA3072} {
		t.Run(string(alg), func(t *testing.T) {
			name := "hsm-" + strings.ToLower(string(alg))
			made := create(t, v, name, alg)
			held, err := v.Signer(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if err := keys.CheckPair(held, made.Public()); err != nil {
				t.Error(err)
			}
			if _, err := os.Stat(filepath.Join(o.Dir, name+".key")); err == nil {
				t.Error("the key is in the directory")
			}
			_, err = v.Create(t.Context(), name, keys.SM2)
			wantReason(t, err, keys.ReasonKeyExists) // also in the other place
			_, err = v.Create(t.Context(), name, alg)
			wantReason(t, err, keys.ReasonKeyExists)
		})
	}
	t.Run("SM2 beside the token", func(t *testing.T) {
		made := create(t, v, "gm", keys.SM2)
		held, err := v.Signer(t.Context(), "gm")
		if err != nil || keys.CheckPair(held, made.Public()) != nil {
			t.Errorf("%v", err)
		}
		_, err = v.Create(t.Context(), "gm", keys.P256)
		wantReason(t, err, keys.ReasonKeyExists)
	})
	_, err := v.Signer(t.Context(), "never-made")
	wantReason(t, err, keys.ReasonNoKey)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}

	alone := openVault(t, keys.VaultOptions{PKCS11: o.PKCS11}) // the keys outlive the session
	t.Cleanup(func() { _ = alone.Close() })
	if _, err := alone.Signer(t.Context(), "hsm-p-256"); err != nil {
		t.Error(err)
	}
	_, err = alone.Create(t.Context(), "gm", keys.SM2)
	wantReason(t, err, keys.ReasonKeyAlgorithm)
}

// A key that somebody else made under the name, with our id, is found out by the pair check.
func TestSoftHSMWrongKeyUnderTheSameLabel(t *testing.T) {
	token := newToken(t)
	v := openVault(t, keys.VaultOptions{PKCS11: token + "?pin-value=" + pin})
	made := create(t, v, "root", keys.P256)
	id := strings.TrimSpace(output(t, "pkcs11-tool", "--module", module, "--login", "--pin", pin, "--list-objects", "--type", "privkey"))
	_, id, _ = strings.Cut(id, "ID:")
	id = strings.Fields(id)[0]
	for _, kind := range []string{"privkey", "pubkey"} {
		output(t, "pkcs11-tool", "--module", module, "--login", "--pin", pin, "--delete-object", "--type", kind, "--id", id)
	}
	output(t, "pkcs11-tool", "--module", module, "--login", "--pin", pin, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "root", "--id", id)
	if err := v.Close(); err != nil {
		t.Fatal(err)
	}
	v = openVault(t, keys.VaultOptions{PKCS11: token + "?pin-value=" + pin})
	t.Cleanup(func() { _ = v.Close() })
	held, err := v.Signer(t.Context(), "root")
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, keys.CheckPair(held, made.Public()), keys.ReasonWrongKey)
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatal(fmt.Errorf("%s: %w: %s", name, err, out))
	}
	return string(out)
}

// hsm is a SoftHSM 2 token that tests take away.
type hsm struct {
	uri, dir string
	vault    *keys.Vault
	signer   crypto.Signer
}

// inUse is a token whose key has signed.
func inUse(t *testing.T) *hsm {
	t.Helper()
	k := &hsm{uri: newToken(t) + "?pin-value=" + pin, dir: filepath.Dir(os.Getenv("SOFTHSM2_CONF"))}
	k.vault = openVault(t, keys.VaultOptions{PKCS11: k.uri})
	t.Cleanup(func() { _ = k.vault.Close() })
	k.signer = create(t, k.vault, "ca", keys.P256)
	if err := k.check(); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *hsm) check() error { return keys.CheckPair(k.signer, k.signer.Public()) }

func (k *hsm) move(t *testing.T, from, to string) {
	t.Helper()
	if err := os.Rename(filepath.Join(k.dir, from), filepath.Join(k.dir, to)); err != nil {
		t.Fatal(err)
	}
}

// until waits for something that happens within a few seconds, on a machine that has time: a lost token is looked for once a second.
func until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for !happened() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestSoftHSMComesBack takes the token away under many signers, and gives it back.
func TestSoftHSMComesBack(t *testing.T) {
	k := inUse(t)
	k.move(t, "tokens", "taken")
	var signers sync.WaitGroup
	for range 8 {
		signers.Go(func() {
			for range 20 {
				wantReason(t, k.check(), keys.ReasonToken)
			}
		})
	}
	signers.Wait()
	_, err := k.vault.Signer(t.Context(), "ca")
	wantReason(t, err, keys.ReasonToken)
	k.move(t, "taken", "tokens")
	until(t, "the key signs again", func() bool { return k.check() == nil })
	if again, err := k.vault.Signer(t.Context(), "ca"); err != nil || keys.CheckPair(again, k.signer.Public()) != nil {
		t.Errorf("opened again: %v", err)
	}
}

// TestSoftHSMComesBackWithAnotherKey under the same label: nothing is signed with it.
func TestSoftHSMComesBackWithAnotherKey(t *testing.T) {
	k := inUse(t)
	k.move(t, "tokens", "taken")
	wantReason(t, k.check(), keys.ReasonToken)
	conf := filepath.Join(k.dir, "softhsm2.conf")
	if err := os.Mkdir(filepath.Join(k.dir, "tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	id := sha256.Sum256([]byte("ca"))
	t.Setenv("SOFTHSM2_CONF", conf)
	output(t, "softhsm2-util", "--init-token", "--free", "--label", "ca", "--so-pin", "0000", "--pin", pin)
	output(t, "pkcs11-tool", "--module", module, "--login", "--pin", pin, "--keypairgen", "--key-type", "EC:prime256v1", "--label", "ca", "--id", hex.EncodeToString(id[:16]))
	until(t, "the key is found to be another", func() bool {
		_, err := k.signer.Sign(rand.Reader, make([]byte, 32), crypto.SHA256)
		if err == nil {
			t.Error("another key signed")
		}
		return err == nil || simtrust.ReasonOf(err) == keys.ReasonWrongKey
	})
}

// TestSoftHSMPINIsNotTriedTwice: a token that came back with another PIN is asked once, since a few wrong ones lock it.
func TestSoftHSMPINIsNotTriedTwice(t *testing.T) {
	k := inUse(t)
	k.move(t, "tokens", "taken")
	wantReason(t, k.check(), keys.ReasonToken)
	k.move(t, "taken", "tokens")
	output(t, "pkcs11-tool", "--module", module, "--login", "--pin", pin, "--change-pin", "--new-pin", "998877")
	refused := func() bool { return strings.Contains(fmt.Sprint(k.check()), "CKR_PIN_INCORRECT") }
	until(t, "the PIN is refused", refused)
	output(t, "pkcs11-tool", "--module", module, "--login", "--pin", "998877", "--change-pin", "--new-pin", pin)
	since := time.Now()
	until(t, "the time of two further attempts", func() bool { return !refused() || time.Since(since) > 2*time.Second })
	if !refused() {
		t.Error("the PIN was tried again")
	}
	if err := k.check(); strings.Contains(fmt.Sprint(err), pin) {
		t.Errorf("the error holds the PIN: %v", err)
	}
	again := openVault(t, keys.VaultOptions{PKCS11: k.uri}) // as a restart does
	t.Cleanup(func() { _ = again.Close() })
	if _, err := again.Signer(t.Context(), "ca"); err != nil {
		t.Error(err)
	}
}
