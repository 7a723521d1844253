package status

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"simtrust/ca"
)

// entry is a revoked certificate, in little room: a node that publishes holds all of them.
type entry struct {
	serial         [20]byte
	length, reason uint8
	at, expires    int64 // seconds since 1970
}

func (e *entry) number() []byte { return e.serial[:e.length] }

// list is what the register said about a shard: its entries in the order of their serial numbers, and the counter they stand for.
type list struct {
	entries []entry
	change  int64
	since   time.Time // certificates that expired before have been dropped
}

// merge takes over changes and the counter that they lead to. Of several changes to one certificate the last counts.
func (l *list) merge(changes []ca.Revocation, change int64) error {
	slices.SortFunc(changes, func(a, b ca.Revocation) int {
		if c := bytes.Compare(a.Serial, b.Serial); c != 0 {
			return c
		}
		return int(b.Change - a.Change)
	})
	changes = slices.CompactFunc(changes, func(a, b ca.Revocation) bool { return bytes.Equal(a.Serial, b.Serial) })
	merged := make([]entry, 0, len(l.entries)+len(changes))
	rest := l.entries
	for _, c := range changes {
		if len(c.Serial) == 0 || len(c.Serial) > len(entry{}.serial) {
			return fmt.Errorf("a serial number of %d octets", len(c.Serial))
		}
		at, same := slices.BinarySearchFunc(rest, c.Serial, func(e entry, serial []byte) int { return bytes.Compare(e.number(), serial) })
		merged = append(merged, rest[:at]...)
		if rest = rest[at:]; same {
			rest = rest[1:]
		}
		if c.Reason != ca.RemoveFromCRL {
			merged = append(merged, newEntry(c))
		}
	}
	l.entries, l.change = append(merged, rest...), max(change, l.change)
	return nil
}

func newEntry(c ca.Revocation) entry {
	e := entry{length: uint8(len(c.Serial)), reason: uint8(c.Reason), at: c.At.Unix(), expires: c.Expires.Unix()}
	copy(e.serial[:], c.Serial)
	return e
}

// prune drops what is past being listed.
func (l *list) prune(since time.Time) {
	l.entries = slices.DeleteFunc(l.entries, func(e entry) bool { return e.expires < since.Unix() })
	l.since = later(since, l.since)
}
