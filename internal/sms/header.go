package sms

import "iter"

// Information elements of a user data header (3GPP TS 23.040 §9.2.3.24, 3GPP TS 31.115 §4).
const (
	ElementConcatenation     byte = 0x00
	ElementPorts8            byte = 0x04
	ElementPorts16           byte = 0x05
	ElementConcatenationWide byte = 0x08
	ElementCommandPacket     byte = 0x70
	ElementResponsePacket    byte = 0x71
)

// Header is a user data header as it travels: its length (UDHL), then information elements. Empty: no header.
type Header []byte

// Element is an information element.
type Element struct {
	ID   byte
	Data []byte
}

// AppendHeader appends a header of elements. It fails with [ErrLength].
func AppendHeader(dst []byte, elements ...Element) (Header, error) {
	at := len(dst)
	dst = append(dst, 0)
	for _, e := range elements {
		if len(e.Data) > maxUserData {
			return nil, ErrLength
		}
		dst = append(dst, e.ID, byte(len(e.Data)))
		dst = append(dst, e.Data...)
	}
	if len(dst)-at > maxUserData {
		return nil, ErrLength
	}
	dst[at] = byte(len(dst) - at - 1)
	return dst, nil
}

// Valid reports whether the lengths agree. Headers of parsed TPDUs are valid.
func (h Header) Valid() bool {
	if len(h) == 0 {
		return true
	}
	rest := h[1:]
	for ok := true; ok; {
		_, rest, ok = rest.element()
	}
	return len(rest) == 0 && int(h[0]) == len(h)-1 && len(h) <= maxUserData
}

// element returns the first element of what follows the length, and the rest.
func (h Header) element() (Element, Header, bool) {
	if len(h) < 2 || len(h) < 2+int(h[1]) {
		return Element{}, h, false
	}
	n := 2 + int(h[1])
	return Element{ID: h[0], Data: h[2:n:n]}, h[n:], true
}

// All returns the elements in their order, and stops before one that is cut short.
func (h Header) All() iter.Seq[Element] {
	return func(yield func(Element) bool) {
		for rest := h[min(1, len(h)):]; ; {
			e, next, ok := rest.element()
			if !ok || !yield(e) {
				return
			}
			rest = next
		}
	}
}

// Find returns the data of the last element of a kind: where one is repeated, the last counts (3GPP TS 23.040 §9.2.3.24).
func (h Header) Find(id byte) (data []byte, ok bool) {
	for e := range h.All() {
		if e.ID == id {
			data, ok = e.Data, true
		}
	}
	return data, ok
}

// Concatenation says which segment of a long message a TPDU holds (3GPP TS 23.040 §9.2.3.24.1 and .8).
type Concatenation struct {
	Reference uint16
	// Wide says that the reference has 16 bits.
	Wide          bool
	Total, Number uint8
}

// Concatenation returns which segment of a long message the header belongs to; ok is false for a message of one TPDU. It fails with
// [ErrHeader] where there are two statements, or one that is not possible.
func (h Header) Concatenation() (c Concatenation, ok bool, err error) {
	for e := range h.All() {
		if e.ID != ElementConcatenation && e.ID != ElementConcatenationWide {
			continue
		}
		if ok || !c.parse(e) {
			return Concatenation{}, false, ErrHeader
		}
		ok = true
	}
	return c, ok, nil
}

func (c *Concatenation) parse(e Element) bool {
	c.Wide = e.ID == ElementConcatenationWide
	switch {
	case c.Wide && len(e.Data) == 4:
		c.Reference = uint16(e.Data[0])<<8 | uint16(e.Data[1])
	case !c.Wide && len(e.Data) == 3:
		c.Reference = uint16(e.Data[0])
	default:
		return false
	}
	c.Total, c.Number = e.Data[len(e.Data)-2], e.Data[len(e.Data)-1]
	return c.Number > 0 && c.Number <= c.Total
}

func (c Concatenation) append(dst []byte) []byte {
	if c.Wide {
		dst = append(dst, ElementConcatenationWide, 4, byte(c.Reference>>8))
	} else {
		dst = append(dst, ElementConcatenation, 3)
	}
	return append(dst, byte(c.Reference), c.Total, c.Number)
}

func (c Concatenation) size() int {
	if c.Wide {
		return 6
	}
	return 5
}
