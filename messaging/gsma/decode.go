package gsma

import (
	"errors"
	"mime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// MaxBody is the most octets that Decode reads.
const MaxBody = 256 << 10

// Decode reads a body of any of the content types. It is lenient with what clients and providers are known to get wrong: members,
// suggestions and font styles that nobody knows are passed over, what is missing or over a limit is left for Check to find, a page that
// names no application opens in the browser. It refuses, with a *FormatError or a *LimitError, what two readers could understand in two
// ways: two roots, a member that is there twice, two contents.
func Decode(p Part) (Received, error) {
	if len(p.Data) > MaxBody {
		return Received{}, &LimitError{Channel: RCS, Limit: MaxBody, Got: int64(len(p.Data)), Unit: Octets}
	}
	kind, parameters, err := mime.ParseMediaType(p.ContentType)
	if err != nil {
		return Received{}, &FormatError{Why: "has no content type"}
	}
	if kind != TypeMixed {
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
		if err := r.add(p); err != nil {
			return Received{}, err
		}
	}
	if r.contents() == 0 && r.Suggestions == nil {
		return Received{}, &FormatError{Why: "is empty"}
	}
	if r.contents() > 1 {
		return Received{}, &FormatError{Why: "has two contents"}
	}
	r.forgive()
	return r, nil
}

// contents counts what excludes each other; a text may be empty, and is then none.
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

func (r *Received) add(p Part) error {
	kind, parameters, err := mime.ParseMediaType(p.ContentType)
	if err != nil {
		return &FormatError{Why: "has no content type"}
	}
	switch kind {
	case TypeText:
		return r.addText(p.Data, parameters["charset"])
	case TypeFile, strings.TrimSuffix(TypeFile, "+xml"):
		return r.addFile(p.Data)
	case TypeCard, TypeSuggestion, TypeResponse, TypeSharedData:
		return r.addJSON(p.Data)
	default:
		return &FormatError{Why: "is of an unknown content type"}
	}
}

func (r *Received) addText(data []byte, charset string) error {
	if charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") || !utf8.Valid(data) {
		return &FormatError{Field: "/text", Why: notUTF8}
	}
	if l, err := ParseGeo(strings.TrimSpace(string(data))); err == nil && r.Location == nil {
		r.Location = &l
		return nil
	}
	if r.Text != "" {
		return &FormatError{Field: "/text", Why: "is there twice"}
	}
	r.Text = string(data)
	return nil
}

func (r *Received) addFile(data []byte) (err error) {
	if r.File != nil {
		return &FormatError{Field: "/file", Why: "is there twice"}
	}
	r.File, err = parseFile(data)
	return err
}

func (r *Received) addJSON(data []byte) error {
	var p payload
	if err := json.Unmarshal(data, &p); err != nil {
		return jsonError(err)
	}
	if n := p.roots(); n != 1 {
		return &FormatError{Why: "must have exactly one of message, suggestions, response and sharedData"}
	}
	switch {
	case p.Message != nil:
		return r.addCard(p.Message)
	case p.Response != nil:
		k := checker{}
		if (p.Response.Reply == nil) == (p.Response.Action == nil) {
			k.malformed((*pointer)(nil).at("response"), "must be exactly one of a reply and an action")
		}
		r.Response = p.Response
		return k.err
	case p.SharedData != nil:
		r.SharedData = p.SharedData
	case r.Suggestions != nil:
		return &FormatError{Field: "/suggestions", Why: "is there twice"}
	default:
		r.Suggestions = p.Suggestions
	}
	return nil
}

func (p *payload) roots() (n int) {
	for _, there := range [...]bool{p.Message != nil, p.Suggestions != nil, p.Response != nil, p.SharedData != nil} {
		if there {
			n++
		}
	}
	return n
}

func (r *Received) addCard(c *RichCard) error {
	if (c.Card == nil) == (c.Carousel == nil) || r.Card != nil || r.Carousel != nil {
		return &FormatError{Field: "/message", Why: "must be exactly one card or carousel"}
	}
	r.RichCard = *c
	return nil
}

// jsonError keeps where and what, and drops the value.
func jsonError(err error) error {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		why := "is not JSON"
		if errors.Is(e, jsontext.ErrDuplicateName) {
			why = "is there twice"
		}
		return &FormatError{Field: string(e.JSONPointer), Why: why}
	}
	if e, ok := errors.AsType[*json.SemanticError](err); ok {
		return &FormatError{Field: string(e.JSONPointer), Why: "is of another type than the schema says"}
	}
	return &FormatError{Why: "cannot be read"}
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
