package softsim_test

import (
	"strings"
	"testing"

	"simtrust/simshield/applet"
)

func TestConfirmTransfer(t *testing.T) {
	for _, a := range []applet.Algorithm{applet.P256, applet.SM2} {
		t.Run(a.String(), func(t *testing.T) {
			b := newBench(t, newCard(t))
			e := b.enrol(applet.KindTransaction, a)
			b.person.seen, b.person.inputs = nil, nil
			statement := transfer(1)
			r := b.want(applet.Confirm{Statement: statement}, applet.Signed)
			if r.Tries != 3 {
				t.Errorf("%d tries left", r.Tries)
			}
			if err := verify(t, e, a, statement, r.Signature); err != nil {
				t.Error(err)
			}
			prompt, err := statement.Compose()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(b.person.seen, "\n"); got != prompt.Text {
				t.Errorf("shown %q, want %q", got, prompt.Text)
			}
			ask := b.person.inputs[0]
			if !ask.Hidden || !ask.Digits || !strings.Contains(ask.Text, prompt.VerificationCode(a)) {
				t.Errorf("asked %+v", ask)
			}
		})
	}
}
