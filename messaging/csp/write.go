package csp

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/messaging/gsma"
)

// Encode writes a content as a chatbot sends it. Errors are those of gsma.Check with the limits of gsma.China.
func Encode(c gsma.Content) ([]Body, error) {
	if err := gsma.Check(c, gsma.China.Limits()); err != nil {
		return nil, err
	}
	return Write(gsma.Received{Content: c})
}

// Write writes a message unchecked: what came in need not keep to the limits of what goes out.
func Write(r gsma.Received) (list []Body, err error) {
	add := func(there bool, contentType string, v any) {
		if !there || err != nil {
			return
		}
		var text jsontext.Value
		if text, err = json.Marshal(v); err == nil {
			list = append(list, Body{ContentType: contentType, Encoding: UTF8, Text: text})
		}
	}
	add(r.Text != "", gsma.TypeText, r.Text)
	if r.Location != nil {
		add(true, gsma.TypeText, r.Location.URI())
	}
	if r.File != nil {
		add(true, typeFile, fileInfos(r.File))
	}
	add(r.Card != nil || r.Carousel != nil, gsma.TypeCard, root{Message: &r.RichCard})
	add(r.Response != nil, gsma.TypeResponse, root{Response: r.Response})
	add(r.SharedData != nil, gsma.TypeSharedData, root{SharedData: r.SharedData})
	add(len(r.Suggestions) > 0, gsma.TypeSuggestion, root{Suggestions: r.Suggestions})
	return list, err
}

// root is a JSON body of RCC.07.
type root struct {
	Message     *gsma.RichCard    `json:"message,omitzero"`
	Suggestions []gsma.Suggestion `json:"suggestions,omitempty"`
	Response    *gsma.Response    `json:"response,omitzero"`
	SharedData  *gsma.SharedData  `json:"sharedData,omitzero"`
}
