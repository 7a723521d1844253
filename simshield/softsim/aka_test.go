package softsim_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"simtrust/internal/milenage"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

// Test set 19 (3GPP TS 35.208; RFC 5448 case 1).
const (
	set19RAND = "81e92b6c0ee0e12ebceba8d92a99dfa5"
	set19AUTN = "bb52e91c747ac3ab2a5c23d15ee351d5"
	set19     = "db 08 28d7b0f2a2ec3de5 10 5349fbe098649f948f5d2e973a81c00f 10 9744871ad32bf9bbd1dd5ce54e3e2e5a 9000"
	set19SQN  = 0x16f3b3f70fc2
)

// primed is a card that has accepted a number just below set 19's, for a jump of more than 2^28 is out of its window.
func primed(t *testing.T) *softsim.Card {
	t.Helper()
	c := newCard(t)
	ready(t, c)
	for sqn := milenage.SQN(0); sqn.SEQ() < set19SQN>>5-1; {
		sqn = milenage.NewSQN(min(sqn.SEQ()+milenage.MaxJump, set19SQN>>5-1), 0)
		challenge(t, c, sqn, "db…")
	}
	return c
}

func ready(t *testing.T, c *softsim.Card) {
	t.Helper()
	run(t, c, []exchange{{"USIM", selectUSIM, "9000"}, {"SIM PIN", verifyRight, "9000"}})
}

func authenticate(rand, autn string) string {
	return "0088008122 10" + rand + "10" + autn + "00"
}

// challenge sends a challenge with a number under the card's keys, and holds the answer.
func challenge(t *testing.T, c *softsim.Card, sqn milenage.SQN, want string) {
	t.Helper()
	v := network(t).Vector(milenage.RAND(unhex(t, set19RAND)), sqn, milenage.AMF{})
	run(t, c, []exchange{{"challenge", authenticate(set19RAND, hex.EncodeToString(v.AUTN[:])), want}})
}

func network(t *testing.T) *milenage.Algorithm {
	t.Helper()
	p := subscriber(t)
	return milenage.New(p.K, p.OPc)
}

func TestAuthenticateVector(t *testing.T) {
	run(t, primed(t), []exchange{{"test set 19", authenticate(set19RAND, set19AUTN), set19}})
}

func TestAuthenticateRefusals(t *testing.T) {
	c := newCard(t)
	good := authenticate(set19RAND, set19AUTN)
	run(t, c, []exchange{
		{"no application", good, "6985"},
		{"USIM", selectUSIM, "9000"},
		{"no SIM PIN", good, "6982"},
		{"SIM PIN", verifyRight, "9000"},
		{"GSM context", "0088008010" + set19RAND, "9864"},
		{"P1", strings.Replace(good, "00880081", "00880181", 1), "6a86"},
		{"no AUTN", "0088008111 10" + set19RAND, "6700"},
		{"short RAND", "0088008121 0f" + set19RAND[2:] + "10" + set19AUTN, "6700"},
		{"long AUTN", "0088008123 10" + set19RAND + "11" + set19AUTN + "00", "6700"},
		{"lengths swapped", "0088008122 11" + set19RAND + "0f" + set19AUTN, "6700"},
		{"the MF is no application", "00a4000c023f00", "9000"},
		{"but the USIM stays the current one", authenticate(set19RAND, strings.Repeat("00", 16)), "9862"},
	})
}

// TestAttackWrongMAC changes every bit of a token: where the number is read from, the AMF, the code.
func TestAttackWrongMAC(t *testing.T) {
	c := newCard(t)
	ready(t, c)
	v := network(t).Vector(milenage.RAND(unhex(t, set19RAND)), milenage.NewSQN(1, 1), milenage.AMF{0x80})
	for bit := range 8 * len(v.AUTN) {
		forged := v.AUTN
		forged[bit/8] ^= 1 << (bit % 8)
		run(t, c, []exchange{{"forged", authenticate(set19RAND, hex.EncodeToString(forged[:])), "9862"}})
	}
	run(t, c, []exchange{{"the number was not used up", authenticate(set19RAND, hex.EncodeToString(v.AUTN[:])), "db…"}})
}

// TestAttackSQN: a number works once, within its window, and the network learns from AUTS where the card is.
func TestAttackSQN(t *testing.T) {
	c := newCard(t)
	ready(t, c)
	at := milenage.NewSQN(100, 3)
	challenge(t, c, at, "db…")
	outside := map[string]milenage.SQN{
		"again":                   at,
		"lower":                   milenage.NewSQN(99, 3),
		"too far ahead":           milenage.NewSQN(101+milenage.MaxJump, 4),
		"zero":                    0,
		"the highest that exists": 1<<48 - 1,
	}
	for name, sqn := range outside {
		t.Run(name, func(t *testing.T) {
			rand := milenage.RAND(unhex(t, set19RAND))
			v := network(t).Vector(rand, sqn, milenage.AMF{})
			got := c.Transmit(unhex(t, strings.ReplaceAll(authenticate(set19RAND, hex.EncodeToString(v.AUTN[:])), " ", "")))
			if len(got) != 18 || got[0] != 0xdc || got[1] != 14 {
				t.Fatalf("% x, want AUTS", got)
			}
			card, err := network(t).CheckAUTS(rand, milenage.AUTS(got[2:16]))
			if err != nil || card != at {
				t.Errorf("the card is at %d, %v, want %d", card, err, at)
			}
		})
	}
	challenge(t, c, milenage.NewSQN(100, 4), "db…") // another entry of the window
	challenge(t, c, milenage.NewSQN(101, 3), "db…")
}

// TestAttackSQNOverPowerLoss tears the one write of AUTHENTICATE: RES never leaves with a number that would work again.
func TestAttackSQNOverPowerLoss(t *testing.T) {
	for _, kept := range []bool{false, true} {
		ram := &eeprom.RAM{}
		cardIn(t, ram)
		c, err := softsim.Resume(&eeprom.Torn{Memory: ram, Left: 2, Kept: kept}, ram.Records) // two for VERIFY
		if err != nil {
			t.Fatal(err)
		}
		ready(t, c)
		challenge(t, c, milenage.NewSQN(5, 0), "6581")
		run(t, c, []exchange{{"nothing works any more", "00200001", "6581"}})
		again, err := softsim.Resume(ram, ram.Records)
		if err != nil {
			t.Fatal(err)
		}
		ready(t, again)
		if kept {
			challenge(t, again, milenage.NewSQN(5, 0), "dc…")
		} else {
			challenge(t, again, milenage.NewSQN(5, 0), "db…")
		}
	}
}
