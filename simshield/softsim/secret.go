package softsim

import (
	"crypto/subtle"
	"fmt"
	"io"
	"log/slog"
)

// PIN is a secret of 4 to 8 digits that a person knows. It prints as a word, whatever the verb.
type PIN string

// Format writes a word in place of the digits.
func (PIN) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "PIN") }

// LogValue implements [slog.LogValuer].
func (PIN) LogValue() slog.Value { return slog.StringValue("PIN") }

const (
	pinLeast = 4
	pinMost  = 8
)

func (p PIN) valid() bool { return len(p) >= pinLeast && len(p) <= pinMost && decimal(string(p)) }

// block returns the eight octets of a PIN as it is stored and sent: digits, then FF (ETSI TS 102 221 §9.5.1).
func (p PIN) block() [pinMost]byte {
	b := [pinMost]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	copy(b[:], p)
	return b
}

// entered is the block of what a person typed. What cannot be a PIN at all equals none.
func (p PIN) entered() [pinMost]byte {
	if !p.valid() {
		return [pinMost]byte{}
	}
	return p.block()
}

// equal takes the same time whatever the digits and however many.
func (p PIN) equal(entered [pinMost]byte) bool {
	own := p.block()
	return subtle.ConstantTimeCompare(own[:], entered[:]) == 1
}

// parsePIN reads the eight octets of a PIN that is to be set.
func parsePIN(b []byte) (PIN, bool) {
	n := 0
	for n < len(b) && b[n] != 0xff {
		n++
	}
	p := PIN(b[:n])
	return p, len(b) == pinMost && p.valid() && p.block() == [pinMost]byte(b)
}

func decimal(s string) bool {
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return s != ""
}
