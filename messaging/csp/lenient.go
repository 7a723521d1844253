package csp

import (
	"errors"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// OneOrMore is a list, written as a list; a value that stands alone is read as a list of one.
type OneOrMore[T ~string] []T

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *OneOrMore[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() == '[' {
		return json.UnmarshalDecode(d, (*[]T)(l))
	}
	var one T
	if err := json.UnmarshalDecode(d, &one); err != nil {
		return err
	}
	*l = OneOrMore[T]{one}
	return nil
}

// octets is a size, written as a number; a text of digits is read too.
type octets int64

var errSize = errors.New("not a size in octets")

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (o *octets) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if d.PeekKind() != '"' {
		return json.UnmarshalDecode(d, (*int64)(o))
	}
	var text string
	if err := json.UnmarshalDecode(d, &text); err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errSize
	}
	*o = octets(n)
	return nil
}
