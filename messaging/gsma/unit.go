package gsma

import "unicode/utf8"

// Unit is what a limit counts. Standards say "characters" for three different things.
type Unit string

// Units.
const (
	// Characters are Unicode code points, as JSON Schema counts (maxLength).
	Characters Unit = "characters"
	// Octets are those of UTF-8: the "25 characters (Byte)" of the Chinese guide are eight Chinese characters.
	Octets Unit = "octets"
	// UTF16 are the code units of UCS-2 and UTF-16, as a text message counts: two for most emoji.
	UTF16 Unit = "UTF-16 units"
	// Items are members of a list.
	Items Unit = "items"
)

// Length is a limit to a text; the zero Length means no text at all.
type Length struct {
	Max  int
	Unit Unit
}

// Count returns the length of a text in a unit of text.
func (u Unit) Count(s string) int {
	switch u {
	case Octets:
		return len(s)
	case UTF16:
		n := utf8.RuneCountInString(s)
		for _, r := range s {
			if r > 0xFFFF {
				n++
			}
		}
		return n
	default:
		return utf8.RuneCountInString(s)
	}
}

// Holds reports whether a text is within the limit.
func (l Length) Holds(s string) bool { return l.Unit.Count(s) <= l.Max }
