package parts

import (
	"testing"
	"unicode/utf8"

	"simtrust/internal/smpp"
)

// FuzzSegment: whatever a message holds, it is a segment that there can be, or refused; and what is read of it is a text.
func FuzzSegment(f *testing.F) {
	f.Add(byte(0), byte(0), []byte("hello"), []byte(nil))
	f.Add(byte(0x40), byte(8), []byte{5, 0, 3, 42, 2, 1, 0x7B, 0x2C}, []byte(nil))
	f.Add(byte(0x40), byte(0), []byte{6, 8, 4, 0, 42, 2, 2, 'x'}, []byte(nil))
	f.Add(byte(0), byte(1), []byte{0x11}, []byte{0x02, 0x0C, 0, 2, 0, 7, 0x02, 0x0E, 0, 1, 2, 0x02, 0x0F, 0, 1, 1})
	f.Fuzz(func(t *testing.T, class, coding byte, octets, options []byte) {
		m := smpp.Message{Class: smpp.Class(class), Coding: smpp.Coding(coding), Octets: octets, Options: options}
		c, body, err := segmentOf(&m)
		if err != nil {
			return
		}
		if c.Total > 0 && (c.Number == 0 || c.Number > c.Total) || len(body) > len(octets)+len(options) {
			t.Errorf("segment %d of %d, %d octets", c.Number, c.Total, len(body))
		}
		if words, err := join([]piece{{int(c.Number), m.Coding, body}}); err == nil && !utf8.ValidString(words) {
			t.Errorf("%q", words)
		}
	})
}
