package gsma

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Answer is a suggestion that a person can take by typing, since the channel has no buttons.
type Answer struct {
	// Code is what the message says to type: a number, or a letter where numbers stand on the suggestions themselves.
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

// number gives the replies of a content their codes.
func number(replies []*Choice) []Answer {
	answers := make([]Answer, len(replies))
	for i, c := range replies {
		answers[i] = Answer{Code: strconv.Itoa(i + 1), Choice: *c}
	}
	if clash(answers) && len(answers) <= 'Z'-'A'+1 {
		for i := range answers {
			answers[i].Code = string(rune('A' + i))
		}
	}
	return answers
}

// clash reports whether a code is what another answer says.
func clash(answers []Answer) bool {
	for i, a := range answers {
		others := func(b Answer) bool { return b.Code != a.Code && plain(b.DisplayText) == a.Code }
		if slices.ContainsFunc(answers[:i], others) || slices.ContainsFunc(answers[i+1:], others) {
			return true
		}
	}
	return false
}
