package milenage

import (
	"crypto/subtle"
	"errors"
)

// AUTN is the token by which the network proves itself: (SQN ⊕ AK) ‖ AMF ‖ MAC-A (TS 33.102 §6.3.2).
type AUTN [16]byte

// AUTS is the token by which a card reports its sequence number: (SQN_MS ⊕ AK*) ‖ MAC-S (TS 33.102 §6.3.3).
type AUTS [14]byte

// Vector is an authentication vector: a challenge with the answer that the card is to give.
type Vector struct {
	RAND   RAND
	AUTN   AUTN
	XRES   [8]byte
	CK, IK Key
}

// Answer is what a card concludes from a challenge that it accepts.
type Answer struct {
	SQN    SQN
	AMF    AMF
	RES    [8]byte
	CK, IK Key
}

// ErrMAC says that a token was not made with the subscriber's key, or for another challenge.
var ErrMAC = errors.New("milenage: the token's code is wrong")

// SyncError says that a challenge is authentic but its sequence number not fresh. Its AUTS goes back to the home network.
type SyncError struct{ AUTS AUTS }

func (*SyncError) Error() string { return "milenage: the sequence number is not fresh" }

// managementOfAUTS is the AMF under MAC-S: not sent, hence fixed (TS 33.102 §6.3.3).
var managementOfAUTS = AMF{}

// Vector makes the challenge for a RAND that was not used before and a number from [SQN.Next].
func (a *Algorithm) Vector(rand RAND, sqn SQN, amf AMF) Vector {
	c := a.start(rand)
	mac := c.out1(sqn, amf)
	res, ak := c.f2f5()
	v := Vector{RAND: rand, XRES: res, CK: c.f3(), IK: c.f4()}
	hide(v.AUTN[:6], sqn, ak)
	copy(v.AUTN[6:], amf[:])
	copy(v.AUTN[8:], mac[:8])
	return v
}

// Check reads a challenge as a card does before it looks at the sequence number. It fails with [ErrMAC].
func (a *Algorithm) Check(rand RAND, autn AUTN) (Answer, error) {
	c := a.start(rand)
	res, ak := c.f2f5()
	sqn, amf := reveal(autn[:6], ak), AMF(autn[6:8])
	mac := c.out1(sqn, amf)
	if subtle.ConstantTimeCompare(mac[:8], autn[8:]) != 1 {
		return Answer{}, ErrMAC
	}
	return Answer{SQN: sqn, AMF: amf, RES: res, CK: c.f3(), IK: c.f4()}, nil
}

// Authenticate answers a challenge as a card does (TS 33.102 §6.3.3) and marks its number in w. It fails with [ErrMAC] or a
// [*SyncError] and leaves w as it is.
func (a *Algorithm) Authenticate(w *Window, rand RAND, autn AUTN) (Answer, error) {
	answer, err := a.Check(rand, autn)
	if err != nil {
		return Answer{}, err
	}
	if !w.Accept(answer.SQN) {
		return Answer{}, &SyncError{AUTS: a.AUTS(rand, w.Highest())}
	}
	return answer, nil
}

// AUTS makes the token that reports a card's highest sequence number in answer to the challenge with rand.
func (a *Algorithm) AUTS(rand RAND, highest SQN) AUTS {
	var auts AUTS
	c := a.start(rand)
	mac := c.out1(highest, managementOfAUTS)
	hide(auts[:6], highest, c.f5Star())
	copy(auts[6:], mac[8:])
	return auts
}

// CheckAUTS returns the sequence number that a card reports in answer to the challenge with rand. It fails with [ErrMAC].
func (a *Algorithm) CheckAUTS(rand RAND, auts AUTS) (SQN, error) {
	c := a.start(rand)
	highest := reveal(auts[:6], c.f5Star())
	mac := c.out1(highest, managementOfAUTS)
	if subtle.ConstantTimeCompare(mac[8:], auts[6:]) != 1 {
		return 0, ErrMAC
	}
	return highest, nil
}

func hide(dst []byte, sqn SQN, ak [6]byte) {
	octets := sqn.Octets()
	subtle.XORBytes(dst, octets[:], ak[:])
}

func reveal(hidden []byte, ak [6]byte) SQN {
	subtle.XORBytes(ak[:], ak[:], hidden)
	return ParseSQN(ak)
}
