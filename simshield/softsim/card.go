package softsim

import (
	"errors"
	"fmt"
	"io"
	"sync"

	"simtrust/simshield/ota"
	"simtrust/simshield/softsim/eeprom"
)

// Card is a SIM with power on. It is safe for concurrent use and carries out one command at a time.
type Card struct {
	mu     sync.Mutex
	memory eeprom.Memory
	kept   state
	grown  int  // octets appended since the memory was last rewritten
	dead   bool // a write failed: what is in the memory is not known
	session
}

// session is what a card forgets at a reset.
type session struct {
	selected selection
	verified bool   // SIM PIN
	waiting  []byte // what GET RESPONSE yields
	toolkit  toolkit
}

// Format writes a word in place of the card.
func (*Card) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "card") }

// Create makes the card at path, which must not exist.
func Create(path string, p Personalisation) (*Card, error) {
	record, err := firstRecord(p)
	if err != nil {
		return nil, err
	}
	m, err := eeprom.CreateFile(path, record)
	if err != nil {
		return nil, err
	}
	return Resume(m, [][]byte{record})
}

// Open opens the card at path as its last power-off left it. The error is [eeprom.ErrDamaged], [eeprom.ErrInUse] or one of the file
// system.
func Open(path string) (*Card, error) {
	m, records, err := eeprom.OpenFile(path)
	if err != nil {
		return nil, err
	}
	c, err := Resume(m, records)
	if err != nil {
		return nil, errors.Join(err, m.Close())
	}
	return c, nil
}

// New makes a card in an empty memory.
func New(m eeprom.Memory, p Personalisation) (*Card, error) {
	record, err := firstRecord(p)
	if err != nil {
		return nil, err
	}
	if err := m.Append(record); err != nil {
		return nil, err
	}
	return Resume(m, [][]byte{record})
}

// Resume powers on the card whose memory holds records.
func Resume(m eeprom.Memory, records [][]byte) (*Card, error) {
	c := &Card{memory: m}
	for _, r := range records {
		if err := c.kept.replay(r); err != nil {
			return nil, fmt.Errorf("softsim: %w: %w", eeprom.ErrDamaged, err)
		}
		c.grown += len(r)
	}
	if c.kept.card == nil {
		return nil, fmt.Errorf("softsim: %w: not personalised", eeprom.ErrDamaged)
	}
	return c, nil
}

// Close closes the memory; the card answers nothing any more.
func (c *Card) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dead = true
	return c.memory.Close()
}

// Reset is power off and on, or a warm reset: what was under way is forgotten.
func (c *Card) Reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session = session{}
}

// ICCID returns the number printed on the card.
func (c *Card) ICCID() string { return c.kept.card.ICCID }

// IMSI returns the subscription.
func (c *Card) IMSI() string { return c.kept.card.IMSI }

// Counter returns the counter accepted last under a key set, 1 to 15.
func (c *Card) Counter(keySet int) ota.Counter {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.counters[keySet]
}

// Transmit carries out one command APDU and returns the response APDU: data, then SW1 SW2.
func (c *Card) Transmit(apdu []byte) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.execute(apdu)
	if c.dead {
		r = response{sw: swMemory}
	}
	if r.sw == swOK {
		r.sw = c.toolkit.final()
	}
	return append(r.data[:len(r.data):len(r.data)], r.sw.octets()...)
}

func (c *Card) execute(apdu []byte) response {
	if c.dead {
		return response{}
	}
	cmd, sw := parseCommand(apdu)
	if sw != swOK {
		return response{sw: sw}
	}
	run, sw := find(cmd)
	if sw != swOK {
		return response{sw: sw}
	}
	if cmd.ins != insGetResponse {
		c.waiting = nil
	}
	return c.deliver(cmd, run(c, cmd))
}

// deliver holds the data of a response against what the command expects (ETSI TS 102 221 §7.3.1.1). A command that brought data
// itself is not to be sent again, so GET RESPONSE fetches what its Le has no room for.
func (c *Card) deliver(cmd command, r response) response {
	n := len(r.data)
	switch {
	case n <= cmd.le:
		return r
	case len(cmd.data) == 0 && cmd.le > 0:
		return response{sw: swWrongLe | status(n&0xff)}
	}
	c.waiting = r.data
	if r.sw == swOK {
		r.sw = swMoreData | status(n&0xff)
	}
	return response{sw: r.sw}
}

// getResponse yields what the command before left.
func (c *Card) getResponse(cmd command) response {
	switch n := len(c.waiting); {
	case cmd.p1 != 0 || cmd.p2 != 0:
		return response{sw: swParameters}
	case n == 0:
		return response{sw: swConditions}
	case cmd.le != n && !(cmd.le == 256):
		return response{sw: swWrongLe | status(n&0xff)}
	}
	data := c.waiting
	c.waiting = nil
	return response{data: data, sw: swOK}
}
