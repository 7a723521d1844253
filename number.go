package simtrust

import (
	"fmt"
	"io"
	"log/slog"
	"unique"
)

// Number is a mobile number in E.164 form. It is comparable and cannot be printed by accident: every formatting path masks it
// and only [Number.E164] shows it. The zero value is no number.
type Number struct{ h unique.Handle[string] }

// ParseNumber parses an E.164 number with its plus sign, `^\+[1-9][0-9]{4,14}$` (CAMARA Commonalities, PhoneNumber). Anything
// else is a [KindInvalid] error with [ReasonInvalidNumber]; the error does not repeat the input.
func ParseNumber(s string) (Number, error) {
	if len(s) < 6 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return Number{}, errNumber
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return Number{}, errNumber
		}
	}
	return Number{unique.Make(s)}, nil
}

// ReasonInvalidNumber says that a text is not an E.164 number.
const ReasonInvalidNumber = "invalid_number"

var errNumber = &Error{Kind: KindInvalid, Reason: ReasonInvalidNumber, Msg: "a phone number is + and 5 to 15 digits, the first not 0"}

// IsZero reports whether n is no number.
func (n Number) IsZero() bool { return n == Number{} }

// E164 returns the number in clear. It goes to the holder, to a party entitled to it, or into the store; never into a log or URL.
func (n Number) E164() string {
	if n.IsZero() {
		return ""
	}
	return n.h.Value()
}

// String returns the number masked, such as +86138****8000.
func (n Number) String() string {
	s := n.E164()
	switch {
	case s == "":
		return ""
	case len(s) >= 11:
		return s[:len(s)-8] + "****" + s[len(s)-4:]
	default:
		return s[:2] + "****"
	}
}

// Format masks under every verb and flag.
func (n Number) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, n.String()) }

// LogValue masks in structured logs.
func (n Number) LogValue() slog.Value { return slog.StringValue(n.String()) }
