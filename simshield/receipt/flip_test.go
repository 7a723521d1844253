package receipt_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"testing/quick"

	"simtrust"
	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// evidences are receipts of all forms, with the log's proof.
func evidences(w *world) map[string][]byte {
	w.t.Helper()
	all := map[string][]byte{}
	for _, a := range algorithms {
		all["statement-"+fileName(a)] = w.include(w.seal(w.facts(a, statement(transfer()), claims(transfer()))))
		all["hash-"+fileName(a)] = w.include(w.seal(w.hashed(a)))
	}
	return all
}

func fileName(a applet.Algorithm) string {
	return strings.ToLower(strings.ReplaceAll(a.String(), "-", ""))
}

// TestAChangedOctetFails: every name of a member, the ends of its value, and each seventh octet between, so that all bits have their turn.
func TestAChangedOctetFails(t *testing.T) {
	w := newWorld(t)
	for name, evidence := range evidences(w) {
		t.Run(name, func(t *testing.T) {
			s, begin := read(t, evidence), 1 // behind the brace
			for _, member := range s.names {
				value := begin + len(member) + 3
				end := value + len(s.values[member])
				for at := begin; at <= end; at++ {
					if at <= value+2 || at >= end-4 || at%7 == 0 {
						w.changed(t, evidence, at, 1<<(at%8))
					}
				}
				begin = end + 1
			}
		})
	}
}

// TestAnyChangedBitFails: bits at random.
func TestAnyChangedBitFails(t *testing.T) {
	w := newWorld(t)
	for name, evidence := range evidences(w) {
		t.Run(name, func(t *testing.T) {
			err := quick.Check(func(at uint32, bit uint8) bool {
				return w.changed(t, evidence, int(at)%len(evidence), 1<<(bit%8))
			}, &quick.Config{MaxCount: 300})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func (w *world) changed(t *testing.T, evidence []byte, at int, bit byte) bool {
	t.Helper()
	spoilt := bytes.Clone(evidence)
	spoilt[at] ^= bit
	r, err := w.verify(spoilt, receipt.Options{Log: logKey()})
	if err == nil || r.Valid {
		t.Errorf("octet %d ^ %02x passes: …%s…", at, bit, spoilt[max(at-20, 0):min(at+20, len(spoilt))])
		return false
	}
	return true
}

// TestOneForm: what means the same in JSON, but is not the same octets, is not a receipt; nor is what says something twice or more.
func TestOneForm(t *testing.T) {
	w := newWorld(t)
	evidence := string(w.seal(w.facts(applet.P256, statement(transfer()), claims(transfer()))))
	s := read(t, []byte(evidence))
	reordered := read(t, []byte(evidence))
	slices.Reverse(reordered.names)
	forms := map[string]string{
		"nothing": "", "no object": "[]", "empty": "{}", "null": "null", "another version": strings.Replace(evidence, `"version":1`, `"version":2`, 1),
		"a space": strings.Replace(evidence, `"version":1`, `"version": 1`, 1), "a line break behind": evidence + "\n", "one more": evidence + evidence,
		"twice":             strings.Replace(evidence, `"counter":17`, `"counter":17,"counter":17`, 1),
		"unknown":           strings.Replace(evidence, `"counter":17`, `"counter":17,"fee":1`, 1),
		"other case":        strings.Replace(evidence, `"counter":17`, `"Counter":17`, 1),
		"escaped":           strings.Replace(evidence, `"id":"txn`, `"id":"\u0074xn`, 1),
		"a number in text":  strings.Replace(evidence, `"counter":17`, `"counter":"17"`, 1),
		"another number":    strings.Replace(evidence, `"counter":17`, `"counter":17.0`, 1),
		"base64 for URLs":   strings.ReplaceAll(strings.ReplaceAll(evidence, "/", "_"), "+", "-"),
		"another time zone": strings.Replace(evidence, `09:00:00.25Z`, `10:00:00.25+01:00`, 1),
		"reordered":         string(reordered.text()),
		"no status":         string(read(t, []byte(evidence)).drop("ocsp").text()[:len(evidence)/2]),
	}
	for i := 0; i < len(evidence); i += len(evidence) / 40 {
		forms["cut at "+strings.Repeat("i", i%7)+evidence[:i]] = evidence[:i]
	}
	for name, text := range forms {
		if _, err := w.verify([]byte(text), receipt.Options{}); simtrust.ReasonOf(err) != receipt.ReasonMalformed {
			t.Errorf("%.40s: %v", name, err)
		}
	}
	if _, err := w.verify(bytes.Repeat([]byte(" "), receipt.MaxSize+1), receipt.Options{}); simtrust.ReasonOf(err) != receipt.ReasonTooLarge {
		t.Errorf("%v", err)
	}
	for _, name := range []string{"request", "statement", "signature", "signed_data", "time_stamp", "ocsp"} {
		long := read(t, []byte(evidence)).set(name, strings.Repeat("AAAA", 11<<10)).text()
		if _, err := w.verify(long, receipt.Options{}); simtrust.ReasonOf(err) != receipt.ReasonTooLarge {
			t.Errorf("a long %s: %v", name, err)
		}
	}
	for _, name := range s.names {
		if r, err := w.verify(read(t, []byte(evidence)).drop(name).text(), receipt.Options{}); err == nil || r.Valid {
			t.Errorf("without %s it passes", name)
		}
	}
}
