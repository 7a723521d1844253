package handset

import (
	"context"
	"unicode/utf16"

	"simtrust/simshield/softsim/usat"
)

// Answer is what a person does with what is on the screen.
type Answer int

// The answers.
const (
	OK Answer = iota
	Cancel
	Back
	NoResponse
)

// result is the answer as the card is told it.
func (a Answer) result() usat.Result {
	switch a {
	case OK:
		return usat.Performed
	case Back:
		return usat.Backward
	case NoResponse:
		return usat.NoResponse
	default:
		return usat.Terminated
	}
}

// User is the person. Its methods return when the person has answered, and NoResponse at the latest when ctx ends.
type User interface {
	Display(ctx context.Context, text string) Answer
	// Input returns what was entered; it counts where the answer is OK.
	Input(ctx context.Context, p Prompt) (string, Answer)
}

// Prompt asks for an input.
type Prompt struct {
	Text     string
	Min, Max int  // characters
	Hidden   bool // do not show what is entered
	Digits   bool // and * # +, nothing else
}

// Accepts reports whether the telephone's keys could have entered text.
func (p Prompt) Accepts(text string) bool {
	n := len(utf16.Encode([]rune(text)))
	if n < p.Min || n > p.Max {
		return false
	}
	for _, c := range text {
		if p.Digits && (c < '0' || c > '9') && c != '*' && c != '#' && c != '+' {
			return false
		}
	}
	return true
}

func promptOf(c usat.Command, text string) Prompt {
	return Prompt{Text: text, Min: c.Min, Max: c.Max, Hidden: c.Qualifier&usat.HiddenInput != 0, Digits: c.Qualifier&usat.AnyCharacters == 0}
}
