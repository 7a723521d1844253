package applet

import "encoding/binary"

// Data coding schemes of a text on the screen (ETSI TS 102 223, section 8.15).
const (
	DCSGSM  byte = 0x04 // GSM 7 bit default alphabet, one character in an octet
	DCSUCS2 byte = 0x08
)

// MaxPage is the most octets of text on a page. A proactive command is fetched whole, in at most 255 octets (SW 91 FF). Around the
// text are the command's tag and length (3), command details (5), device identities (4), tag and length of the text (3) with its
// data coding scheme (1), and room for an immediate response (2) and a duration (4) (ETSI TS 102 223, section 6.6.1). That leaves 233
// characters of the default alphabet, or 116 of UCS-2.
const MaxPage = 255 - 3 - 5 - 4 - 3 - 1 - 2 - 4

// Page is one screen.
type Page struct {
	Text   string
	DCS    byte
	Octets []byte // Text under DCS
}

func newPage(text string) Page {
	size := measure(text)
	page := Page{Text: text, DCS: DCSUCS2, Octets: make([]byte, 0, size.octets())}
	if size.gsm {
		page.DCS = DCSGSM
	}
	for _, r := range text {
		if size.gsm {
			octet, _ := gsm(r)
			page.Octets = append(page.Octets, octet)
		} else {
			page.Octets = binary.BigEndian.AppendUint16(page.Octets, uint16(r)) // a text that was checked has nothing beyond
		}
	}
	return page
}

// size is the room that a text takes.
type size struct {
	characters int
	gsm        bool // all are of the default alphabet
}

func measure(text string) size {
	s := size{gsm: true}
	for _, r := range text {
		s.characters++
		if s.gsm {
			_, s.gsm = gsm(r)
		}
	}
	return s
}

// and is the size of two lines.
func (s size) and(t size) size { return size{s.characters + 1 + t.characters, s.gsm && t.gsm} }

func (s size) octets() int {
	if s.gsm {
		return s.characters
	}
	return 2 * s.characters
}

// gsm is the octet of a character in the GSM 7 bit default alphabet (3GPP TS 23.038, section 6.2.1). It knows the characters that
// stand there as in ASCII, and the signs of currencies: others differ between handsets, and are shown in UCS-2.
func gsm(r rune) (byte, bool) {
	switch {
	case r == '$':
		return 0x02, true
	case r == '£':
		return 0x01, true
	case r == '¥':
		return 0x03, true
	case r == '\n', r >= ' ' && r <= 'Z' && r != '@', r >= 'a' && r <= 'z':
		return byte(r), true
	}
	return 0, false
}
