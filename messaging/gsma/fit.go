package gsma

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf8"
)

// leastWords is how many units of a card's words must be left when it is cut, so that one knows what its answers are about.
const leastWords = 16

// fit makes the text: whole if it fits; else with a page each block's words cut to an equal share; else without answers.
func (s *sheet) fit() (string, []Answer, error) {
	answers := number(s.replies)
	paged := s.options.Page != "" && (s.more || s.limits.Channel == CardSMS)
	text := s.text(answers, paged, math.MaxInt)
	if s.limits.Text.Holds(text) {
		return text, answers, nil
	}
	if s.options.Page == "" {
		return "", nil, s.tooLong(text)
	}
	if share := s.share(answers); share >= leastWords {
		return s.text(answers, true, share), answers, nil
	}
	for i := range s.blocks {
		s.blocks[i].lines = nil
	}
	if share := s.share(nil); share >= 1 {
		return s.text(nil, true, share), nil, nil
	}
	return "", nil, s.tooLong(s.text(nil, true, 0))
}

func (s *sheet) tooLong(text string) error {
	l := s.limits.Text
	return &LimitError{Channel: s.limits.Channel, Field: "/text", Limit: int64(l.Max), Got: int64(l.Unit.Count(text)), Unit: l.Unit}
}

// share finds the most units of words that every block can have so that all of it fits; -1 if nothing fits.
func (s *sheet) share(answers []Answer) int {
	low, high := -1, s.limits.Text.Max
	for low < high {
		middle := (low + high + 1) / 2
		if s.limits.Text.Holds(s.text(answers, true, middle)) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// text writes the blocks, with at most share units of words in each.
func (s *sheet) text(answers []Answer, paged bool, share int) string {
	var lines []string
	for _, b := range s.blocks {
		if words := cut(b.words, Length{share, s.limits.Text.Unit}); words != "" {
			lines = append(lines, words)
		}
		for _, l := range b.lines {
			lines = append(lines, s.lineText(l, answers))
		}
	}
	if paged {
		lines = append(lines, s.words.page+s.options.Page)
	}
	return s.signature() + strings.Join(lines, "\n")
}

func (s *sheet) lineText(l line, answers []Answer) string {
	if l.answer < 0 {
		return l.text
	}
	return s.content(s.words.answer(answers[l.answer]))
}

func (s *sheet) signature() string {
	if !s.signs() || s.options.Signature == "" {
		return ""
	}
	return openSignature + s.options.Signature + closeSignature
}

const ellipsis = "…"

// cut shortens a text to a length with an ellipsis at the end, at a place where nothing is cut that would mean something else: no number,
// no ASCII word or link, no character with its marks.
func cut(s string, l Length) string {
	if l.Holds(s) {
		return s
	}
	room := l.Max - l.Unit.Count(ellipsis)
	end, n := 0, 0
	for i, r := range s {
		if n > room {
			break
		}
		if divisible(s, i) {
			end = i
		}
		n += l.Unit.Count(string(r))
	}
	kept := strings.TrimRightFunc(s[:end], unicode.IsSpace)
	if kept == "" {
		return ""
	}
	return kept + ellipsis
}

// divisible reports whether a text may end before s[i:].
func divisible(s string, i int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:i])
	after, _ := utf8.DecodeRuneInString(s[i:])
	switch {
	case inWord(before) && inWord(after):
		return false
	case before == zwj || before == zwnj || after == zwj || after == zwnj:
		return false
	case unicode.Is(unicode.M, after) || unicode.Is(unicode.Sk, after) && after > unicode.MaxLatin1:
		return false
	default:
		return !regional(before) || !regional(after)
	}
}

// inWord reports what belongs to a word, a number or a link as long as there is no space.
func inWord(r rune) bool {
	return r > ' ' && r < utf8.RuneSelf || unicode.IsNumber(r)
}

// regional reports the letters that make flags in pairs.
func regional(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }
