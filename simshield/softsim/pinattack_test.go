package softsim_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"simtrust/simshield/applet"
	"simtrust/simshield/ota"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

var forgetful = eeprom.Forgetful{}

// TestAttackPINBruteForce: three wrong tries end the key for good; the right PIN comes too late, and the other PINs are untouched.
func TestAttackPINBruteForce(t *testing.T) {
	b := signer(t)
	b.person.pins = []string{"000000", "111111", "222222", signingPIN}
	r := b.want(applet.Confirm{Statement: transfer(1)}, applet.PINBlocked)
	if r.Tries != 0 || len(b.person.pins) != 1 {
		t.Errorf("%d tries left, %d PINs not asked for", r.Tries, len(b.person.pins))
	}
	b.unseen(applet.Confirm{Statement: transfer(1)}, applet.PINBlocked)
	b.unseen(applet.Confirm{Statement: transfer(2)}, applet.PINBlocked)
	b.unseen(applet.Enrol{ID: applet.ID{8}, Kind: applet.KindTransaction, Algorithm: applet.P256, Party: "模拟银行"}, applet.PINBlocked)
	b.powerOn()
	b.unseen(applet.Confirm{Statement: transfer(3)}, applet.PINBlocked)
	if b.card.Tries(softsim.SIMPIN) != 3 || b.card.Tries(softsim.LoginPIN) != 3 {
		t.Error("another PIN lost tries")
	}
	b.enrol(applet.KindLogin, applet.P256)
}

// TestWrongPINIsAskedAgain: two wrong tries, then the right one gives them back.
func TestWrongPINIsAskedAgain(t *testing.T) {
	b := signer(t)
	b.person.pins = []string{"000000", "111111", signingPIN}
	if r := b.want(applet.Confirm{Statement: transfer(1)}, applet.Signed); r.Tries != 3 {
		t.Errorf("%d tries left", r.Tries)
	}
}

// TestAttackWrongPINs: none of these is the signing PIN, and each costs a try.
func TestAttackWrongPINs(t *testing.T) {
	for _, entered := range []string{simPIN, loginPIN, "1472580", "14725", "147258#", "14725800"} {
		b := signer(t)
		b.person.pins = []string{entered}
		b.want(applet.Confirm{Statement: transfer(1)}, applet.PINBlocked)
	}
}

// TestAttackTornSIMPIN loses power at every write of VERIFY, before and after it reaches the memory: a wrong try is never free, and
// the card never says 90 00.
func TestAttackTornSIMPIN(t *testing.T) {
	for _, kept := range []bool{false, true} {
		ram := &eeprom.RAM{}
		cardIn(t, ram)
		wrong := 0
		for ; wrong < 10; wrong++ {
			c, err := softsim.Resume(&eeprom.Torn{Memory: ram, Kept: kept}, ram.Records)
			if err != nil {
				t.Fatal(err)
			}
			if c.Tries(softsim.SIMPIN) == 0 {
				break
			}
			run(t, c, []exchange{{"nothing can be learned", verifyWrong, "6581"}, {"nor later", verifyRight, "6581"}})
		}
		if kept && wrong != softsim.MaxTries {
			t.Errorf("%d tries", wrong)
		}
		if !kept {
			// What was never written was never compared either.
			run(t, resumed(t, ram), []exchange{{"right", verifyRight, "9000"}})
		}
	}
}

func resumed(t *testing.T, ram *eeprom.RAM) *softsim.Card {
	t.Helper()
	c, err := softsim.Resume(ram, ram.Records)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAttackTornEverywhere plays a wrong and a right PIN on a transfer, and loses power at every write in turn. Afterwards the tries
// are no more than the wrong ones allow, no counter works twice, and a signature that exists is the one that is given.
func TestAttackTornEverywhere(t *testing.T) {
	for _, kept := range []bool{false, true} {
		for left := range 8 {
			t.Run(fmt.Sprintf("write %d kept %v", left, kept), func(t *testing.T) { torn(t, left, kept) })
		}
	}
}

func torn(t *testing.T, left int, kept bool) {
	ram := &eeprom.RAM{}
	b := newBench(t, cardIn(t, ram))
	b.enrol(applet.KindTransaction, applet.P256)
	before := b.counter

	memory := &eeprom.Torn{Memory: ram, Left: left + 2, Kept: kept} // two for the SIM PIN
	c, err := softsim.Resume(memory, ram.Records)
	if err != nil {
		t.Fatal(err)
	}
	b2 := newBench(t, c)
	b2.counter, b2.person.pins = before, []string{"000000", signingPIN}
	packet := b2.packet(applet.Confirm{Statement: transfer(1)}.Append(nil))
	accepted := !b2.deliver(packet).Failure
	finished := b2.phone.Settle(t.Context()) == nil && len(b2.sent) > 0
	toldWrong := strings.Contains(strings.Join(b2.person.seen, ""), "密码错误")

	after := newBench(t, resumed(t, ram))
	after.counter = b2.counter
	tries := after.card.Tries(softsim.SigningPIN)
	if accepted {
		after.open(after.reported(after.deliver(packet)), ota.CounterLow)
	}
	after.want(applet.Confirm{Statement: transfer(1)}, applet.Signed)
	signedBefore := len(after.person.seen) == 0
	if finished && !signedBefore {
		t.Error("a transfer that was signed is shown again")
	}
	if (toldWrong || kept && left == 1) && !signedBefore && tries != softsim.MaxTries-1 && tries != softsim.MaxTries-2 {
		t.Errorf("%d tries left after a wrong one", tries)
	}
}

// TestTornRewrite loses power while the memory is rewritten: it holds the old changes or the new state, and the tries are the same.
func TestTornRewrite(t *testing.T) {
	for _, kept := range []bool{false, true} {
		ram := &eeprom.RAM{}
		cardIn(t, ram)
		c, err := softsim.Resume(&rewriting{Memory: ram, torn: &eeprom.Torn{Memory: ram, Kept: kept}}, ram.Records)
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; !bytes.Equal(c.Transmit(unhex(t, "002000010831323334ffffffff")), []byte{0x65, 0x81}); n++ {
			if n > 5000 {
				t.Fatal("the memory is never rewritten")
			}
		}
		again := resumed(t, ram)
		if n := again.Tries(softsim.SIMPIN); n < softsim.MaxTries-1 || n > softsim.MaxTries {
			t.Errorf("%d tries", n)
		}
		ready(t, again)
	}
}

// rewriting loses power at the first Rewrite.
type rewriting struct {
	eeprom.Memory
	torn *eeprom.Torn
}

func (r *rewriting) Rewrite(record []byte) error { return r.torn.Rewrite(record) }

// TestDeadCard: after a failed write a card answers nothing more, though it looks as if only that write had failed.
func TestDeadCard(t *testing.T) {
	memory := &eeprom.Torn{Memory: &eeprom.RAM{}, Left: 1}
	c := cardIn(t, memory)
	run(t, c, []exchange{
		{"write", verifyRight, "6581"},
		{"no write", "00a4000c023f00", "6581"},
	})
	c.Reset()
	run(t, c, []exchange{{"after a reset", "00a4000c023f00", "6581"}})
	if _, err := softsim.New(&eeprom.Torn{Memory: &eeprom.RAM{}}, subscriber(t)); !errors.Is(err, eeprom.ErrTorn) {
		t.Errorf("personalisation: %v", err)
	}
}
