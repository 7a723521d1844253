package softsim_test

import (
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"simtrust/internal/milenage"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

// vectors are those of package milenage.
func vectors(t *testing.T) (sets []map[string]any, resync map[string]any) {
	t.Helper()
	octets, err := os.ReadFile("../../internal/milenage/testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Milenage []map[string]any
		AUTS     []map[string]any `json:"milenage_auts"`
	}
	if err := json.Unmarshal(octets, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Milenage) == 0 || len(all.AUTS) == 0 {
		t.Fatal("no vectors")
	}
	return all.Milenage, all.AUTS[0]
}

// subscribed is a card with the keys of a vector that has accepted the number before.
func subscribed(t *testing.T, k, opc string, before milenage.SQN) *softsim.Card {
	t.Helper()
	p := subscriber(t)
	p.K, p.OPc = milenage.Key(unhex(t, k)), milenage.Key(unhex(t, opc))
	ram := &eeprom.RAM{}
	if _, err := softsim.New(ram, p); err != nil {
		t.Fatal(err)
	}
	used := fmt.Sprintf(`[{"sqn":{"ind":%d,"seq":%d}}]`, before.IND(), before.SEQ())
	c, err := softsim.Resume(ram, append(ram.Records, []byte(used)))
	if err != nil {
		t.Fatal(err)
	}
	ready(t, c)
	return c
}

const (
	set19RAND = "81e92b6c0ee0e12ebceba8d92a99dfa5"
	anyAUTN   = "bb52e91c747ac3ab2a5c23d15ee351d5"
)

// TestAuthenticateVectors puts the published AK and MAC-A of each set into a token, and wants its RES, CK and IK.
func TestAuthenticateVectors(t *testing.T) {
	sets, _ := vectors(t)
	for _, v := range sets {
		of := func(name string) string { return v[name].(string) }
		sqn := milenage.ParseSQN([6]byte(unhex(t, of("sqn"))))
		c := subscribed(t, of("k"), of("opc"), milenage.NewSQN(sqn.SEQ()-1, sqn.IND()))
		hidden := unhex(t, of("sqn"))
		subtle.XORBytes(hidden, hidden, unhex(t, of("f5")))
		autn := hex.EncodeToString(hidden) + of("amf") + of("f1")
		answer := "db 08" + of("f2") + "10" + of("f3") + "10" + of("f4") + "9000"
		run(t, c, []exchange{
			{"set", authenticate(of("rand"), autn), answer},
			{"set again", authenticate(of("rand"), autn), "dc…"},
		})
	}
}

// TestResynchronisationVector wants the published AUTS for a number that the card has passed.
func TestResynchronisationVector(t *testing.T) {
	_, v := vectors(t)
	of := func(name string) string { return v[name].(string) }
	card := milenage.ParseSQN([6]byte(unhex(t, of("sqn_ms"))))
	c := subscribed(t, of("k"), of("opc"), card)
	network := milenage.New(milenage.Key(unhex(t, of("k"))), milenage.Key(unhex(t, of("opc"))))
	stale := network.Vector(milenage.RAND(unhex(t, of("rand"))), card, milenage.AMF{})
	run(t, c, []exchange{{"stale", authenticate(of("rand"), hex.EncodeToString(stale.AUTN[:])), "dc0e" + of("auts") + "9000"}})
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

func TestAuthenticateRefusals(t *testing.T) {
	c := newCard(t)
	good := authenticate(set19RAND, anyAUTN)
	run(t, c, []exchange{
		{"no application", good, "6985"},
		{"USIM", selectUSIM, "9000"},
		{"no SIM PIN", good, "6982"},
		{"SIM PIN", verifyRight, "9000"},
		{"GSM context", "0088008010" + set19RAND, "9864"},
		{"P1", strings.Replace(good, "00880081", "00880181", 1), "6a86"},
		{"no AUTN", "0088008111 10" + set19RAND, "6700"},
		{"short RAND", "0088008121 0f" + set19RAND[2:] + "10" + anyAUTN, "6700"},
		{"long AUTN", "0088008123 10" + set19RAND + "11" + anyAUTN + "00", "6700"},
		{"lengths swapped", "0088008122 11" + set19RAND + "0f" + anyAUTN, "6700"},
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
