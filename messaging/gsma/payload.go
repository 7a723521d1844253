package gsma

import (
	"errors"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// payload is a JSON body: exactly one of the four roots.
type payload struct {
	Message     *RichCard    `json:"message,omitzero"`
	Suggestions []Suggestion `json:"suggestions,omitzero"`
	Response    *Response    `json:"response,omitzero"`
	SharedData  *SharedData  `json:"sharedData,omitzero"`
}

func (p payload) part(contentType string) (Part, error) {
	b, err := json.Marshal(p)
	if err != nil {
		return Part{}, &FormatError{Why: "is not JSON"}
	}
	return Part{contentType, b}, nil
}

func readJSON(data []byte) (r Received, err error) {
	var p payload
	if err := json.Unmarshal(data, &p); err != nil {
		return Received{}, jsonError(err)
	}
	if err := p.check(); err != nil {
		return Received{}, err
	}
	if p.Message != nil {
		r.RichCard = *p.Message
	}
	r.Suggestions, r.Response, r.SharedData = p.Suggestions, p.Response, p.SharedData
	return r, nil
}

// check holds that there is one root, and one thing in it where there must be.
func (p *payload) check() error {
	n := 0
	for _, there := range [...]bool{p.Message != nil, p.Suggestions != nil, p.Response != nil, p.SharedData != nil} {
		if there {
			n++
		}
	}
	switch {
	case n != 1:
		return &FormatError{Why: "must have exactly one of message, suggestions, response and sharedData"}
	case p.Message != nil && (p.Message.Card == nil) == (p.Message.Carousel == nil):
		return &FormatError{Field: "/message", Why: "must be exactly one of a card and a carousel"}
	case p.Response != nil && !p.Response.one():
		return &FormatError{Field: "/response", Why: notOneResponse}
	default:
		return nil
	}
}

const notOneResponse = "must be exactly one of a reply and an action"

func (r *Response) one() bool { return (r.Reply == nil) != (r.Action == nil) }

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
