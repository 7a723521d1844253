package gsma

import (
	"unicode"
	"unicode/utf8"
)

// What is wrong with a text, as a FormatError says it.
const (
	notUTF8   = "is not UTF-8"
	control   = "holds a control character"
	direction = "holds a character that turns the direction of writing"
	invisible = "holds a character that nobody sees"
	noMeaning = "holds a character without a meaning of its own"
)

// CheckLine holds a text of one line that tells a person who or what this is: a title, the words on a button, the name of a sender, a
// signature. It takes no control characters, no direction marks (embeddings, overrides, isolates) and nothing that is invisible. The
// error is a *FormatError for the field.
func CheckLine(field, s string) error { return safetyError(field, unsafeLine(s)) }

// CheckText holds a text of many lines. It may break lines, and join emoji and letters with ZWJ and ZWNJ inside a word.
func CheckText(field, s string) error { return safetyError(field, unsafeBody(s)) }

func safetyError(field, why string) error {
	if why == "" {
		return nil
	}
	return &FormatError{Field: field, Why: why}
}

func unsafeLine(s string) string {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	for _, r := range s {
		if why := unsafeRune(r); why != "" {
			return why
		}
	}
	return ""
}

// Joiners, which some scripts and many emoji need.
const (
	zwnj = '\u200C'
	zwj  = '\u200D'
)

func unsafeBody(s string) string {
	if !utf8.ValidString(s) {
		return notUTF8
	}
	before := ' '
	for i, r := range s {
		switch r {
		case '\n', '\t':
		case '\r':
			if next, _ := utf8.DecodeRuneInString(s[i+1:]); next != '\n' {
				return control
			}
		case zwnj, zwj:
			if next, _ := utf8.DecodeRuneInString(s[i+len(string(r)):]); !joins(before) || !joins(next) {
				return invisible
			}
		default:
			if why := unsafeRune(r); why != "" {
				return why
			}
		}
		before = r
	}
	return ""
}

// joins reports whether a joiner has something to join on this side.
func joins(r rune) bool { return r != utf8.RuneError && unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// fillers are letters and marks that take no ink: they are of no use but to make two names look alike.
var fillers = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x034F, Hi: 0x034F, Stride: 1}, {Lo: 0x115F, Hi: 0x1160, Stride: 1}, {Lo: 0x17B4, Hi: 0x17B5, Stride: 1},
		{Lo: 0x180B, Hi: 0x180F, Stride: 1}, {Lo: 0x2028, Hi: 0x2029, Stride: 1}, {Lo: 0x2800, Hi: 0x2800, Stride: 1},
		{Lo: 0x3164, Hi: 0x3164, Stride: 1}, {Lo: 0xFFA0, Hi: 0xFFA0, Stride: 1}, {Lo: 0xFFF9, Hi: 0xFFFC, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0xE0000, Hi: 0xE0FFF, Stride: 1}},
}

func unsafeRune(r rune) string {
	switch {
	case r == '\u2028' || r == '\u2029' || unicode.Is(unicode.Cc, r):
		return control
	case unicode.Is(unicode.Bidi_Control, r):
		return direction
	case unicode.Is(unicode.Cf, r) || unicode.Is(fillers, r):
		return invisible
	case unicode.Is(unicode.Co, r) || unicode.Is(unicode.Noncharacter_Code_Point, r):
		return noMeaning
	default:
		return ""
	}
}
