package gsma

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Skeleton is what a name looks like: two names with the same skeleton may be taken for each other, as "Bank", "Вank" with a Cyrillic
// letter, "B-a-n-k" and "ＢＡＮＫ" have. It is a small form of the skeleton of Unicode TR39 §4: Latin, Greek, Cyrillic and the
// katakana that look like Chinese characters, compared without case, marks, spaces and punctuation. It finds too much rather than too
// little ("Mail" and "Mall" are alike, since I and l are), so that an equal skeleton asks for a look by a person. It is not for display.
func Skeleton(name string) string {
	var b strings.Builder
	for _, r := range norm.NFKD.String(name) {
		if look, ok := lookalikes[r]; ok {
			r = look
		}
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			b.WriteRune(alike(r))
		}
	}
	return pairs.Replace(b.String())
}

// alike folds case, and then what looks alike in some case.
func alike(r rune) rune {
	r = unicode.ToLower(r)
	if look, ok := lookalikes[r]; ok {
		return look
	}
	return r
}

// pairs are letters that look like one.
var pairs = strings.NewReplacer("rn", "m", "vv", "w")
