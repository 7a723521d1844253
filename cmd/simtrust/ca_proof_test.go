package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"simtrust/ca/tlog"
)

const logName = "ca.example/ca/log"

// logKeys are a log's signer and verifier key, made of a seed.
func logKeys(t *testing.T, seed byte) (note.Signer, string) {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, ed25519.SeedSize))
	public, err := note.NewEd25519VerifierKey(logName, key.Public().(ed25519.PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	hash := strings.Split(public, "+")[1]
	private := base64.StdEncoding.EncodeToString(append([]byte{1}, key.Seed()...))
	signer, err := note.NewSigner("PRIVATE+KEY+" + logName + "+" + hash + "+" + private)
	if err != nil {
		t.Fatal(err)
	}
	return signer, public
}

// proofAmong is of the first entry in a log of four.
func proofAmong(t *testing.T, signer note.Signer, entry []byte) tlog.Proof {
	t.Helper()
	h := rfc6962.DefaultHasher
	leaf, second, right := h.HashLeaf(entry), h.HashLeaf([]byte("another")), h.HashChildren(h.HashLeaf([]byte("a third")), h.HashLeaf([]byte("a fourth")))
	body := log.Checkpoint{Origin: logName, Size: 4, Hash: h.HashChildren(h.HashChildren(leaf, second), right)}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(body)}, signer)
	if err != nil {
		t.Fatal(err)
	}
	return tlog.Proof{Index: 0, Size: 4, LeafHash: leaf, Path: [][]byte{second, right}, Checkpoint: string(signed)}
}

// logged are the files of a certificate, and of another one.
func logged(t *testing.T) (dir string, der []byte) {
	t.Helper()
	remote, _ := newAuthority(t)
	dir = t.TempDir()
	for _, name := range []string{"cert.pem", "other.pem"} {
		issue := caIssueCmd{remoteFlags: remote, Profile: "tls-server", CSR: requestFile(t), Out: filepath.Join(dir, name),
			caSubjectFlags: caSubjectFlags{DNS: []string{"a.example"}}}
		if err := issue.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, "cert.pem"))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	return dir, block.Bytes
}

func TestCAProof(t *testing.T) {
	dir, der := logged(t)
	sum := sha256.Sum256(der)
	signer, key := logKeys(t, 1)
	stranger, strangers := logKeys(t, 2)
	const good = ""
	for i, c := range []struct {
		name   string
		entry  []byte
		cert   string
		key    string
		change func(*tlog.Proof)
		says   string
	}{
		{"in full", der, "cert.pem", key, nil, good},
		{"as a hash", sum[:], "cert.pem", key, nil, good},
		{"another certificate", der, "other.pem", key, nil, "of another certificate"},
		{"a forged leaf", der, "cert.pem", key, func(p *tlog.Proof) { p.LeafHash = rfc6962.DefaultHasher.HashLeaf(sum[:]) }, "does not lead"},
		{"another leaf under the same root", []byte("x"), "cert.pem", key, func(p *tlog.Proof) { p.LeafHash = rfc6962.DefaultHasher.HashLeaf(der) }, "does not lead"},
		{"a receipt's entry", tlog.ReceiptEntry(sum[:]), "cert.pem", key, nil, "of another certificate"},
		{"a path cut short", der, "cert.pem", key, func(p *tlog.Proof) { p.Path = p.Path[:1] }, "does not lead"},
		{"no path", der, "cert.pem", key, func(p *tlog.Proof) { p.Path = nil }, "does not lead"},
		{"a path too long", der, "cert.pem", key, func(p *tlog.Proof) { p.Path = append(p.Path, p.Path[0]) }, "does not lead"},
		{"a path turned round", der, "cert.pem", key, func(p *tlog.Proof) { slices.Reverse(p.Path) }, "does not lead"},
		{"another place", der, "cert.pem", key, func(p *tlog.Proof) { p.Index = 1 }, "does not lead"},
		{"a place beyond the end", der, "cert.pem", key, func(p *tlog.Proof) { p.Index = 4 }, "does not lead"},
		{"another key of the same name", der, "cert.pem", strangers, nil, "not signed with the key"},
		{"signed by somebody else", der, "cert.pem", key, func(p *tlog.Proof) { *p = proofAmong(t, stranger, der) }, "not signed with the key"},
		{"a changed root", der, "cert.pem", key, func(p *tlog.Proof) { p.Checkpoint = strings.Replace(p.Checkpoint, "\n4\n", "\n5\n", 1) }, "not signed with the key"},
		{"no checkpoint", der, "cert.pem", key, func(p *tlog.Proof) { p.Checkpoint = "" }, "not signed with the key"},
	} {
		p := proofAmong(t, signer, c.entry)
		if c.change != nil {
			c.change(&p)
		}
		text, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(dir, fmt.Sprintf("proof%d.json", i))
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := printed(t, "ca", "proof", filepath.Join(dir, c.cert), "--log-key", c.key, "--proof", file)
		if c.says == good && (err != nil || !strings.Contains(out, "is in the log "+logName+": entry 0 of 4")) {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
		if c.says != good && (err == nil || !strings.Contains(err.Error(), c.says) || out != "") {
			t.Errorf("%s: %v\n%s", c.name, err, out)
		}
	}
}

func TestCAProofSaysWhatToDo(t *testing.T) {
	dir, _ := logged(t)
	_, key := logKeys(t, 1)
	cert, roots := filepath.Join(dir, "cert.pem"), filepath.Join(sampleReceipts, "roots.pem")
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"no key":         {[]string{cert}, "--log-key"},
		"no real key":    {[]string{cert, "--log-key", "x"}, "curl SERVER/ca/log/key"},
		"no certificate": {[]string{requestFile(t), "--log-key", key}, "openssl x509"},
		"no proof":       {[]string{cert, "--log-key", key, "--proof", cert}, "curl -o"},
		"a root":         {[]string{roots, "--log-key", key}, "where its issuer is"},
		"no server":      {[]string{cert, "--log-key", key, "--server", "http://127.0.0.1:1"}, "check --server"},
	} {
		if out, err := printed(t, append([]string{"ca", "proof"}, c.args...)...); err == nil || !strings.Contains(advised(err).Error(), c.says) || out != "" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}
