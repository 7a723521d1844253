package sender

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"simtrust/messaging/gsma"
)

// Limits of templates, in characters. The text is that of the Chinese operators' interface.
const (
	maxBody  = 2000
	maxSlots = 20
	maxValue = 200
)

// body is a template's text taken apart: what stands before, between and after the slots, and which slot stands where.
type body struct {
	fixed []string
	slots []int // from 0
}

func (b body) count() (n int) {
	for _, slot := range b.slots {
		n = max(n, slot+1)
	}
	return n
}

func badBody(msg string) error { return invalid(ReasonTemplate, "body: "+msg) }

// parseBody takes a text apart. Slots are numbered {{1}} to {{20}} without a gap, each may stand several times, and between two of them, as
// in the whole, there is a word: who fills the slots does not write the message.
func parseBody(text string) (b body, err error) {
	if utf8.RuneCountInString(text) > maxBody || strings.TrimSpace(text) == "" || gsma.CheckText("", text) != nil {
		return body{}, badBody("1 to 2000 visible characters")
	}
	for rest := text; ; {
		before, after, found := strings.Cut(rest, "{{")
		if strings.Contains(before, "}}") {
			return body{}, badBody("}} without {{ before it")
		}
		b.fixed = append(b.fixed, before)
		if !found {
			return b, b.check()
		}
		name, next, closed := strings.Cut(after, "}}")
		slot, ok := slotOf(name)
		if !closed || !ok {
			return body{}, badBody("a slot is {{1}} to {{20}}")
		}
		b.slots, rest = append(b.slots, slot), next
	}
}

func slotOf(name string) (slot int, ok bool) {
	n, err := strconv.Atoi(name)
	return n - 1, err == nil && n >= 1 && n <= maxSlots && strconv.Itoa(n) == name
}

func (b body) check() error {
	var seen [maxSlots]bool
	for _, slot := range b.slots {
		seen[slot] = true
	}
	for slot := range b.count() {
		if !seen[slot] {
			return badBody("slots are numbered without a gap")
		}
	}
	for i, fixed := range b.fixed {
		if i > 0 && i < len(b.fixed)-1 && fixed == "" {
			return badBody("two slots stand side by side")
		}
	}
	if !strings.ContainsFunc(strings.Join(b.fixed, ""), unicode.IsLetter) {
		return badBody("a text has words beside its slots")
	}
	return nil
}

// fill puts values into the slots. A value is one line of up to 200 characters, without the braces that would make it look like a slot.
func (b body) fill(values []string) (string, error) {
	if len(values) != b.count() {
		return "", invalid(ReasonValues, "values: "+strconv.Itoa(b.count())+" are needed, one for each slot")
	}
	for _, v := range values {
		if v == "" || !line(v, maxValue) || strings.ContainsAny(v, "{}") {
			return "", invalid(ReasonValues, "values: each is one line of 1 to 200 visible characters, without space at its ends and without braces")
		}
	}
	var text strings.Builder
	for i, fixed := range b.fixed {
		text.WriteString(fixed)
		if i < len(b.slots) {
			text.WriteString(values[b.slots[i]])
		}
	}
	return text.String(), nil
}
