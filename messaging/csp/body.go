package csp

import (
	"encoding/base64"
	"mime"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"simtrust/messaging/gsma"
)

// Body is one body of a message.
type Body struct {
	ContentType string `json:"contentType"`
	// Encoding is utf8, also where it is empty, or base64.
	Encoding string `json:"contentEncoding,omitzero"`
	// Text is a JSON string with a text, JSON of its own or base64; or an object or an array, which is JSON of its own.
	Text jsontext.Value `json:"contentText"`
}

// Encodings of a Body.
const (
	UTF8   = "utf8"
	Base64 = "base64"
)

// typeFile is the content type of a file here, where it is JSON.
var typeFile = strings.TrimSuffix(gsma.TypeFile, "+xml")

// maxBodies is the most bodies of a message: a text and a file, or a content and a chip list.
const maxBodies = 2

// octets are what the body says, in no encoding.
func (b *Body) octets() ([]byte, error) {
	if b.Text.Kind() != '"' {
		if b.Encoding == Base64 || len(b.Text) == 0 {
			return nil, malformed("contentText is not a text")
		}
		return b.Text, nil
	}
	var text string
	if err := json.Unmarshal(b.Text, &text); err != nil {
		return nil, malformed("contentText is not a text")
	}
	switch strings.ToLower(b.Encoding) {
	case "", UTF8, "utf-8":
		return []byte(text), nil
	case Base64:
		data, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return nil, malformed("contentText is not base64")
		}
		return data, nil
	}
	return nil, malformed("contentEncoding is neither utf8 nor base64")
}

// Part is the body as RCS carries it.
func (b *Body) Part() (gsma.Part, error) {
	data, err := b.octets()
	if err != nil {
		return gsma.Part{}, err
	}
	kind, _, err := mime.ParseMediaType(b.ContentType)
	switch {
	case err != nil:
		return gsma.Part{}, malformed("contentType is not a media type")
	case kind == gsma.TypeText && b.Text.Kind() != '"':
		return gsma.Part{}, malformed("contentText is not a text")
	case kind == typeFile || kind == gsma.TypeFile:
		return filePart(data)
	}
	return gsma.Part{ContentType: b.ContentType, Data: data}, nil
}

// Part is a message as RCS carries it, for whoever takes what persons send. Errors: those of gsma.Decode.
func Part(list []Body) (gsma.Part, error) {
	parts, err := partsOf(list)
	if err != nil {
		return gsma.Part{}, err
	}
	if len(parts) == 1 {
		return parts[0], nil
	}
	return gsma.Join(parts...)
}

// Read reads the bodies of one message, as leniently as gsma.Decode, whose errors it has.
func Read(list []Body) (gsma.Received, error) {
	parts, err := partsOf(list)
	if err != nil {
		return gsma.Received{}, err
	}
	return gsma.DecodeParts(parts...)
}

func partsOf(list []Body) ([]gsma.Part, error) {
	if len(list) == 0 || len(list) > maxBodies {
		return nil, malformed("must be one body, or two")
	}
	parts := make([]gsma.Part, len(list))
	for i := range list {
		var err error
		if parts[i], err = list[i].Part(); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

func malformed(why string) error { return &gsma.FormatError{Field: "/messageList", Why: why} }
