package gsma

import (
	"errors"
	"fmt"
)

// ErrMalformed is what every *FormatError is, ErrLimit every *LimitError, for errors.Is.
var (
	ErrMalformed = errors.New("malformed message content")
	ErrLimit     = errors.New("message content over a limit")
)

// LimitError reports a field that is longer, larger or more than a channel takes, or less.
type LimitError struct {
	Channel Channel
	// Field is a JSON pointer into the content (RFC 6901).
	Field string
	// Limit is a least value where Got is below it, else a greatest.
	Limit, Got int64
	Unit       Unit
}

func (e *LimitError) Error() string {
	bound := "at most"
	if e.Got < e.Limit {
		bound = "at least"
	}
	return fmt.Sprintf("%s takes %s %d %s in %s, not %d", e.Channel, bound, e.Limit, e.Unit, pointerOr(e.Field, "the content"), e.Got)
}

// Is reports ErrLimit.
func (e *LimitError) Is(target error) bool { return target == ErrLimit }

// FormatError reports a field that is not what it must be. Its text repeats no value: there are numbers and codes among them.
type FormatError struct {
	// Field is a JSON pointer into the content (RFC 6901).
	Field string
	// Why says what is wrong, such as "holds a character that turns the direction of writing".
	Why string
}

func (e *FormatError) Error() string { return pointerOr(e.Field, "the content") + " " + e.Why }

// Is reports ErrMalformed.
func (e *FormatError) Is(target error) bool { return target == ErrMalformed }

func pointerOr(pointer, whole string) string {
	if pointer == "" {
		return whole
	}
	return pointer
}
