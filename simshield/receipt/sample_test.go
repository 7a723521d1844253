package receipt_test

import (
	"bytes"
	"encoding/pem"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"simtrust/simshield/receipt"
)

var update = flag.Bool("update", false, "make the samples of testdata anew")

// samples are receipts that were made when version 1 was: testdata/NAME.json, under the roots of testdata/roots.pem.
var samples = []string{"statement-p256", "statement-sm2", "hash-p256", "hash-sm2"}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func sampleRoots(t testing.TB) (roots [][]byte) {
	t.Helper()
	rest := sample(t, "roots.pem")
	for {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return roots
		}
		roots = append(roots, block.Bytes)
	}
}

// TestSamples: what was proven once is proven for ever, whatever becomes of this package.
func TestSamples(t *testing.T) {
	if *update {
		writeSamples(t)
	}
	roots := sampleRoots(t)
	for _, name := range samples {
		r, err := receipt.Verify(sample(t, name+".json"), roots, receipt.Options{Log: logKey()})
		if err != nil || !r.Valid || outcome(r, "log") != receipt.Passed {
			t.Errorf("%s: %v %+v", name, err, r.Steps)
		}
	}
}

func writeSamples(t *testing.T) {
	w := newWorld(t)
	var roots bytes.Buffer
	for _, der := range w.roots {
		if err := pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: der}); err != nil {
			t.Fatal(err)
		}
	}
	files := map[string][]byte{"roots.pem": roots.Bytes()}
	for name, evidence := range evidences(w) {
		files[name+".json"] = evidence
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join("testdata", name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// FuzzVerify: nothing but a receipt that was sealed verifies, and nothing makes the verifier fall.
func FuzzVerify(f *testing.F) {
	roots, sealed := sampleRoots(f), map[string]bool{}
	for _, name := range samples {
		text := sample(f, name+".json")
		early := read(f, text).drop("inclusion").text()
		sealed[string(text)], sealed[string(early)] = true, true
		f.Add(text)
		f.Add(early)
	}
	f.Fuzz(func(t *testing.T, evidence []byte) {
		r, err := receipt.Verify(evidence, roots, receipt.Options{Log: logKey()})
		if (err == nil) != r.Valid || r.Valid && !sealed[string(evidence)] {
			t.Errorf("%v: %s", err, evidence)
		}
		if _, err := receipt.Extract(evidence); err == nil && len(r.Steps) == 0 {
			t.Error("a receipt that is taken apart, but not verified")
		}
	})
}
