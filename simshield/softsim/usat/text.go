package usat

import (
	"simtrust/internal/sms"
	"simtrust/internal/tlv"
)

// data coding schemes of text strings (ETSI TS 102 223 §8.15).
const (
	packedText  = 0x00
	defaultText = 0x04 // GSM alphabet, an octet each
	ucs2Text    = 0x08
)

// appendText appends a text string in the GSM alphabet, an octet each, where it has all the characters, else in UCS-2.
func appendText(dst []byte, text string) ([]byte, error) {
	scheme := []byte{defaultText}
	alphabet := sms.AlphabetOf(text)
	if alphabet == sms.UCS2 {
		scheme[0] = ucs2Text
	}
	body, err := alphabet.Append(nil, text)
	if err != nil {
		return nil, err
	}
	if 1+len(body) > longest {
		return nil, ErrLength
	}
	return tlv.AppendComprehension(dst, tagText, true, scheme, body), nil
}

// parseText reads a text string.
func parseText(value []byte) (string, error) {
	if len(value) == 0 {
		return "", nil
	}
	text, err := decodeText(value[0], value[1:])
	if err != nil {
		return "", ErrMalformed
	}
	return text, nil
}

func decodeText(scheme byte, body []byte) (string, error) {
	switch scheme {
	case packedText:
		return unpack(body)
	case defaultText:
		return sms.GSM7.Text(body)
	case ucs2Text:
		return sms.UCS2.Text(body)
	default:
		return "", ErrMalformed
	}
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
