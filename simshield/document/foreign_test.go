//go:build e2e

package document_test

import (
	"bytes"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/simshield/document"
)

// bench is a folder for foreign programs.
type bench struct {
	t   testing.TB
	dir string
}

func newBench(w *world) bench {
	w.t.Helper()
	b := bench{w.t, w.t.TempDir()}
	var roots bytes.Buffer
	for _, der := range w.Roots() {
		w.must(pem.Encode(&roots, &pem.Block{Type: "CERTIFICATE", Bytes: der}))
	}
	b.write("roots.pem", roots.Bytes())
	b.write("stamps.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: w.tsaRoot}))
	return b
}

func (b bench) write(name string, octets []byte) {
	b.t.Helper()
	if err := os.WriteFile(filepath.Join(b.dir, name), octets, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// run returns what a program says, and whether it is content.
func (b bench) run(name string, args ...string) (string, error) {
	b.t.Helper()
	cmd := exec.CommandContext(b.t.Context(), name, args...)
	cmd.Dir = b.dir
	out, err := cmd.CombinedOutput()
	b.t.Logf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	return string(out), err
}

// TestForeignCAdES: openssl verifies message and time stamp, and refuses those of another document.
func TestForeignCAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := newBench(w)
		o := order(document.CAdES)
		o.Detached = true
		der := w.sign(o).Signed
		b.write("contract", contract)
		b.write("other", append([]byte{' '}, contract...))
		b.write("contract.p7s", der)
		b.write("token", token(t, der))
		b.write("signature", signatureOf(t, der))
		verify := func(content string) error {
			_, err := b.run("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "contract.p7s", "-content", content, "-CAfile", "roots.pem",
				"-purpose", "any", "-out", "verified")
			return err
		}
		stamped := func(data string) error {
			_, err := b.run("openssl", "ts", "-verify", "-token_in", "-in", "token", "-CAfile", "stamps.pem", "-data", data)
			return err
		}
		if verify("contract") != nil || stamped("signature") != nil {
			t.Error("openssl refuses the document")
		}
		if verify("other") == nil || stamped("contract") == nil {
			t.Error("openssl takes another document")
		}
	})
}

// TestForeignPAdES: poppler finds the signature good over the whole file, qpdf the file sound; and what was added or changed is seen.
func TestForeignPAdES(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := newBench(w)
		first := w.sign(order(document.PAdES)).Signed
		o := order(document.PAdES)
		o.Order, o.Content = "C-2", first
		b.write("first.pdf", first)
		b.write("second.pdf", w.sign(o).Signed)
		b.write("changed.pdf", bytes.Replace(first, []byte("4,800"), []byte("9,800"), 1))
		for file, want := range map[string][]string{
			"first.pdf":   {"Signature is Valid", "ETSI.CAdES.detached", "Total document signed"},
			"second.pdf":  {"Signature #2", "Signature is Valid", "Not total document signed", "Total document signed"},
			"changed.pdf": {"Digest Mismatch"},
		} {
			said, _ := b.run("pdfsig", "-nocert", file)
			for _, words := range want {
				if !strings.Contains(said, words) {
					t.Errorf("%s: pdfsig does not say %q", file, words)
				}
			}
		}
		if _, err := b.run("qpdf", "--check", "second.pdf"); err != nil {
			t.Error("qpdf finds the file damaged")
		}
	})
}

// TestForeignJAdES: the jose package verifies the JWS with the certificate in x5c, and refuses a changed one.
func TestForeignJAdES(t *testing.T) {
	script, err := filepath.Abs("testdata/jws.mjs")
	if err != nil {
		t.Fatal(err)
	}
	each(t, func(t *testing.T, w *world) {
		b := newBench(w)
		text := w.sign(order(document.JAdES)).Signed
		b.write("contract.json", text)
		b.write("changed.json", bytes.Replace(text, []byte(`"payload":"`), []byte(`"payload":"AAAA`), 1))
		if said, err := b.run("node", script, "contract.json"); err != nil || said != string(contract) {
			t.Error("jose refuses the document")
		}
		if _, err := b.run("node", script, "changed.json"); err == nil {
			t.Error("jose takes a changed document")
		}
	})
}
