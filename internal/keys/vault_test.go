package keys_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/emmansun/gmsm/sm2"

	"simtrust"
	"simtrust/internal/keys"
)

var algorithms = []keys.KeyAlgorithm{keys.P256, keys.P384, keys.RSA3072, keys.SM2}

func vaultOptions(t *testing.T) keys.VaultOptions {
	t.Helper()
	base := t.TempDir()
	return keys.VaultOptions{Dir: filepath.Join(base, "vault"), Secret: filepath.Join(base, "secret"), CreateSecret: true}
}

func openVault(t *testing.T, o keys.VaultOptions) *keys.Vault {
	t.Helper()
	v, err := keys.OpenVault(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func create(t *testing.T, v *keys.Vault, name string, alg keys.KeyAlgorithm) crypto.Signer {
	t.Helper()
	signer, err := v.Create(t.Context(), name, alg)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if simtrust.ReasonOf(err) != reason {
		t.Errorf("error %v, want the reason %s", err, reason)
	}
}

func TestVaultKeepsKeysOfEveryAlgorithm(t *testing.T) {
	o := vaultOptions(t)
	v := openVault(t, o)
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			name := "ca-" + strings.ToLower(string(alg))
			made := create(t, v, name, alg)
			again, err := openVault(t, o).Signer(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := keys.AlgorithmOf(again.Public()); err != nil || got != alg {
				t.Errorf("algorithm %s, %v", got, err)
			}
			if err := keys.CheckPair(again, made.Public()); err != nil {
				t.Error(err)
			}
		})
	}
	if err := v.Close(); err != nil {
		t.Error(err)
	}
}

func TestVaultNeverReplacesAKey(t *testing.T) {
	o := vaultOptions(t)
	v := openVault(t, o)
	made := create(t, v, "root", keys.P256)
	_, err := v.Create(t.Context(), "root", keys.SM2)
	if wantReason(t, err, keys.ReasonKeyExists); simtrust.KindOf(err) != simtrust.KindConflict {
		t.Errorf("kind %s", simtrust.KindOf(err))
	}
	still, err := v.Signer(t.Context(), "root")
	if err != nil || keys.CheckPair(still, made.Public()) != nil {
		t.Errorf("the key changed: %v", err)
	}
}

// Of several processes that create a key of one name, one does.
func TestVaultCreatesOnce(t *testing.T) {
	o := vaultOptions(t)
	openVault(t, o)
	var mu sync.Mutex
	var made []crypto.Signer
	var all sync.WaitGroup
	for range 8 {
		v := openVault(t, o)
		all.Go(func() {
			signer, err := v.Create(t.Context(), "root", keys.P256)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				made = append(made, signer)
			} else {
				wantReason(t, err, keys.ReasonKeyExists)
			}
		})
	}
	all.Wait()
	if len(made) != 1 {
		t.Fatalf("created %d times", len(made))
	}
	held, err := openVault(t, o).Signer(t.Context(), "root")
	if err != nil || keys.CheckPair(held, made[0].Public()) != nil {
		t.Errorf("another key is held: %v", err)
	}
}

func TestVaultRefuses(t *testing.T) {
	v := openVault(t, vaultOptions(t))
	for _, name := range []string{"", "Root", "../root", "a/b", ".root", "root.", "-root", "root-", "rööt", "a b", strings.Repeat("a", 65), "root\x00", "root\n"} {
		_, err := v.Create(t.Context(), name, keys.P256)
		wantReason(t, err, keys.ReasonKeyName)
		_, err = v.Signer(t.Context(), name)
		wantReason(t, err, keys.ReasonKeyName)
	}
	for _, alg := range []keys.KeyAlgorithm{"", "P-224", "P-521", "RSA-2048", "p-256", "Ed25519"} {
		_, err := v.Create(t.Context(), "root", alg)
		wantReason(t, err, keys.ReasonKeyAlgorithm)
	}
	_, err := v.Signer(t.Context(), "root")
	if wantReason(t, err, keys.ReasonNoKey); simtrust.KindOf(err) != simtrust.KindNotFound {
		t.Errorf("kind %s", simtrust.KindOf(err))
	}
	if _, err := keys.OpenVault(t.Context(), keys.VaultOptions{}); err == nil {
		t.Error("a vault without a place opens")
	}
	_, err = keys.Throwaway("P-224")
	wantReason(t, err, keys.ReasonKeyAlgorithm)
}

func TestVaultWithAnotherSecret(t *testing.T) {
	o := vaultOptions(t)
	create(t, openVault(t, o), "root", keys.P256)
	o.Secret += "-other"
	_, err := keys.OpenVault(t.Context(), o)
	wantReason(t, err, keys.ReasonWrongSecret)
	o.CreateSecret, o.Secret = false, o.Secret+"-missing"
	_, err = keys.OpenVault(t.Context(), o)
	wantReason(t, err, keys.ReasonSecretMissing)
}

func TestVaultDamage(t *testing.T) {
	o := vaultOptions(t)
	v := openVault(t, o)
	create(t, v, "root", keys.P256)
	create(t, v, "bank", keys.SM2)
	path := filepath.Join(o.Dir, "root.key")
	sound := readDir(t, o.Dir)
	for name, content := range map[string][]byte{
		"empty":                    {},
		"truncated":                sound["root.key"][:80],
		"in clear":                 keyInClear(t),
		"the key of another name":  sound["bank.key"],
		"the root secret":          sound["root.jwe"],
		"two keys":                 bytes.Repeat(sound["root.key"], 2),
		"a changed byte in sealed": append(bytes.Clone(sound["root.key"][:100]), append([]byte{sound["root.key"][100] ^ 1}, sound["root.key"][101:]...)...),
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := v.Signer(t.Context(), "root")
			wantReason(t, err, keys.ReasonDamaged)
			if err != nil && !strings.Contains(err.Error(), "root") {
				t.Errorf("the error does not name the key: %v", err)
			}
			if _, err := v.Create(t.Context(), "root", keys.P256); err == nil {
				t.Error("a damaged key was replaced")
			}
		})
	}
	if err := os.Remove(filepath.Join(o.Dir, "root.jwe")); err != nil {
		t.Fatal(err)
	}
	_, err := keys.OpenVault(t.Context(), o)
	wantReason(t, err, keys.ReasonDamaged)
}

func TestVaultFilesAreEncryptedAndPrivate(t *testing.T) {
	o := vaultOptions(t)
	v := openVault(t, o)
	if !keys.VaultExists(o.Dir) || keys.VaultExists(filepath.Dir(o.Dir)) {
		t.Error("VaultExists is wrong")
	}
	for _, alg := range algorithms {
		create(t, v, strings.ToLower(string(alg)), alg)
	}
	for name, data := range readDir(t, o.Dir) {
		info, err := os.Stat(filepath.Join(o.Dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if strings.HasSuffix(name, ".key") && bytes.Count(data, []byte(".")) != 4 {
			t.Errorf("%s is not a JWE", name)
		}
	}
}

func TestSM2SignsUnderTheDefaultID(t *testing.T) {
	signer := create(t, openVault(t, vaultOptions(t)), "sm2", keys.SM2)
	message := []byte("to be signed")
	signature, err := signer.Sign(rand.Reader, message, sm2.DefaultSM2SignerOpts)
	if err != nil {
		t.Fatal(err)
	}
	public := signer.Public().(*ecdsa.PublicKey)
	if !sm2.VerifyASN1WithSM2(public, []byte("1234567812345678"), message, signature) {
		t.Error("the signature does not verify under 1234567812345678")
	}
	if sm2.VerifyASN1WithSM2(public, []byte("8765432187654321"), message, signature) {
		t.Error("the signature verifies under another id")
	}
}

// faulty is a token whose signatures are wrong, or that has lost its session.
type faulty struct {
	crypto.Signer
	err error
}

func (f faulty) Sign(r io.Reader, digest []byte, o crypto.SignerOpts) ([]byte, error) {
	if f.err != nil {
		return nil, f.err
	}
	signature, err := f.Signer.Sign(r, digest, o)
	signature[len(signature)-1] ^= 1
	return signature, err
}

func TestCheckPair(t *testing.T) {
	v := openVault(t, vaultOptions(t))
	for _, alg := range algorithms {
		t.Run(string(alg), func(t *testing.T) {
			name := strings.ToLower(string(alg))
			signer := create(t, v, name, alg)
			other, err := keys.Throwaway(alg)
			if err != nil {
				t.Fatal(err)
			}
			wantReason(t, keys.CheckPair(other, signer.Public()), keys.ReasonWrongKey)
			wantReason(t, keys.CheckPair(faulty{Signer: signer}, signer.Public()), keys.ReasonWrongKey)
			err = keys.CheckPair(faulty{Signer: signer, err: errors.New("CKR_SESSION_HANDLE_INVALID")}, signer.Public())
			if wantReason(t, err, keys.ReasonToken); simtrust.KindOf(err) != simtrust.KindUnavailable {
				t.Errorf("kind %s", simtrust.KindOf(err))
			}
			for _, foreign := range algorithms {
				if stranger, _ := keys.Throwaway(foreign); foreign != alg {
					wantReason(t, keys.CheckPair(stranger, signer.Public()), keys.ReasonWrongKey)
				}
			}
		})
	}
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, keys.CheckPair(p224, p224.Public()), keys.ReasonKeyAlgorithm)
	wantReason(t, keys.CheckPair(p224, "not a key"), keys.ReasonKeyAlgorithm)
	small, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	wantReason(t, keys.CheckPair(small, small.Public()), keys.ReasonKeyAlgorithm)
}

func TestNoPINInErrors(t *testing.T) {
	const pin = "4711-secret"
	for _, uri := range []string{
		"pkcs11:module-path=/does/not/exist.so;token=ca?pin-value=" + pin,
		"pkcs11:token=ca;serial=1?pin-value=" + pin,
		"pkcs11:%zz?pin-value=" + pin,
		"tpm:?pin-value=" + pin,
		pin,
	} {
		v, err := keys.OpenVault(t.Context(), keys.VaultOptions{PKCS11: uri})
		if v != nil || err == nil || strings.Contains(err.Error(), pin) {
			t.Errorf("%v", err)
		}
	}
}
