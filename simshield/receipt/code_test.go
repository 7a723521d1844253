package receipt_test

import (
	"fmt"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/receipt"
)

// TestWrongVerificationCode: the code that the bank's page shows must be the one that the phone showed, which is that of what the card
// signed. A receipt with any other one fails at that step, even where the responder seals it.
func TestWrongVerificationCode(t *testing.T) {
	w := newWorld(t)
	for _, a := range algorithms {
		transacts, logsIn := w.cards[card{a, applet.KindTransaction}].cert, w.cards[card{a, applet.KindLogin}].cert
		f := w.facts(a, statement(transfer()), claims(transfer()))
		evidence := w.seal(f)
		if r, err := w.verify(evidence, receipt.Options{}); err != nil {
			t.Fatalf("%s: the right code: %v %+v", a, err, r.Steps)
		}
		replayed := statement(transfer())
		replayed.Nonce[0]++ // the same order asked again
		right, other := codeOf(t, a, statement(transfer())), codeOf(t, a, replayed)
		for name, code := range map[string]string{
			"of another prompt for the order": other, "of the other algorithm": codeOf(t, 3-a, statement(transfer())), "none": "",
			"one digit": next(right, 3), "the first digit": next(right, 0), "a space": right + " ", "short": right[:3],
		} {
			t.Run(fmt.Sprint(a, " ", name), func(t *testing.T) {
				w.refused(t, w.reseal(read(t, evidence).set("verification_code", code), transacts, a), "code")
			})
		}
		hashed := w.hashed(a)
		wrong := next(applet.VerificationCode(hashed.Hash), 2)
		w.refused(t, w.reseal(read(t, w.seal(hashed)).set("verification_code", wrong), logsIn, a), "code")
	}
}

// codeOf is what the phone shows with a statement.
func codeOf(t *testing.T, a applet.Algorithm, s applet.Statement) string {
	t.Helper()
	prompt, err := s.Compose()
	if err != nil {
		t.Fatal(err)
	}
	return prompt.VerificationCode(a)
}

// next is a code with another digit at a place.
func next(code string, at int) string {
	other := []byte(code)
	other[at] = '0' + (other[at]-'0'+1)%10
	return string(other)
}
