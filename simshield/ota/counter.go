package ota

import "errors"

// Counter is the replay counter of one card and key set: 40 bits that only rise.
type Counter uint64

const counterLength = 5

const (
	// Blocked is the counter that ends a key set: a card that has reached it refuses everything (TS 102 225 §5.1.4).
	Blocked Counter = 1<<(8*counterLength) - 1
	// Ceiling is the highest counter sent. The gap to Blocked is out of reach of any jump, so a key set is replaced in time.
	Ceiling = Blocked - 1<<24
)

// ErrExhausted reports a key set that has used up its counters; the card needs new keys.
var ErrExhausted = errors.New("ota: the counters of the key set are used up")

// Next returns the counter that is step higher: 1, or the configured gap after a restore or an authenticated CounterLow. The
// error is ErrExhausted. The result must be stored durably before a packet with it leaves.
func (c Counter) Next(step uint32) (Counter, error) {
	next := c + Counter(step)
	if step == 0 || c > Ceiling || next > Ceiling {
		return 0, ErrExhausted
	}
	return next, nil
}

// accept compares the counter of a command with the last one accepted (TS 102 225 §5.1.1, §5.1.4).
func (s SPI) accept(last, got Counter) Status {
	switch {
	case last >= Blocked || got >= Blocked:
		return CounterBlocked
	case got <= last:
		return CounterLow
	case s&Sequential != 0 && got != last+1:
		return CounterHigh
	}
	return OK
}

func (c Counter) put(b []byte) {
	b[0], b[1], b[2], b[3], b[4] = byte(c>>32), byte(c>>24), byte(c>>16), byte(c>>8), byte(c)
}

func counterOf(b []byte) Counter {
	return Counter(b[0])<<32 | Counter(b[1])<<24 | Counter(b[2])<<16 | Counter(b[3])<<8 | Counter(b[4])
}
