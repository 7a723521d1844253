package smpp

import (
	"bytes"

	"simtrust/internal/sms"
)

// Coding is the data_coding of a message (SMPP 3.4 §5.2.19).
type Coding byte

// Codings.
const (
	CodingDefault Coding = 0x00 // the GSM 7 bit default alphabet, one septet an octet
	CodingASCII   Coding = 0x01
	CodingLatin1  Coding = 0x03
	CodingBinary  Coding = 0x04
	CodingUCS2    Coding = 0x08
)

// codingGSM is the lowest of the codings that are data coding schemes of 3GPP TS 23.038.
const codingGSM Coding = 0xC0

// alphabet returns the alphabet, where it is one of package sms.
func (c Coding) alphabet() (sms.Alphabet, bool) {
	switch {
	case c == CodingDefault:
		return sms.GSM7, true
	case c == CodingUCS2:
		return sms.UCS2, true
	case c >= codingGSM:
		a := sms.DCS(c).Alphabet()
		return a, a != sms.Octets
	default:
		return sms.Octets, false
	}
}

// text reads octets; it fails with ErrText.
func (c Coding) text(octets []byte) (string, error) {
	if c == CodingASCII && bytes.ContainsFunc(octets, unwritten) {
		c = CodingDefault
	}
	if a, ok := c.alphabet(); ok {
		text, err := a.Text(octets)
		if err != nil {
			return "", ErrText
		}
		return text, nil
	}
	limit := byte(0x7F)
	switch c {
	case CodingASCII:
	case CodingLatin1:
		limit = 0xFF
	default:
		return "", ErrText
	}
	runes := make([]rune, len(octets))
	for i, o := range octets {
		if o > limit {
			return "", ErrText
		}
		runes[i] = rune(o)
	}
	return string(runes), nil
}

// unwritten reports a control character that no text has. Some ESMEs, node-smpp among them, say ASCII and write the default alphabet, where
// these stand for @, $, _ and others, and lead in brackets.
func unwritten(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' }

// codingOf returns the shorter of [CodingDefault] and [CodingUCS2] that can say text.
func codingOf(text string) Coding {
	if sms.AlphabetOf(text) == sms.GSM7 {
		return CodingDefault
	}
	return CodingUCS2
}
