package milenage_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"simtrust/internal/milenage"
)

var (
	k    = milenage.Key{0x46, 0x5b, 0x5c, 0xe8}
	opc  = milenage.Key{0xcd, 0x63, 0xcb, 0x71}
	rand = milenage.RAND{0x23, 0x55, 0x3c, 0xbe}
	amf  = milenage.AMF{0x80, 0x00}
)

// TestForgedAUTN changes every bit of a challenge.
func TestForgedAUTN(t *testing.T) {
	a := milenage.New(k, opc)
	v := a.Vector(rand, milenage.NewSQN(7, 1), amf)
	for bit := range 8 * len(v.AUTN) {
		forged := v.AUTN
		forged[bit/8] ^= 1 << (bit % 8)
		var w milenage.Window
		if _, err := a.Authenticate(&w, rand, forged); err != milenage.ErrMAC {
			t.Errorf("bit %d changed: %v", bit, err)
		}
		if w != (milenage.Window{}) {
			t.Errorf("bit %d changed: the window moved", bit)
		}
	}
}

func TestForeignChallenge(t *testing.T) {
	v := milenage.New(k, opc).Vector(rand, milenage.NewSQN(7, 1), amf)
	for name, c := range map[string]struct {
		k, opc milenage.Key
		rand   milenage.RAND
	}{
		"another K":    {milenage.Key{1}, opc, rand},
		"another OPc":  {k, milenage.Key{1}, rand},
		"another RAND": {k, opc, milenage.RAND{1}},
	} {
		if _, err := milenage.New(c.k, c.opc).Check(c.rand, v.AUTN); err != milenage.ErrMAC {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestForgedAUTS changes every bit of a card's report, and reads it for a challenge or a card that is not its own.
func TestForgedAUTS(t *testing.T) {
	a := milenage.New(k, opc)
	auts := a.AUTS(rand, milenage.NewSQN(900, 4))
	for bit := range 8 * len(auts) {
		forged := auts
		forged[bit/8] ^= 1 << (bit % 8)
		if sqn, err := a.CheckAUTS(rand, forged); err != milenage.ErrMAC || sqn != 0 {
			t.Errorf("bit %d changed: %x, %v", bit, sqn, err)
		}
	}
	if _, err := a.CheckAUTS(milenage.RAND{1}, auts); err != milenage.ErrMAC {
		t.Errorf("another challenge: %v", err)
	}
	if _, err := milenage.New(milenage.Key{1}, opc).CheckAUTS(rand, auts); err != milenage.ErrMAC {
		t.Errorf("another card: %v", err)
	}
}

// TestManagementOfAUTS: MAC-S under the AMF of the challenge, as some cards once did it, is not MAC-S.
func TestManagementOfAUTS(t *testing.T) {
	a := milenage.New(k, opc)
	highest := milenage.NewSQN(900, 4)
	auts := a.AUTS(rand, highest)
	mac := a.F1Star(rand, highest, amf)
	copy(auts[6:], mac[:])
	if _, err := a.CheckAUTS(rand, auts); err != milenage.ErrMAC {
		t.Errorf("MAC-S with the AMF of the challenge: %v", err)
	}
}

// TestResynchronisation follows a card that is ahead of its home network: the card asks, the network goes on from the card's number.
func TestResynchronisation(t *testing.T) {
	a := milenage.New(k, opc)
	var w milenage.Window
	if _, err := a.Authenticate(&w, rand, a.Vector(rand, milenage.NewSQN(5000, 9), amf).AUTN); err != nil {
		t.Fatal(err)
	}
	home, before := milenage.NewSQN(20, 9), w
	_, err := a.Authenticate(&w, rand, a.Vector(rand, home, amf).AUTN)
	sync, ok := errors.AsType[*milenage.SyncError](err)
	if !ok || w != before {
		t.Fatalf("an old number: %v; window moved: %t", err, w != before)
	}
	card, err := a.CheckAUTS(rand, sync.AUTS)
	if err != nil || card != milenage.NewSQN(5000, 9) {
		t.Fatalf("AUTS: %x, %v", card, err)
	}
	next, err := home.Resync(card).Next()
	if err != nil {
		t.Fatal(err)
	}
	answer, err := a.Authenticate(&w, rand, a.Vector(rand, next, amf).AUTN)
	if err != nil || answer.SQN != next || !answer.AMF.Separated() {
		t.Errorf("after it: %+v, %v", answer.SQN, err)
	}
}

func TestReplay(t *testing.T) {
	a := milenage.New(k, opc)
	v := a.Vector(rand, milenage.NewSQN(1, 1), amf)
	var w milenage.Window
	if _, err := a.Authenticate(&w, rand, v.AUTN); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Authenticate(&w, rand, v.AUTN); !errors.As(err, new(*milenage.SyncError)) {
		t.Errorf("the same challenge again: %v", err)
	}
}

func TestKeysDoNotPrint(t *testing.T) {
	a := milenage.New(k, opc)
	v := a.Vector(rand, milenage.NewSQN(1, 1), amf)
	answer, err := a.Check(rand, v.AUTN)
	if err != nil {
		t.Fatal(err)
	}
	for _, value := range []any{k, &k, a, *a, struct{ A *milenage.Algorithm }{a}, v, answer} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
			text := strings.ToLower(fmt.Sprintf(verb, value))
			for _, secret := range []string{"465b5ce8", "cd63cb71", "70 91 92 232", "205 99 203", "0x46, 0x5b", fmt.Sprintf("%x", v.CK[:]), fmt.Sprint([]byte(v.CK[:4]))[1:8]} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of %T shows a key: %s", verb, value, text)
				}
			}
		}
	}
}
