package milenage

import "errors"

// indexBits is the size of IND in every profile of TS 33.102 annex C.3.
const indexBits = 5

// Indices is the number of values of IND, and of the entries of a card's [Window].
const Indices = 1 << indexBits

// MaxJump is Δ of TS 33.102 annex C.2.1: how far a card's SEQ may rise at once.
const MaxJump = 1 << 28

const maxSEQ = 1<<(48-indexBits) - 1

// SQN is a sequence number of 48 bits: SEQ of 43 bits, then IND of 5 bits (TS 33.102 annex C.1.1.1).
type SQN uint64

// NewSQN puts a number together; what exceeds the size of a part is cut off.
func NewSQN(seq uint64, ind uint8) SQN { return SQN(seq&maxSEQ<<indexBits | uint64(ind)%Indices) }

// ParseSQN reads the six octets of a number.
func ParseSQN(b [6]byte) SQN {
	var s SQN
	for _, o := range b {
		s = s<<8 | SQN(o)
	}
	return s
}

// SEQ returns the part that only rises.
func (s SQN) SEQ() uint64 { return uint64(s) >> indexBits & maxSEQ }

// IND returns the entry of the card's [Window] that the number is held against.
func (s SQN) IND() uint8 { return uint8(s % Indices) }

// Octets returns the number as it stands in a token, before it is hidden.
func (s SQN) Octets() [6]byte { return [6]byte(s.append(make([]byte, 0, 6))) }

func (s SQN) append(dst []byte) []byte {
	return append(dst, byte(s>>40), byte(s>>32), byte(s>>24), byte(s>>16), byte(s>>8), byte(s))
}

// ErrExhausted says that a subscriber's sequence numbers are used up: the card needs a new key.
var ErrExhausted = errors.New("milenage: sequence numbers exhausted")

// Next returns the number that the home network uses after s (annex C.1.1.2 and C.1.2): the next SEQ, and the next IND in turn.
func (s SQN) Next() (SQN, error) {
	if s.SEQ() == maxSEQ {
		return 0, ErrExhausted
	}
	return NewSQN(s.SEQ()+1, s.IND()+1), nil
}

// Resync returns where the home network goes on after an authentic AUTS (TS 33.102 §6.3.5): at its own number s where the card would
// accept what follows it, else at the card's number.
func (s SQN) Resync(card SQN) SQN {
	if s.SEQ() >= card.SEQ() && s.SEQ()-card.SEQ() < MaxJump {
		return s
	}
	return card
}

// Window is a card's memory: the highest SEQ that it accepted for each IND (annex C.2.2). The zero value is a new card's.
type Window [Indices]uint64

// Highest returns SQN_MS, the highest number that the card accepted.
func (w *Window) Highest() SQN {
	best := 0
	for i, seq := range w {
		if seq > w[best] {
			best = i
		}
	}
	return NewSQN(w[best], uint8(best))
}

// Accept takes a number that is fresh: its SEQ exceeds that of its IND, and the highest of all by [MaxJump] at most. Any other leaves
// the window as it is.
func (w *Window) Accept(s SQN) bool {
	highest := w.Highest().SEQ()
	if s.SEQ() <= w[s.IND()] || s.SEQ() > highest+MaxJump {
		return false
	}
	w[s.IND()] = s.SEQ()
	return true
}
