package web

import (
	"strings"
	"time"
)

// Phone is the screen of a simulated phone. Its forms post to Action: id, action (confirm, cancel or ignore) and pin for the prompt;
// action on, off, rcs-on or rcs-off for the switches. It comes again by itself while there is no prompt.
type Phone struct {
	Masked, Action string
	Online         bool
	Now            time.Time
	// Said is what the form before led to: sent, cancelled, ignored; gone where its prompt was not there any more; entry where the
	// digits were too few or too many for what was asked.
	Said string
	// Prompt is what the card asks; nil: nothing. Card is nil where the number has none.
	Prompt *PhonePrompt
	Card   *PhoneCard
	// InboxURL is where the messages are, Unread how many nobody has seen; RCS says whether rich messages are on.
	InboxURL string
	Unread   int
	RCS      bool
}

// PhonePrompt is a text of the card, line by line, and what the person enters under it: a PIN of Min to Max digits or, where Kind is
// registration, a one-time code.
type PhonePrompt struct {
	ID, Kind, Text string
	// Code is the verification code; Typed in its place one to be typed in elsewhere, for which no PIN is needed though the card asks for
	// it. Notice is the card's word on a wrong PIN. Each may be empty.
	Code, Typed, Notice string
	Min, Max            int
}

// PhoneCard is the card in the phone, with the tries that its PINs have left.
type PhoneCard struct {
	ICCID                    string
	LoginTries, SigningTries int
}

// Phones lists the simulated phones.
type Phones struct{ Phones []PhoneLine }

// PhoneLine is one of them.
type PhoneLine struct {
	URL, Masked          string
	Card, Online, Asking bool
	Unread               int // messages
}

func (Phone) page() string           { return "phone.html" }
func (Phones) page() string          { return "phones.html" }
func (Phone) formTargets() []string  { return nil }
func (Phones) formTargets() []string { return nil }

// layout is a text as the page sets it: all of its characters in their order.
type layout struct {
	Heading string
	Rows    []row
}

// row is a line, with its label up to and with the first colon.
type row struct{ Label, Value string }

func lines(text string) layout {
	heading, rest, more := strings.Cut(text, "\n")
	l := layout{Heading: heading}
	if !more {
		return l
	}
	for line := range strings.SplitSeq(rest, "\n") {
		l.Rows = append(l.Rows, rowOf(line))
	}
	return l
}

func rowOf(line string) row {
	for _, colon := range []string{"：", ": "} {
		if label, value, ok := strings.Cut(line, colon); ok {
			return row{label + colon, value}
		}
	}
	return row{Value: line}
}
