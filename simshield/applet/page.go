package applet

import "unicode/utf16"

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
	if octets, ok := gsm(text); ok {
		return Page{Text: text, DCS: DCSGSM, Octets: octets}
	}
	return Page{Text: text, DCS: DCSUCS2, Octets: ucs2(text)}
}

// gsm writes a text in the GSM 7 bit default alphabet (3GPP TS 23.038, section 6.2.1), unpacked. It takes the characters that stand
// there as in ASCII, and the signs of currencies: others differ between handsets, and are shown in UCS-2.
func gsm(text string) ([]byte, bool) {
	octets := make([]byte, 0, len(text))
	for _, r := range text {
		switch {
		case r == '\n', r >= ' ' && r <= 'Z' && r != '$' && r != '@', r >= 'a' && r <= 'z':
			octets = append(octets, byte(r))
		case r == '$':
			octets = append(octets, 0x02)
		case r == '£':
			octets = append(octets, 0x01)
		case r == '¥':
			octets = append(octets, 0x03)
		default:
			return nil, false
		}
	}
	return octets, true
}

func ucs2(text string) []byte {
	octets := make([]byte, 0, 2*len(text))
	for _, u := range utf16.Encode([]rune(text)) {
		octets = append(octets, byte(u>>8), byte(u))
	}
	return octets
}
