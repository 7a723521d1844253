package sms

// DCS is the data coding scheme of a user data field (3GPP TS 23.038 §4).
type DCS byte

// Data coding schemes without a class, and the one of data for the card's applications (3GPP TS 31.115 §4).
const (
	DCSText    DCS = 0x00
	DCSOctets  DCS = 0x04
	DCSUCS2    DCS = 0x08
	DCSForUSIM DCS = 0xF6 // class 2, 8 bit
)

// Protocol identifiers (3GPP TS 23.040 §9.2.3.9).
const (
	PIDPlain   byte = 0x00
	PIDForUSIM byte = 0x7F // (U)SIM data download
)

// Alphabet is what a body is written in.
type Alphabet byte

// Alphabets. Compressed text counts as octets.
const (
	GSM7   Alphabet = iota // a body has one septet an octet
	Octets                 // plain octets
	UCS2                   // two octets a code unit, the higher one first
)

const (
	compressed   = 0x20
	hasClass     = 0x10
	groupGeneral = 0x80 // the groups below it are coded alike (general, automatic deletion)
)

// Alphabet returns the alphabet. Reserved values mean [GSM7], as the standard has it.
func (d DCS) Alphabet() Alphabet {
	switch {
	case d < groupGeneral && d&compressed != 0:
		return Octets
	case d < groupGeneral:
		return [...]Alphabet{GSM7, Octets, UCS2, GSM7}[d>>2&3]
	case d >= 0xF0 && d&0x04 != 0:
		return Octets
	case d>>4 == 0xE:
		return UCS2
	default:
		return GSM7
	}
}

// Class returns the message class, 0 to 3: to show at once, for the mobile, for the card, for other equipment.
func (d DCS) Class() (int, bool) {
	if d < groupGeneral && d&hasClass != 0 || d >= 0xF0 {
		return int(d & 3), true
	}
	return 0, false
}
