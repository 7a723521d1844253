package main

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"simtrust/simshield/receipt"
)

const sampleReceipts = "../../simshield/receipt/testdata"

// printed runs a command line, and returns what it prints to standard output.
func printed(t *testing.T, args ...string) (string, error) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "stdout"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	before := os.Stdout
	os.Stdout = file
	failed := run(t.Context(), args)
	os.Stdout = before
	text, err := os.ReadFile(file.Name())
	if err != nil {
		t.Fatal(err)
	}
	return string(text), failed
}

// sampleKey is the verifier key of the samples' log.
func sampleKey(t *testing.T) string {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)).Public().(ed25519.PublicKey)
	text, err := note.NewEd25519VerifierKey("ca.example/ca/log", key)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestReceiptVerify(t *testing.T) {
	roots, key := filepath.Join(sampleReceipts, "roots.pem"), sampleKey(t)
	for _, name := range []string{"statement-p256", "statement-sm2", "hash-p256", "hash-sm2"} {
		file := filepath.Join(sampleReceipts, name+".json")
		out, err := printed(t, "receipt", "verify", file, "--roots", roots, "--log-key", key)
		if err != nil || !strings.Contains(out, "The receipt of txn_") || strings.Contains(out, "failed ") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		var r receipt.Report
		out, err = printed(t, "receipt", "verify", file, "--roots", roots, "--json")
		if err != nil || json.Unmarshal([]byte(out), &r) != nil || !r.Valid || len(r.Steps) != 12 {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

func TestReceiptVerifySaysWhatToDo(t *testing.T) {
	file, roots, dir := filepath.Join(sampleReceipts, "statement-sm2.json"), filepath.Join(sampleReceipts, "roots.pem"), t.TempDir()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	written := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	changed := written("changed.json", bytes.Replace(text, []byte(`"counter":17`), []byte(`"counter":18`), 1))
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"changed":           {[]string{changed, "--roots", roots}, "seal: the receipt was changed"},
		"formatted":         {[]string{written("formatted.json", append(text, '\n')), "--roots", roots}, "octet for octet"},
		"too large":         {[]string{written("large.json", make([]byte, receipt.MaxSize+1)), "--roots", roots}, "512 KB"},
		"not a receipt":     {[]string{roots, "--roots", roots}, "octet for octet"},
		"no roots in it":    {[]string{file, "--roots", file}, "curl -o roots.pem"},
		"a root that is no": {[]string{file, "--roots", written("bad.pem", []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"))}, "curl -o roots.pem"},
		"no key":            {[]string{file, "--roots", roots, "--log-key", "x"}, "curl SERVER/ca/log/key"},
		"no key file":       {[]string{file, "--roots", roots, "--log-key", "@" + dir + "/none"}, "curl SERVER/ca/log/key"},
		"no arc":            {[]string{file, "--roots", roots, "--arc", "1.x"}, "ca.policy_arc"},
		"another arc":       {[]string{file, "--roots", roots, "--arc", "1.2.3"}, "under another policy"},
		"roots left out":    {[]string{file}, "--help"},
	} {
		out, err := printed(t, append([]string{"receipt", "verify"}, c.args...)...)
		if err == nil || !strings.Contains(advised(err).Error(), c.says) || strings.Contains(out, "The receipt of") {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
	if out, _ := printed(t, "receipt", "verify", changed, "--roots", roots); !strings.Contains(out, "failed  seal") {
		t.Errorf("the steps are not explained:\n%s", out)
	}
}

func TestReceiptExtract(t *testing.T) {
	dir := t.TempDir()
	extract := []string{"receipt", "extract", filepath.Join(sampleReceipts, "statement-p256.json"), "--out", dir}
	out, err := printed(t, extract...)
	if err != nil || !strings.Contains(out, "signed-data.der") {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(dir, "text.txt"))
	if err != nil || !strings.Contains(string(text), "¥48,000.00") {
		t.Errorf("%s %v", text, err)
	}
	if _, err := printed(t, extract...); err == nil || !strings.Contains(err.Error(), "empty folder") {
		t.Errorf("over files that were there: %v", err)
	}
	if _, err := printed(t, "receipt", "extract", filepath.Join(sampleReceipts, "roots.pem")); err == nil {
		t.Error("something else was taken apart")
	}
}
