package usat

import (
	"simtrust/internal/sms"
	"simtrust/internal/tlv"
)

// Data coding schemes of text strings (ETSI TS 102 223 §8.15).
const (
	PackedText  byte = 0x00 // GSM alphabet, septets packed
	DefaultText byte = 0x04 // GSM alphabet, an octet each
	UCS2Text    byte = 0x08
)

// Text is a text string as it travels. The zero value is the empty one.
type Text struct {
	DCS    byte
	Octets []byte
}

// NewText writes s in the GSM alphabet where that has all the characters, else in UCS-2. It fails where neither has.
func NewText(s string) (Text, error) {
	alphabet, scheme := sms.AlphabetOf(s), DefaultText
	if alphabet == sms.UCS2 {
		scheme = UCS2Text
	}
	octets, err := alphabet.Append(nil, s)
	return Text{scheme, octets}, err
}

// Decode reads the text. The error is [ErrMalformed].
func (t Text) Decode() (string, error) {
	s, err := t.decode()
	if err != nil {
		return "", ErrMalformed
	}
	return s, nil
}

func (t Text) decode() (string, error) {
	switch t.DCS {
	case PackedText:
		return unpack(t.Octets)
	case DefaultText:
		return sms.GSM7.Text(t.Octets)
	case UCS2Text:
		return sms.UCS2.Text(t.Octets)
	default:
		return "", ErrMalformed
	}
}

func (t Text) append(dst []byte) []byte {
	return tlv.AppendComprehension(dst, tagText, true, []byte{t.DCS}, t.Octets)
}

// parseText reads a text string, of which an empty one may have no data coding scheme.
func parseText(value []byte) (Text, error) {
	if len(value) == 0 {
		return Text{}, nil
	}
	t := Text{value[0], value[1:]}
	_, err := t.Decode()
	return t, err
}

// unpack reads septets. Eight of them fill seven octets, so a last septet that is only padding is a carriage return (3GPP TS 23.038
// §6.1.2.3.1), or zero.
func unpack(packed []byte) (string, error) {
	n := len(packed) * 8 / 7
	septets, err := sms.AppendUnpacked(nil, packed, 0, n)
	if err != nil {
		return "", err
	}
	if n > 0 && n%8 == 0 && (septets[n-1] == 0 || septets[n-1] == '\r') {
		septets = septets[:n-1]
	}
	return sms.GSM7.Text(septets)
}
