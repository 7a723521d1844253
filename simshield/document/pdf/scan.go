package pdf

import (
	"bytes"
	"slices"
	"strconv"
)

// maxDepth bounds how deep arrays and dictionaries are nested.
const maxDepth = 64

// scanner reads objects in place (section 7.2 and 7.3).
type scanner struct {
	b     []byte
	at    int
	depth int
}

const (
	whitespace = "\x00\t\n\f\r "
	delimiters = "()<>[]{}/%"
)

func isRegular(c byte) bool {
	return bytes.IndexByte([]byte(whitespace+delimiters), c) < 0
}

// rest is what was not read yet.
func (s *scanner) rest() []byte { return s.b[s.at:] }

// space skips white space and comments.
func (s *scanner) space() {
	for s.at < len(s.b) {
		switch c := s.b[s.at]; {
		case c == '%':
			for s.at < len(s.b) && s.b[s.at] != '\n' && s.b[s.at] != '\r' {
				s.at++
			}
		case bytes.IndexByte([]byte(whitespace), c) >= 0:
			s.at++
		default:
			return
		}
	}
}

// take reads a delimiter or the beginning of something.
func (s *scanner) take(text string) bool {
	s.space()
	if !bytes.HasPrefix(s.rest(), []byte(text)) {
		return false
	}
	s.at += len(text)
	return true
}

// word reads regular characters: a keyword or a number.
func (s *scanner) word() string {
	s.space()
	from := s.at
	for s.at < len(s.b) && isRegular(s.b[s.at]) {
		s.at++
	}
	return string(s.b[from:s.at])
}

// keyword reads a word that must be there.
func (s *scanner) keyword(want string) bool {
	before := s.at
	if s.word() == want {
		return true
	}
	s.at = before
	return false
}

// integer reads a number of up to ten digits without a sign.
func (s *scanner) integer() (int, bool) {
	before := s.at
	n, ok := digits(s.word())
	if !ok {
		s.at = before
	}
	return n, ok
}

func digits(text string) (int, bool) {
	n, err := strconv.ParseUint(text, 10, 34)
	return int(n), err == nil && len(text) <= 10 && text[0] != '+'
}

// value reads one object, and returns its octets.
func (s *scanner) value() ([]byte, bool) {
	s.space()
	from := s.at
	if s.at == len(s.b) || s.depth == maxDepth {
		return nil, false
	}
	s.depth++
	ok := s.skip()
	s.depth--
	return s.b[from:s.at:s.at], ok
}

func (s *scanner) skip() bool {
	switch c := s.b[s.at]; {
	case bytes.HasPrefix(s.rest(), []byte("<<")):
		_, ok := s.dict()
		return ok
	case c == '[':
		_, ok := s.array()
		return ok
	case c == '<':
		return s.hex()
	case c == '(':
		return s.literal()
	case c == '/':
		s.at++
		s.bare()
		return true
	}
	return s.plain()
}

// bare skips regular characters that follow at once.
func (s *scanner) bare() {
	for s.at < len(s.b) && isRegular(s.b[s.at]) {
		s.at++
	}
}

// hex skips a string in hexadecimal.
func (s *scanner) hex() bool {
	end := bytes.IndexByte(s.rest(), '>')
	if end < 0 {
		return false
	}
	for _, c := range s.rest()[1:end] {
		if bytes.IndexByte([]byte("0123456789abcdefABCDEF"+whitespace), c) < 0 {
			return false
		}
	}
	s.at += end + 1
	return true
}

// literal skips a string in brackets.
func (s *scanner) literal() bool {
	for open := 0; s.at < len(s.b); s.at++ {
		switch s.b[s.at] {
		case '\\':
			s.at++
		case '(':
			open++
		case ')':
			if open--; open == 0 {
				s.at++
				return true
			}
		}
	}
	s.at = len(s.b)
	return false
}

// plain skips a number, a reference, true, false or null.
func (s *scanner) plain() bool {
	text := s.word()
	if _, ok := digits(text); ok {
		before := s.at
		if _, ok := s.integer(); !ok || !s.keyword("R") {
			s.at = before
		}
		return true
	}
	if _, err := strconv.ParseFloat(text, 64); err == nil {
		return true
	}
	return text == "true" || text == "false" || text == "null"
}

// array reads the elements of an array.
func (s *scanner) array() (elements [][]byte, ok bool) {
	if !s.take("[") {
		return nil, false
	}
	for !s.take("]") {
		v, ok := s.value()
		if !ok {
			return nil, false
		}
		elements = append(elements, v)
	}
	return elements, true
}

// entry is one of a dictionary: its name as it was written and as it is meant, and its value.
type entry struct {
	raw, value []byte
	name       string
}

// dict is a dictionary in the order in which it was written.
type dict []entry

// dict reads a dictionary. A name twice is refused: readers differ in which one counts.
func (s *scanner) dict() (d dict, ok bool) {
	if !s.take("<<") {
		return nil, false
	}
	seen := map[string]bool{}
	for !s.take(">>") {
		if s.at == len(s.b) || s.b[s.at] != '/' {
			return nil, false
		}
		raw, _ := s.value()
		name, ok := nameOf(raw)
		if !ok || seen[name] {
			return nil, false
		}
		seen[name] = true
		v, ok := s.value()
		if !ok {
			return nil, false
		}
		d = append(d, entry{raw, v, name})
	}
	return d, true
}

// nameOf is a name as it is meant: #41 is A (section 7.3.5).
func nameOf(raw []byte) (string, bool) {
	if len(raw) == 0 || raw[0] != '/' {
		return "", false
	}
	var name []byte
	for i := 1; i < len(raw); i++ {
		if raw[i] != '#' {
			name = append(name, raw[i])
			continue
		}
		if i+2 >= len(raw) {
			return "", false
		}
		c, err := strconv.ParseUint(string(raw[i+1:i+3]), 16, 8)
		if err != nil || c == 0 {
			return "", false
		}
		name = append(name, byte(c))
		i += 2
	}
	return string(name), true
}

// get returns an entry's value; nil where there is none.
func (d dict) get(name string) []byte {
	for _, e := range d {
		if e.name == name {
			return e.value
		}
	}
	return nil
}

// with is the dictionary with an entry set.
func (d dict) with(name string, value []byte) dict {
	d = slices.Clone(d)
	for i := range d {
		if d[i].name == name {
			d[i].value = value
			return d
		}
	}
	return append(d, entry{[]byte("/" + name), value, name})
}

func (d dict) bytes() []byte {
	out := []byte("<<")
	for _, e := range d {
		out = append(append(append(append(out, ' '), e.raw...), ' '), e.value...)
	}
	return append(out, " >>"...)
}

// reference is an indirect one.
type reference struct{ number, generation int }

func (r reference) bytes() []byte {
	return []byte(strconv.Itoa(r.number) + " " + strconv.Itoa(r.generation) + " R")
}

// referenceOf reads one, and nothing else.
func referenceOf(raw []byte) (r reference, ok bool) {
	s := scanner{b: raw}
	if r.number, ok = s.integer(); !ok {
		return r, false
	}
	if r.generation, ok = s.integer(); !ok {
		return r, false
	}
	return r, s.keyword("R") && s.at == len(raw)
}

// dictOf reads a dictionary, and nothing else.
func dictOf(raw []byte) (dict, bool) {
	s := scanner{b: raw}
	d, ok := s.dict()
	return d, ok && s.at == len(raw)
}
