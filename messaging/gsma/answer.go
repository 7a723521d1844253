package gsma

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Answer is a suggestion that a person can take by typing, since the channel has no buttons.
type Answer struct {
	// Code is the number that the message says to type.
	Code string `json:"code"`
	// Choice is what the suggestion says and sends back.
	Choice
}

// Response is what a telephone with buttons would have sent.
func (a Answer) Response() Response { return Response{Reply: &a.Choice} }

// Match finds the one answer that a person typed: its code or its words, alone, together or after the word "reply", in any width and
// case, with spaces and a full stop around. A text that could mean two answers, or none, matches nothing.
func Match(answers []Answer, text string) (Answer, bool) {
	typed := plain(text)
	found := -1
	for i, a := range answers {
		if !a.typedAs(typed) {
			continue
		}
		if found >= 0 {
			return Answer{}, false
		}
		found = i
	}
	if found < 0 {
		return Answer{}, false
	}
	return answers[found], true
}

func (a *Answer) typedAs(typed string) bool {
	code, words := plain(a.Code), plain(a.DisplayText)
	for _, s := range [...]string{typed, withoutReply(typed)} {
		if s != "" && (s == code || s == words || s == code+words) {
			return true
		}
	}
	return false
}

// withoutReply drops the word that the message itself uses.
func withoutReply(typed string) string {
	for _, w := range vocabulary {
		if rest, ok := strings.CutPrefix(typed, plain(w.reply)); ok {
			return rest
		}
	}
	return ""
}

// plain is a text as it is compared: NFKC, which makes full-width forms narrow, in lower case, letters and numbers alone. A text without
// any is compared as it is.
func plain(s string) string {
	s = strings.ToLower(norm.NFKC.String(s))
	only := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, s)
	if only == "" {
		return strings.TrimSpace(s)
	}
	return only
}

// number gives the replies of a content their codes: 1, 2, 3, or from 11, 21 and so on where a suggestion's words could be taken for the
// code of another.
func number(replies []*Choice) []Answer {
	answers, words := make([]Answer, len(replies)), make([]string, len(replies))
	for i, c := range replies {
		words[i] = plain(c.DisplayText)
	}
	for first := 1; ; first += 10 {
		for i, c := range replies {
			answers[i] = Answer{Code: strconv.Itoa(first + i), Choice: *c}
		}
		if !clash(answers, words) {
			return answers
		}
	}
}

// clash reports whether a code means another answer too, by its words or by code and words together.
func clash(answers []Answer, words []string) bool {
	for i, a := range answers {
		for j, b := range answers {
			if i != j && (a.Code == words[j] || a.Code == b.Code+words[j]) {
				return true
			}
		}
	}
	return false
}
