package gsma

import (
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// checker holds a content against the schema and the limits of a channel. The first thing wrong stays.
type checker struct {
	l   Limits
	err error
}

func (k *checker) malformed(p *pointer, why string) {
	if k.err == nil {
		k.err = &FormatError{Field: p.String(), Why: why}
	}
}

func (k *checker) count(p *pointer, got, most int64, u Unit) {
	if k.err == nil && got > most {
		k.err = &LimitError{Channel: k.l.Channel, Field: p.String(), Limit: most, Got: got, Unit: u}
	}
}

func (k *checker) least(p *pointer, got, least int64, u Unit) {
	if k.err == nil && got < least {
		k.err = &LimitError{Channel: k.l.Channel, Field: p.String(), Limit: least, Got: got, Unit: u}
	}
}

func (k *checker) length(p *pointer, s string, l Length) {
	if !l.Holds(s) {
		k.count(p, int64(l.Unit.Count(s)), int64(l.Max), l.Unit)
	}
}

// line holds a text of one line that a person reads: a title, the words on a button.
func (k *checker) line(p *pointer, s string, most Length) {
	k.length(p, s, most)
	if why := unsafeLine(s); why != "" {
		k.malformed(p, why)
	}
}

// body holds a text of many lines.
func (k *checker) body(p *pointer, s string, most Length) {
	k.length(p, s, most)
	if why := unsafeBody(s); why != "" {
		k.malformed(p, why)
	}
}

// needed refuses an empty text.
func (k *checker) needed(p *pointer, s string) {
	if s == "" {
		k.malformed(p, "is missing")
	}
}

// octets holds a size that must be known.
func (k *checker) octets(p *pointer, n, most int64) {
	if n <= 0 {
		k.malformed(p, "is missing")
	}
	if most > 0 {
		k.count(p, n, most, Octets)
	}
}

// phoneShape is a number that a dialler takes: E.164 or a service number. There is no * or # in it, with which a dialled number changes
// the settings of a line, such as where its calls are forwarded to (3GPP TS 22.030 §6.5.2).
var phoneShape = regexp.MustCompile(`^\+?[0-9]{2,20}$`)

func (k *checker) phone(p *pointer, s string) {
	if !phoneShape.MatchString(s) {
		k.malformed(p, "is not a telephone number")
	}
}

// link holds an absolute http or https URL of ASCII characters (RFC 3986), without a user name, which is where a false host hides.
func (k *checker) link(p *pointer, s string) {
	k.length(p, s, Length{maxURL, Octets})
	if !isLink(s) {
		k.malformed(p, "is not an http or https URL with a host and without a user name")
	}
}

func (k *checker) optionalLink(p *pointer, s string) {
	if s != "" {
		k.link(p, s)
	}
}

func isLink(s string) bool {
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7F || strings.IndexByte("\"<>\\^`{|}", c) >= 0 {
			return false
		}
	}
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Hostname() != "" && u.User == nil
}

// mediaShape is type "/" subtype with parameters of tokens (RFC 6838 §4.2, RFC 2045 §5.1).
var mediaShape = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]*(; ?[A-Za-z0-9-]+=[A-Za-z0-9_.+-]+)*$`)

func (k *checker) mediaType(p *pointer, s string) {
	if len(s) > maxMediaType || !mediaShape.MatchString(s) {
		k.malformed(p, "is not a media type")
	}
}

// oneOf holds a word of the schema.
func oneOf[T ~string](k *checker, p *pointer, s T, words ...T) {
	for _, w := range words {
		if s == w {
			return
		}
	}
	k.malformed(p, "is none of "+list(words))
}

func list[T ~string](words []T) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(string(w))
	}
	return b.String()
}

// unseen holds a text that no person reads.
func (k *checker) unseen(p *pointer, s string, most Length) {
	k.length(p, s, most)
	if !utf8.ValidString(s) {
		k.malformed(p, notUTF8)
	}
}
