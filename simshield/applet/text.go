package applet

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Check tells whether a text can be shown unmistakably, in at most that many characters of UCS-2 (two octets each). The field's name
// goes into the refusal.
func Check(name, text string, most int) error { return checkText(name, text, 0, most) }

func checkText(name, text string, least, most int) error {
	if reason := judge(text, least, most); reason != "" {
		return refuseField(name, reason, complaints[reason])
	}
	return nil
}

// complaints say what is wrong with a text.
var complaints = map[string]string{
	ReasonMissing:     "says nothing",
	ReasonTooLong:     "longer than its line",
	ReasonEncoding:    "not UTF-8",
	ReasonNotComposed: "not in normalization form C",
	ReasonControl:     "a control character or line break",
	ReasonDirection:   "a direction mark or a script from right to left",
	ReasonInvisible:   "an invisible character",
	ReasonSpace:       "a space at an end, two in a row, or another space than U+0020",
	ReasonCombining:   "a combining mark",
	ReasonDigit:       "a digit other than 0 to 9",
	ReasonLookalike:   "a character that passes for another",
	ReasonSeparator:   "digits with a separator that handsets show like another",
	ReasonUnassigned:  "a code point without a character",
	ReasonUnsupported: "a character that handsets do not show",
}

// judge returns the reason to refuse a text, or "".
func judge(text string, least, most int) string {
	switch {
	case !utf8.ValidString(text):
		return ReasonEncoding
	case utf8.RuneCountInString(text) < least:
		return ReasonMissing
	case utf8.RuneCountInString(text) > most:
		return ReasonTooLong
	case !norm.NFC.IsNormalString(text):
		return ReasonNotComposed
	}
	for _, r := range text {
		if reason := judgeRune(r); reason != "" {
			return reason
		}
	}
	return judgeWhole(text)
}

// judgeRune judges a character by itself.
func judgeRune(r rune) string {
	switch {
	case r >= ' ' && r <= '~', unicode.Is(letters, r), strings.ContainsRune(punctuation, r):
		return ""
	case unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp):
		return ReasonControl
	case unicode.In(r, unicode.Bidi_Control, rightToLeft):
		return ReasonDirection
	case unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector):
		return ReasonInvisible
	case unicode.Is(unicode.Zs, r):
		return ReasonSpace
	case unicode.Is(unicode.M, r):
		return ReasonCombining
	case unicode.In(r, unicode.Co, unicode.Noncharacter_Code_Point) || !unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S):
		return ReasonUnassigned
	case unicode.Is(unicode.N, r):
		return ReasonDigit
	case r > 0xFFFF:
		return ReasonUnsupported
	case unicode.Is(unicode.L, r) || r >= 0xFF01 && r <= 0xFFEF: // halfwidth and fullwidth forms
		return ReasonLookalike
	}
	return ReasonUnsupported
}

// judgeWhole judges what characters are to each other.
func judgeWhole(text string) string {
	switch {
	case strings.HasPrefix(text, " ") || strings.HasSuffix(text, " ") || strings.Contains(text, "  "):
		return ReasonSpace
	case mixed(text):
		return ReasonLookalike
	}
	runes := []rune(text)
	for i, r := range runes {
		before, after := ' ', ' '
		if i > 0 {
			before = runes[i-1]
		}
		if i+1 < len(runes) {
			after = runes[i+1]
		}
		if reason := judgeNeighbours(before, r, after); reason != "" {
			return reason
		}
	}
	return ""
}

func judgeNeighbours(before, r, after rune) string {
	switch {
	case (digit(before) || digit(after)) && strings.ContainsRune(likeDigits, r):
		return ReasonDigit
	case digit(before) && digit(after) && strings.ContainsRune(likeSeparators, r):
		return ReasonSeparator
	case strings.ContainsRune(likeIdeographs, r) && unicode.In(after, unicode.Han) && !kana(before),
		strings.ContainsRune(likeIdeographs, r) && unicode.In(before, unicode.Han) && !kana(after):
		return ReasonLookalike
	}
	return ""
}

func kana(r rune) bool { return r >= 0x3041 && r <= 0x30FC }

func digit(r rune) bool { return r >= '0' && r <= '9' }

// mixed tells whether a text has letters of more than one of the scripts whose letters look alike.
func mixed(text string) bool {
	found := 0
	for _, script := range []*unicode.RangeTable{unicode.Latin, unicode.Cyrillic, unicode.Greek} {
		if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(script, r) }) {
			found++
		}
	}
	return found > 1
}
