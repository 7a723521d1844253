package softsim_test

import (
	"testing"

	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
)

// FuzzTransmit sends a card any commands, cut from the input by a length octet each. It always answers two octets at least and 258 at
// most, gives no PIN tries back but for the SIM PIN's right digits, and never has a key.
func FuzzTransmit(f *testing.F) {
	f.Fuzz(func(t *testing.T, input []byte) {
		c := cardIn(t, forgetful)
		for len(input) > 0 {
			n := min(int(input[0]), len(input)-1)
			if got := len(c.Transmit(input[1 : 1+n])); got < 2 || got > 258 {
				t.Fatalf("%d octets for % x", got, input[1:1+n])
			}
			input = input[1+n:]
		}
		if c.Tries(softsim.LoginPIN) != 3 || c.Tries(softsim.SigningPIN) != 3 {
			t.Error("a PIN of an applet lost tries")
		}
	})
}

// FuzzResume powers on a card with any memory after its personalisation. What powers on works, and does not let a signature go.
func FuzzResume(f *testing.F) {
	ram := &eeprom.RAM{}
	cardIn(f, ram)
	f.Fuzz(func(t *testing.T, record []byte) {
		c, err := softsim.Resume(forgetful, [][]byte{ram.Records[0], record})
		if err != nil {
			return
		}
		c.Transmit(unhex(t, "00200001083132333400000000"))
		for ref := softsim.SIMPIN; ref <= softsim.SigningPIN; ref++ {
			if n := c.Tries(ref); n < 0 || n > softsim.MaxTries {
				t.Errorf("%d tries", n)
			}
		}
	})
}

// FuzzCommand hands any command to an applet in a packet of the right keys. Every answer is a response, and with the wrong PIN none
// is a signature.
func FuzzCommand(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 4096 {
			return
		}
		b := newBench(t, cardIn(t, forgetful))
		b.person.pins = []string{"000000"}
		b.deliver(b.packet(data))
		for _, r := range b.settle() {
			if r.Signature != nil || r.Enrolment != nil {
				t.Errorf("signed without the PIN: %+v", r)
			}
		}
	})
}
