package sms

import (
	"unicode/utf16"
	"unicode/utf8"
)

// AlphabetOf returns the shortest alphabet that can say text: [GSM7] or [UCS2].
func AlphabetOf(text string) Alphabet {
	for _, r := range text {
		if _, ok := septets[r]; !ok {
			return UCS2
		}
	}
	return GSM7
}

// Append appends text as a body. It fails with [ErrAlphabet] where the alphabet lacks a character, is [Octets], or text is not UTF-8:
// nothing is replaced. Characters beyond U+FFFF take two code units of [UCS2] (surrogates), as networks carry them.
func (a Alphabet) Append(dst []byte, text string) ([]byte, error) {
	switch {
	case !utf8.ValidString(text):
		return nil, ErrAlphabet
	case a == GSM7:
		return appendGSM7(dst, text)
	case a == UCS2:
		return appendUCS2(dst, text), nil
	default:
		return nil, ErrAlphabet
	}
}

// Text reads a body. It fails with [ErrText], for [Octets] always.
func (a Alphabet) Text(body []byte) (string, error) {
	switch a {
	case GSM7:
		return gsm7Text(body)
	case UCS2:
		return ucs2Text(body)
	default:
		return "", ErrText
	}
}

func appendUCS2(dst []byte, text string) []byte {
	for _, r := range text {
		if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
			dst = append(dst, byte(high>>8), byte(high))
			r = low
		}
		dst = append(dst, byte(r>>8), byte(r))
	}
	return dst
}

func ucs2Text(body []byte) (string, error) {
	if len(body)%2 != 0 {
		return "", ErrText
	}
	text := make([]byte, 0, len(body)*3/2)
	for ; len(body) > 0; body = body[2:] {
		r := unit(body)
		if utf16.IsSurrogate(r) {
			if len(body) < 4 {
				return "", ErrText
			}
			body = body[2:]
			if r = utf16.DecodeRune(r, unit(body)); r == utf8.RuneError {
				return "", ErrText
			}
		}
		text = utf8.AppendRune(text, r)
	}
	return string(text), nil
}

func unit(b []byte) rune { return rune(b[0])<<8 | rune(b[1]) }
