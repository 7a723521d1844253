package milenage_test

import (
	"testing"

	"simtrust/internal/milenage"
)

const maxSEQ = 1<<43 - 1

func TestSQNParts(t *testing.T) {
	s := milenage.ParseSQN([6]byte{0xff, 0x9b, 0xb4, 0xd0, 0xb6, 0x07})
	if s.SEQ() != 0xff9bb4d0b607>>5 || s.IND() != 7 || s != milenage.NewSQN(s.SEQ(), s.IND()) {
		t.Errorf("SEQ %x, IND %d", s.SEQ(), s.IND())
	}
	if s.Octets() != [6]byte{0xff, 0x9b, 0xb4, 0xd0, 0xb6, 0x07} {
		t.Errorf("octets %x", s.Octets())
	}
}

func TestNext(t *testing.T) {
	for from, want := range map[milenage.SQN]milenage.SQN{
		milenage.NewSQN(0, 0):            milenage.NewSQN(1, 1),
		milenage.NewSQN(31, 31):          milenage.NewSQN(32, 0),
		milenage.NewSQN(maxSEQ-1, 31):    milenage.NewSQN(maxSEQ, 0),
		milenage.NewSQN(0x1FFFFFFFF, 17): milenage.NewSQN(0x200000000, 18),
	} {
		if got, err := from.Next(); err != nil || got != want {
			t.Errorf("after %x: %x, want %x: %v", from, got, want, err)
		}
	}
	if got, err := milenage.NewSQN(maxSEQ, 3).Next(); err != milenage.ErrExhausted || got != 0 {
		t.Errorf("after the last: %x, %v", got, err)
	}
}

func TestWindow(t *testing.T) {
	var filled milenage.Window
	for _, s := range []milenage.SQN{milenage.NewSQN(100, 1), milenage.NewSQN(103, 2), milenage.NewSQN(101, 3)} {
		if !filled.Accept(s) {
			t.Fatalf("%x refused", s)
		}
	}
	for name, c := range map[string]struct {
		sqn  milenage.SQN
		want bool
	}{
		"the next":                      {milenage.NewSQN(104, 4), true},
		"late, its IND unused":          {milenage.NewSQN(1, 5), true},
		"late, above its IND":           {milenage.NewSQN(102, 3), true},
		"a jump of the limit":           {milenage.NewSQN(103+milenage.MaxJump, 0), true},
		"the highest again":             {milenage.NewSQN(103, 2), false},
		"the same as its IND":           {milenage.NewSQN(101, 3), false},
		"below its IND":                 {milenage.NewSQN(99, 1), false},
		"zero":                          {milenage.NewSQN(0, 6), false},
		"a jump beyond the limit":       {milenage.NewSQN(104+milenage.MaxJump, 0), false},
		"a jump to the end":             {milenage.NewSQN(maxSEQ, 0), false},
		"the limit counted from an IND": {milenage.NewSQN(104+milenage.MaxJump, 2), false},
	} {
		w := filled
		if got := w.Accept(c.sqn); got != c.want {
			t.Errorf("%s: accepted %t", name, got)
		}
		if !c.want && w != filled {
			t.Errorf("%s: refused, but the window moved", name)
		}
		if c.want && w.Accept(c.sqn) {
			t.Errorf("%s: accepted twice", name)
		}
	}
	if got := filled.Highest(); got != milenage.NewSQN(103, 2) {
		t.Errorf("the highest is %x", got)
	}
}

// TestResync holds that the card accepts what the home network sends after an AUTS, wherever both stand.
func TestResync(t *testing.T) {
	for name, c := range map[string]struct{ home, card, want milenage.SQN }{
		"the card is ahead":        {milenage.NewSQN(5, 5), milenage.NewSQN(900, 7), milenage.NewSQN(900, 7)},
		"the network is ahead":     {milenage.NewSQN(905, 5), milenage.NewSQN(900, 7), milenage.NewSQN(905, 5)},
		"both alike":               {milenage.NewSQN(900, 5), milenage.NewSQN(900, 7), milenage.NewSQN(900, 5)},
		"the network is too far":   {milenage.NewSQN(900+milenage.MaxJump, 5), milenage.NewSQN(900, 7), milenage.NewSQN(900, 7)},
		"the network is just near": {milenage.NewSQN(899+milenage.MaxJump, 5), milenage.NewSQN(900, 7), milenage.NewSQN(899+milenage.MaxJump, 5)},
	} {
		got := c.home.Resync(c.card)
		if got != c.want {
			t.Errorf("%s: %x, want %x", name, got, c.want)
		}
		next, err := got.Next()
		w := milenage.Window{}
		w[c.card.IND()] = c.card.SEQ()
		if err != nil || !w.Accept(next) {
			t.Errorf("%s: the card refuses what follows: %v", name, err)
		}
	}
}

func TestSeparationBit(t *testing.T) {
	if (milenage.AMF{0x7F, 0xFF}).Separated() || !(milenage.AMF{0x80, 0x00}).Separated() {
		t.Error("the separation bit is the highest of the first octet")
	}
}
