package receipt_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

func subjects() map[string]applet.Subject {
	batch := transfer()
	batch.PayeeName, batch.PayeeAccount, batch.Reminder, batch.Batch = "", "", true, &applet.Batch{Count: 12, List: [32]byte{7}}
	return map[string]applet.Subject{
		"transfer": transfer(), "batch": batch, "login": applet.Login{Challenge: bytes.Repeat([]byte{5}, 32)},
		"document": applet.Document{Title: "采购合同（第2版）.pdf", Algorithm: applet.SHA256, Hash: bytes.Repeat([]byte{9}, 32)},
	}
}

func (w *world) verify(evidence []byte, o receipt.Options) (receipt.Report, error) {
	return receipt.Verify(evidence, w.roots, o)
}

func outcome(r receipt.Report, name string) receipt.Outcome {
	i := slices.IndexFunc(r.Steps, func(s receipt.Step) bool { return s.Name == name })
	if i < 0 {
		return ""
	}
	return r.Steps[i].Outcome
}

// TestReceipts: what is sealed verifies, of every kind and algorithm, and says so in words.
func TestReceipts(t *testing.T) {
	w := newWorld(t)
	for _, a := range algorithms {
		for name, subject := range subjects() {
			t.Run(name+" "+a.String(), func(t *testing.T) {
				r, err := w.verify(w.seal(w.facts(a, statement(subject), claims(subject))), receipt.Options{})
				if err != nil || !r.Valid || r.ID != transaction || r.Party != "某某银行" || r.Kind != subject.Kind().String() || !r.Signed.Equal(start) {
					t.Fatalf("%v %+v", err, r)
				}
				for _, s := range r.Steps {
					if want := receipt.Passed; s.Outcome != want && s.Name != "log" {
						t.Errorf("%s: %s, %s", s.Name, s.Outcome, s.Text)
					}
				}
				if outcome(r, "log") != receipt.Open {
					t.Error("a proof of the log that is not there was judged")
				}
			})
		}
		t.Run("hash "+a.String(), func(t *testing.T) {
			r, err := w.verify(w.seal(w.hashed(a)), receipt.Options{})
			if err != nil || !r.Valid || outcome(r, "signature") != receipt.Passed || outcome(r, "terms") != receipt.Open {
				t.Errorf("%v %+v", err, r)
			}
		})
	}
}

// TestWords: a reader who knows no certificate learns what was confirmed.
func TestWords(t *testing.T) {
	w := newWorld(t)
	r, err := w.verify(w.seal(w.facts(applet.SM2, statement(transfer()), claims(transfer()))), receipt.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, s := range r.Steps {
		all.WriteString(s.Text + "\n")
	}
	for _, words := range []string{"某某银行 (client bank-app) asked", "order T20261122-0001, ¥48,000.00 to 王小明, account 6222021234567890123", "SM2",
		"Both screens showed", "2026-11-22T09:00:00.25Z, give or take 1s", "王小明", "Root SM2", "Not yet included"} {
		if !strings.Contains(all.String(), words) {
			t.Errorf("%q is not in\n%s", words, all.String())
		}
	}
}

// TestCardNames: a card has one name towards a party and another towards
// the next.
func TestCardNames(t *testing.T) {
	w := newWorld(t)
	f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
	one, again := w.seal(f), w.seal(f)
	if !bytes.Equal(read(t, one).get("card"), read(t, again).get("card")) {
		t.Error("the same card has two names")
	}
	if f.ICCID = "8986001234567890124"; bytes.Equal(read(t, one).get("card"), read(t, w.seal(f)).get("card")) {
		t.Error("two cards have the same name")
	}
	other := w.hashed(applet.P256)
	first := w.seal(other)
	if other.Party = "another-app"; bytes.Equal(read(t, first).get("card"), read(t, w.seal(other)).get("card")) {
		t.Error("two parties see the same name")
	}
	if bytes.Contains(one, []byte("89860012345678901")) {
		t.Error("the card's number is in the receipt")
	}
}

// TestSealFailsClosed: without a time stamp, or a status after it, there is no receipt.
func TestSealFailsClosed(t *testing.T) {
	w := newWorld(t)
	f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
	serial := w.cards[card{applet.P256, applet.KindTransaction}].cert.SerialNumber
	for name, c := range map[string]struct {
		spoil  func(d *receipt.Deps)
		kind   simtrust.Kind
		reason string
	}{
		"no time stamp": {func(d *receipt.Deps) { d.Stamper = stamper(func([]byte) []byte { return nil }) }, simtrust.KindUnavailable, receipt.ReasonNoStamp},
		"refused": {func(d *receipt.Deps) {
			d.Stamper = stamper(func([]byte) []byte { return []byte{0x30, 5, 0x30, 3, 2, 1, 2} })
		}, simtrust.KindUnavailable, receipt.ReasonNoStamp},
		"over another":     {func(d *receipt.Deps) { d.Stamper = w.stampOther() }, simtrust.KindUnavailable, receipt.ReasonNoStamp},
		"an old stamp":     {func(d *receipt.Deps) { d.Stamper = w.stampOnce() }, simtrust.KindUnavailable, receipt.ReasonNoStamp},
		"register away":    {func(*receipt.Deps) { w.register.change(func(r *register) { r.down = errAway }) }, simtrust.KindUnavailable, receipt.ReasonNoStatus},
		"responder broken": {func(d *receipt.Deps) { d.Statuses = statuses(func([]byte) []byte { return []byte("x") }) }, simtrust.KindUnavailable, receipt.ReasonNoStatus},
		"an old status":    {func(d *receipt.Deps) { d.Statuses = w.statusBefore(f) }, simtrust.KindUnavailable, receipt.ReasonNoStatus},
		"revoked":          {func(*receipt.Deps) { w.register.change(func(r *register) { r.revoked[serial.Text(16)] = start }) }, simtrust.KindDenied, receipt.ReasonCertificate},
		"never issued":     {func(*receipt.Deps) { w.register.change(func(r *register) { r.unknown = true }) }, simtrust.KindDenied, receipt.ReasonCertificate},
	} {
		t.Run(name, func(t *testing.T) {
			defer w.register.change(func(r *register) { clear(r.revoked); r.unknown, r.down = false, nil })
			evidence, err := w.with(c.spoil).Seal(t.Context(), f)
			if evidence != nil || simtrust.KindOf(err) != c.kind || simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%.40s %v, want %s", evidence, err, c.reason)
			}
		})
	}
}

// TestFactsThatDoNotBelongTogether are refused before anybody is asked for a time stamp.
func TestFactsThatDoNotBelongTogether(t *testing.T) {
	w := newWorld(t)
	for name, spoil := range map[string]func(f *receipt.Facts){
		"another signature": func(f *receipt.Facts) { f.Signature[40] ^= 1 }, "no statement's DER": func(f *receipt.Facts) { f.Statement = f.Statement[1:] },
		"no issuers": func(f *receipt.Facts) { f.Chain = nil }, "another certificate": func(f *receipt.Facts) { f.Raw = f.Chain[0] },
		"keys that are no JSON": func(f *receipt.Facts) { f.JWKS = []byte("{") }, "a decision that is none": func(f *receipt.Facts) { f.Decision = []byte("{]") },
		"more than a receipt holds": func(f *receipt.Facts) { f.Command = make([]byte, receipt.MaxSize) },
		"more keys than it holds":   func(f *receipt.Facts) { f.JWKS = []byte(`{"keys":["` + strings.Repeat("k", 32<<10) + `"]}`) },
	} {
		f := w.facts(applet.P256, statement(transfer()), claims(transfer()))
		spoil(&f)
		if evidence, err := w.Seal(t.Context(), f); evidence != nil || simtrust.ReasonOf(err) != receipt.ReasonFacts {
			t.Errorf("%s: %v", name, err)
		}
	}
}
