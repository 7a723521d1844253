package receipt_test

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/transparency-dev/formats/log"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/note"

	"simtrust"
	"simtrust/ca/tlog"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

const origin = "ca.example/ca/log"

var seed = strings.Repeat("\x07", ed25519.SeedSize)

func logKey() note.Verifier {
	key, err := note.NewEd25519VerifierKey(origin, ed25519.NewKeyFromSeed([]byte(seed)).Public().(ed25519.PublicKey))
	if err != nil {
		panic(err)
	}
	v, err := note.NewVerifier(key)
	if err != nil {
		panic(err)
	}
	return v
}

// checkpoint is a signed note by the log's key.
func checkpoint(c log.Checkpoint) string {
	verifier := logKey()
	signer, err := note.NewSigner("PRIVATE+KEY+" + origin + "+" + hash(verifier) + "+" + base64.StdEncoding.EncodeToString([]byte("\x01"+seed)))
	if err != nil {
		panic(err)
	}
	text, err := note.Sign(&note.Note{Text: string(c.Marshal())}, signer)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func hash(v note.Verifier) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	for shift := 28; shift >= 0; shift -= 4 {
		b.WriteByte(digits[v.KeyHash()>>shift&15])
	}
	return b.String()
}

// proof is that of a receipt in a log of two entries.
func proof(evidence []byte) tlog.Proof {
	h := rfc6962.DefaultHasher
	first, leaf := h.HashLeaf([]byte("a certificate")), h.HashLeaf(tlog.ReceiptEntry(receipt.Digest(evidence)))
	return tlog.Proof{Index: 1, Size: 2, LeafHash: leaf, Path: [][]byte{first},
		Checkpoint: checkpoint(log.Checkpoint{Origin: origin, Size: 2, Hash: h.HashChildren(first, leaf)})}
}

func (w *world) include(evidence []byte) []byte {
	w.t.Helper()
	included, err := receipt.Include(evidence, proof(evidence))
	if err != nil {
		w.t.Fatal(err)
	}
	return included
}

// TestInclusion: the log's proof, under its key and no other.
func TestInclusion(t *testing.T) {
	w := newWorld(t)
	evidence := w.seal(w.facts(applet.SM2, statement(transfer()), claims(transfer())))
	included := w.include(evidence)
	r, err := w.verify(included, receipt.Options{Log: logKey()})
	if err != nil || outcome(r, "log") != receipt.Passed {
		t.Fatalf("%v %+v", err, r)
	}
	if r, err := w.verify(included, receipt.Options{}); err != nil || outcome(r, "log") != receipt.Open {
		t.Errorf("without a key: %v %+v", err, r)
	}
	if r, err := w.verify(evidence, receipt.Options{Log: logKey()}); err != nil || outcome(r, "log") != receipt.Open {
		t.Errorf("not yet included: %v %+v", err, r)
	}
	if again, err := receipt.Include(included, proof(evidence)); err != nil || string(again) != string(included) {
		t.Errorf("a proof in place of another: %v", err)
	}
}

// TestForgedProofs: what a proof and its checkpoint must be.
func TestForgedProofs(t *testing.T) {
	w := newWorld(t)
	evidence := w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer())))
	good := proof(evidence)
	type member struct {
		Index      uint64   `json:"index"`
		Path       [][]byte `json:"path"`
		Checkpoint string   `json:"checkpoint"`
	}
	signature := good.Checkpoint[strings.LastIndex(good.Checkpoint, " ")+1:]
	for name, m := range map[string]member{
		"another index": {0, good.Path, good.Checkpoint}, "beyond": {2, good.Path, good.Checkpoint}, "no path": {1, [][]byte{}, good.Checkpoint},
		"another path": {1, [][]byte{make([]byte, 32)}, good.Checkpoint}, "a longer one": {1, [][]byte{good.Path[0], good.Path[0]}, good.Checkpoint},
		"another log":  {1, good.Path, proof([]byte("x")).Checkpoint},
		"another root": {1, good.Path, strings.Replace(good.Checkpoint, "\n2\n", "\n3\n", 1)},
		"no signature": {1, good.Path, good.Checkpoint[:strings.Index(good.Checkpoint, "\n\n")+2]},
		"signed twice": {1, good.Path, good.Checkpoint + "— witness.example " + signature},
		"loose base64": {1, good.Path, strings.TrimSuffix(good.Checkpoint, signature) + strings.Replace(signature, "=", "", 1)},
		"nothing":      {0, [][]byte{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := w.verify(read(t, evidence).set("inclusion", m).text(), receipt.Options{Log: logKey()})
			if simtrust.ReasonOf(err) != receipt.ReasonUnproven || outcome(r, "log") != receipt.Failed {
				t.Errorf("%v %+v", err, r.Steps)
			}
		})
	}
	key, err := note.NewEd25519VerifierKey(origin, make([]byte, ed25519.PublicKeySize))
	if err != nil {
		t.Fatal(err)
	}
	other, err := note.NewVerifier(key)
	if err != nil {
		t.Fatal(err)
	}
	if r, err := w.verify(w.include(evidence), receipt.Options{Log: other}); err == nil || outcome(r, "log") != receipt.Failed {
		t.Errorf("another key: %v", err)
	}
	if _, err := receipt.Include(evidence, proof([]byte("another"))); simtrust.ReasonOf(err) != receipt.ReasonFacts {
		t.Errorf("the proof of another receipt: %v", err)
	}
	if _, err := receipt.Include([]byte("{}"), good); simtrust.ReasonOf(err) != receipt.ReasonMalformed {
		t.Errorf("of no receipt: %v", err)
	}
}

type proofs func(id string) (tlog.Proof, error)

func (p proofs) Proof(_ context.Context, id string) (tlog.Proof, error) { return p(id) }

// TestNotaryIncludes asks the log, and waits for nothing.
func TestNotaryIncludes(t *testing.T) {
	w := newWorld(t)
	evidence := w.seal(w.hashed(applet.P256))
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		err  error
		want string
	}{
		"there": {nil, string(w.include(evidence))}, "on its way": {&simtrust.Error{Kind: simtrust.KindUnavailable}, string(evidence)},
		"never heard of": {&simtrust.Error{Kind: simtrust.KindNotFound}, string(evidence)}, "broken": {broken, ""},
	} {
		n := w.with(func(d *receipt.Deps) {
			d.Log = proofs(func(id string) (tlog.Proof, error) {
				if id != transaction {
					t.Errorf("%s: asked for %s", name, id)
				}
				return proof(evidence), c.err
			})
		})
		got, err := n.Include(t.Context(), transaction, evidence)
		if string(got) != c.want || (c.want == "") != errors.Is(err, broken) {
			t.Errorf("%s: %.40s, %v", name, got, err)
		}
	}
}
