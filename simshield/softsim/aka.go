package softsim

import (
	"errors"

	"simtrust/internal/milenage"
)

// contextUMTS is P2 of AUTHENTICATE for the 3G security context (3GPP TS 31.102 §7.1.2).
const contextUMTS = 0x81

// tags of the answers to AUTHENTICATE.
const (
	tagAuthenticated = 0xdb
	tagOutOfSync     = 0xdc
)

// authenticate is AUTHENTICATE (3GPP TS 31.102 §7.1.2.1): L RAND L AUTN; the answer is RES, CK and IK, or AUTS. The sequence number
// is used up before the answer leaves.
func (c *Card) authenticate(cmd command) response {
	switch {
	case cmd.p1 != 0:
		return response{sw: swParameters}
	case cmd.p2 != contextUMTS:
		return response{sw: swContext}
	case c.selected.application != fileUSIM:
		return response{sw: swConditions}
	case !c.verified:
		return response{sw: swSecurity}
	case len(cmd.data) != 34 || cmd.data[0] != 16 || cmd.data[17] != 16:
		return response{sw: swLength}
	}
	return c.challenged(milenage.RAND(cmd.data[1:17]), milenage.AUTN(cmd.data[18:34]))
}

func (c *Card) challenged(rand milenage.RAND, autn milenage.AUTN) response {
	window := c.kept.window
	answer, err := milenage.New(c.kept.card.K, c.kept.card.OPc).Authenticate(&window, rand, autn)
	var sync *milenage.SyncError
	switch {
	case errors.As(err, &sync):
		return response{data: append([]byte{tagOutOfSync, byte(len(sync.AUTS))}, sync.AUTS[:]...), sw: swOK}
	case err != nil:
		return response{sw: swWrongMAC}
	}
	if !c.commit(change{SQN: &sqnChange{answer.SQN.IND(), answer.SQN.SEQ()}}) {
		return response{}
	}
	return response{data: authenticated(answer), sw: swOK}
}

// authenticated is DB, then RES, CK and IK, each with its length.
func authenticated(a milenage.Answer) []byte {
	b := append([]byte{tagAuthenticated, byte(len(a.RES))}, a.RES[:]...)
	b = append(append(b, byte(len(a.CK))), a.CK[:]...)
	return append(append(b, byte(len(a.IK))), a.IK[:]...)
}
