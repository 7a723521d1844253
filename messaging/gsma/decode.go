package gsma

import (
	"cmp"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"
)

// MaxBody is the most octets that Decode reads.
const MaxBody = 256 << 10

// Decode reads a body of any of the content types, also the text with a file of an enhanced message, which then has both. It is lenient with
// what clients and providers are known to get wrong: members, suggestions and font styles that nobody knows are passed over, what is missing
// or over a limit is left for Check to find, a page that names no application opens in the browser. It refuses, with a *FormatError or a
// *LimitError, what two readers could understand in two ways: two roots, a member that is there twice, two contents.
func Decode(p Part) (Received, error) {
	if len(p.Data) > MaxBody {
		return Received{}, &LimitError{Channel: RCS, Limit: MaxBody, Got: int64(len(p.Data)), Unit: Octets}
	}
	kind, parameters, err := mime.ParseMediaType(p.ContentType)
	if err != nil || kind != TypeMixed {
		return DecodeParts(p)
	}
	parts, err := split(p.Data, parameters["boundary"])
	if err != nil {
		return Received{}, err
	}
	return DecodeParts(parts...)
}

// DecodeParts reads the bodies of one message, of which none is multipart, as Decode does.
func DecodeParts(parts ...Part) (Received, error) {
	var r Received
	for _, p := range parts {
		one, err := read(p)
		if err != nil {
			return Received{}, err
		}
		if r, err = merge(r, one); err != nil {
			return Received{}, err
		}
	}
	if r.contents() == 0 && r.Suggestions == nil {
		return Received{}, &FormatError{Why: "is empty"}
	}
	r.forgive()
	return r, nil
}

// merge puts the bodies of one message together, whichever comes first: a chip list and what it is below, and the text and the file of
// an enhanced message.
func merge(a, b Received) (Received, error) {
	switch {
	case a.contents()+b.contents() > 1 && !a.goesWith(b) && !b.goesWith(a):
		return Received{}, &FormatError{Why: "has two contents"}
	case a.Suggestions != nil && b.Suggestions != nil:
		return Received{}, &FormatError{Field: "/suggestions", Why: "is there twice"}
	case a.contents() == 0:
		a, b = b, a
	}
	a.Text, a.File = cmp.Or(a.Text, b.Text), cmp.Or(a.File, b.File)
	if b.Suggestions != nil {
		a.Suggestions = b.Suggestions
	}
	return a, nil
}

// goesWith reports whether a is a text and b a file, and neither is anything else.
func (a Received) goesWith(b Received) bool {
	return a.contents() == 1 && b.contents() == 1 && a.Text != "" && b.File != nil
}

// contents counts what excludes each other; an empty text is none.
func (r *Received) contents() (n int) {
	for _, there := range [...]bool{
		r.Text != "", r.Location != nil, r.File != nil, r.Card != nil, r.Carousel != nil, r.Response != nil, r.SharedData != nil,
	} {
		if there {
			n++
		}
	}
	return n
}

func read(p Part) (r Received, err error) {
	kind, parameters, err := mime.ParseMediaType(p.ContentType)
	if err != nil {
		return Received{}, &FormatError{Why: "has no content type"}
	}
	switch kind {
	case TypeText:
		return readText(p.Data, parameters["charset"])
	case TypeFile, strings.TrimSuffix(TypeFile, "+xml"):
		r.File, err = parseFile(p.Data)
		return r, err
	case TypeCard, TypeSuggestion, TypeResponse, TypeSharedData:
		return readJSON(p.Data)
	default:
		return Received{}, &FormatError{Why: "is of an unknown content type"}
	}
}

// readText reads a text, which is a place if it is a geo URI and nothing else.
func readText(data []byte, charset string) (r Received, err error) {
	charset = strings.ToLower(cmp.Or(charset, "utf-8"))
	if charset != "utf-8" && charset != "us-ascii" || !utf8.Valid(data) {
		return Received{}, &FormatError{Field: "/text", Why: notUTF8}
	}
	if l, err := ParseGeo(strings.TrimSpace(string(data))); err == nil {
		r.Location = &l
		return r, nil
	}
	r.Text = string(data)
	return r, nil
}

// forgive mends what guides and clients are known to get wrong and what has one meaning only.
func (r *Received) forgive() {
	if r.Card != nil {
		r.Card.Layout.forgive()
	}
	if r.Carousel != nil {
		r.Carousel.Layout.forgive()
	}
	for c := range r.cards() {
		forgive(c.Suggestions)
	}
	forgive(r.Suggestions)
}

func (f *Fonts) forgive() {
	unknown := func(s FontStyle) bool { return s != Italics && s != Bold && s != Underline }
	f.Title = slices.DeleteFunc(f.Title, unknown)
	f.Description = slices.DeleteFunc(f.Description, unknown)
}

func forgive(list []Suggestion) {
	for _, s := range list {
		if s.Kind() == KindOpenURL && s.Action.URL.OpenURL.Application == "" {
			s.Action.URL.OpenURL.Application = Browser
		}
	}
}
