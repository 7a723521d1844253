package softsim

// PINRef names one of the three PINs. They have separate try counters.
type PINRef uint8

// The PINs of a card. The SIM PIN opens the telephone functions by VERIFY. The other two are asked by the applets and by nothing
// else: no command of the terminal verifies, changes or unblocks them.
const (
	SIMPIN PINRef = iota
	LoginPIN
	SigningPIN
)

const pinCount = 3

// MaxTries is the number of wrong tries that blocks a PIN. Blocked is final: there is no PUK.
const MaxTries = 3

// pinSIM is the reference of the SIM PIN in P2 (ETSI TS 102 221 §9.5.1: application PIN 1).
const pinSIM = 0x01

type pin struct {
	code  PIN
	tries uint8
}

// try compares what was entered. The try is taken away durably before the comparison, so that a loss of power at any instant gives
// none back. The caller returns the tries with [Card.restore] in the record of what the PIN was for.
func (c *Card) try(ref PINRef, entered [pinMost]byte) bool {
	left := c.kept.pins[ref].tries
	if left == 0 || !c.commit(change{Tries: &triesChange{ref, left - 1}}) {
		return false
	}
	return c.kept.pins[ref].code.equal(entered)
}

// restore is the change that gives a PIN its tries back.
func restore(ref PINRef) change { return change{Tries: &triesChange{ref, MaxTries}} }

// Tries returns how many wrong tries a PIN has left.
func (c *Card) Tries(ref PINRef) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return int(c.kept.pins[ref].tries)
}

// verify is VERIFY PIN (ETSI TS 102 221 §11.1.9). Without data it tells the tries left.
func (c *Card) verify(cmd command) response {
	switch {
	case cmd.p1 != 0:
		return response{sw: swParameters}
	case cmd.p2 != pinSIM:
		return response{sw: swReference}
	case len(cmd.data) == 0:
		return response{sw: c.triesStatus()}
	case len(cmd.data) != pinMost:
		return response{sw: swLength}
	}
	return c.present(cmd.data)
}

// changePIN is CHANGE PIN (ETSI TS 102 221 §11.1.10): the old one, then the new one.
func (c *Card) changePIN(cmd command) response {
	switch {
	case cmd.p1 != 0:
		return response{sw: swParameters}
	case cmd.p2 != pinSIM:
		return response{sw: swReference}
	case len(cmd.data) != 2*pinMost:
		return response{sw: swLength}
	}
	code, ok := parsePIN(cmd.data[pinMost:])
	if !ok {
		return response{sw: swData}
	}
	return c.present(cmd.data[:pinMost], change{Code: &codeChange{SIMPIN, string(code)}})
}

// present checks the SIM PIN, and makes further changes where it is right.
func (c *Card) present(entered []byte, further ...change) response {
	switch {
	case c.kept.pins[SIMPIN].tries == 0:
		return response{sw: swBlocked}
	case !c.try(SIMPIN, [pinMost]byte(entered)):
		c.verified = false
		return response{sw: swTriesLeft | status(c.kept.pins[SIMPIN].tries)}
	}
	c.verified = c.commit(append(further, restore(SIMPIN))...)
	return response{sw: swOK}
}

// unblockPIN is UNBLOCK PIN (ETSI TS 102 221 §11.1.13). The card has no unblocking code, so it says that one is blocked.
func (c *Card) unblockPIN(command) response { return response{sw: swBlocked} }

func (c *Card) triesStatus() status {
	switch left := c.kept.pins[SIMPIN].tries; {
	case c.verified:
		return swOK
	case left == 0:
		return swBlocked
	default:
		return swTriesLeft | status(left)
	}
}
