package keys_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"simtrust"
	"simtrust/internal/keys"
)

func openFails(t *testing.T, p place, reasons ...string) {
	t.Helper()
	ring, err := keys.Open(t.Context(), p.dir, p.opts)
	if ring != nil || simtrust.KindOf(err) != simtrust.KindInternal || !slices.Contains(reasons, simtrust.ReasonOf(err)) {
		t.Errorf("Open: %v, %v; want a reason of %v", ring, err, reasons)
	}
}

func TestSecretFile(t *testing.T) {
	good := strings.Repeat("k", 43)
	for _, c := range []struct {
		name, content string
		mode          os.FileMode
		reason        string
	}{
		{"empty", "", 0o600, keys.ReasonSecretUnfit},
		{"short", good[1:], 0o600, keys.ReasonSecretUnfit},
		{"short but for white space", good[1:] + "\n\n\n", 0o600, keys.ReasonSecretUnfit},
		{"long", strings.Repeat("k", 4097), 0o600, keys.ReasonSecretUnfit},
		{"pass phrase", "correct horse battery staple, correct horse battery staple", 0o600, keys.ReasonSecretUnfit},
		{"binary", "\x00" + good, 0o600, keys.ReasonSecretUnfit},
		{"others may read it", good, 0o604, keys.ReasonSecretUnfit},
		{"group may write it", good, 0o660, keys.ReasonSecretUnfit},
		{"missing", "", 0, keys.ReasonSecretMissing},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, _ := newPlace(t)
			p.opts.CreateSecret = false
			if c.mode != 0 {
				writeSecret(t, p, c.content, c.mode)
			}
			openFails(t, p, c.reason)
		})
	}
	t.Run("missing while nothing is encrypted under it", func(t *testing.T) {
		p, _ := newPlace(t)
		p.opts.Secret, p.opts.CreateSecret = filepath.Join(t.TempDir(), "secret"), false
		if _, err := keys.Open(t.Context(), t.TempDir(), p.opts); err == nil || !strings.Contains(err.Error(), "does not exist: create it with") {
			t.Error(err)
		}
	})
	t.Run("not named", func(t *testing.T) {
		p, _ := newPlace(t)
		p.opts.Secret = ""
		openFails(t, p, keys.ReasonSecretMissing)
	})
	t.Run("readable by the group, with a line end", func(t *testing.T) {
		p, _ := newPlace(t)
		writeSecret(t, p, good+"\n", 0o640)
		p.open(t)
		writeSecret(t, p, good, 0o400)
		p.open(t)
	})
	t.Run("created", func(t *testing.T) {
		p, _ := newPlace(t)
		p.open(t)
		info, err := os.Stat(p.opts.Secret)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("created secret: %v, %v", info, err)
		}
	})
}

func writeSecret(t *testing.T, p place, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(p.opts.Secret, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p.opts.Secret, mode); err != nil {
		t.Fatal(err)
	}
}

func TestWrongSecret(t *testing.T) {
	p, _ := newPlace(t)
	p.open(t)
	before := readDir(t, p.dir)
	writeSecret(t, p, strings.Repeat("x", 52), 0o600)
	openFails(t, p, keys.ReasonWrongSecret)
	if err := os.Remove(p.opts.Secret); err != nil {
		t.Fatal(err)
	}
	openFails(t, p, keys.ReasonWrongSecret) // a fresh one is created, and does not open the ring
	if !maps.EqualFunc(before, readDir(t, p.dir), bytes.Equal) {
		t.Error("a wrong secret changed the key directory")
	}
}

func TestNoSecretInErrors(t *testing.T) {
	p, _ := newPlace(t)
	p.open(t)
	const secret = "correct-horse-battery-staple-0123456789-0123456789"
	writeSecret(t, p, secret, 0o600)
	if _, err := keys.Open(t.Context(), p.dir, p.opts); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("error of a wrong secret: %v", err)
	}
}

func TestDamagedFile(t *testing.T) {
	p, _ := newPlace(t)
	ring := p.open(t)
	rotate(t, ring)
	sound := readDir(t, p.dir)
	_, ids := states(ring)
	other, _ := newPlace(t)
	other.opts.Secret = p.opts.Secret
	foreign := func() map[string][]byte { other.open(t); return readDir(t, other.dir) }()
	active, next := ids[keys.Active]+".key", ids[keys.Next]+".key"

	damaged := func(name, file string, content []byte, reasons ...string) {
		t.Run(name, func(t *testing.T) {
			bad := place{dir: t.TempDir(), opts: p.opts}
			writeDir(t, bad.dir, sound)
			if content == nil {
				if err := os.Remove(filepath.Join(bad.dir, file)); err != nil {
					t.Fatal(err)
				}
			} else {
				writeDir(t, bad.dir, map[string][]byte{file: content})
			}
			openFails(t, bad, reasons...)
		})
	}
	for what, file := range map[string]string{"ring": "ring.json", "root secret": "root.jwe", "active key": active, "next key": next} {
		reasons := []string{keys.ReasonDamaged}
		if file == "root.jwe" {
			reasons = append(reasons, keys.ReasonWrongSecret) // a changed root and a wrong secret look the same
		}
		flipped := bytes.Clone(sound[file])
		flipped[len(flipped)*2/3] ^= 1
		damaged(what+" empty", file, []byte{}, reasons...)
		damaged(what+" truncated", file, sound[file][:len(sound[file])/2], reasons...)
		damaged(what+" changed", file, flipped, reasons...)
	}
	damaged("root secret missing", "root.jwe", nil, keys.ReasonDamaged)
	damaged("active key missing", active, nil, keys.ReasonDamaged)
	damaged("next key missing", next, nil, keys.ReasonDamaged)
	damaged("ring of another root", "ring.json", foreign["ring.json"], keys.ReasonDamaged)
	damaged("root of another ring", "root.jwe", foreign["root.jwe"], keys.ReasonDamaged)
	damaged("root secret in the place of a key", active, sound["root.jwe"], keys.ReasonDamaged)
	damaged("a key under another's name", active, sound[next], keys.ReasonDamaged)
	damaged("two keys in one file", active, slices.Concat(sound[active], sound[next]), keys.ReasonDamaged)
	damaged("a key in clear", active, keyInClear(t), keys.ReasonDamaged)
	damaged("a later expiry", "ring.json", bytes.Replace(sound["ring.json"], []byte(`"expires":"2026`), []byte(`"expires":"2036`), 1), keys.ReasonDamaged)
	damaged("a state made up", "ring.json", bytes.Replace(sound["ring.json"], []byte(`"retired"`), []byte(`"active"`), 1), keys.ReasonDamaged)
}

func keyInClear(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestDamageWhileRunningKeepsTheKeysAtHand(t *testing.T) {
	p, now := newPlace(t)
	ring := p.open(t)
	sound := readDir(t, p.dir)
	writeDir(t, p.dir, map[string][]byte{"ring.json": sound["ring.json"][:100]})
	if err := ring.Check(t.Context()); simtrust.ReasonOf(err) != keys.ReasonDamaged {
		t.Errorf("Check: %v", err)
	}
	if err := verify(ring, now, token(t, ring, now)); err != nil {
		t.Error(err)
	}
	if err := ring.Rotate(t.Context()); simtrust.ReasonOf(err) != keys.ReasonDamaged {
		t.Errorf("Rotate over a damaged ring: %v", err)
	}
}

func TestKeyFilesAreEncryptedAndPrivate(t *testing.T) {
	p, _ := newPlace(t)
	p.open(t)
	for name, data := range readDir(t, p.dir) {
		info, err := os.Stat(filepath.Join(p.dir, name))
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info.Mode(), err)
		}
		if strings.HasSuffix(name, ".key") && bytes.Contains(data, []byte("PRIVATE KEY")) {
			t.Errorf("%s is not encrypted", name)
		}
	}
}
