package csp

import (
	"errors"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// OneOrMore is a list, written as a list; a value that stands alone is read as a list of one, and null as none.
type OneOrMore[T ~string] []T

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (l *OneOrMore[T]) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	if kind := d.PeekKind(); kind == '[' || kind == 'n' {
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

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (o *octets) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readWhole(d, (*int64)(o)) }

// UnmarshalJSONFrom implements json.UnmarshalerFrom: a text of digits is read too.
func (c *Code) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readWhole(d, (*int64)(c)) }

// UnmarshalJSONFrom implements json.UnmarshalerFrom: a text of digits is read too.
func (f *Failure) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readWhole(d, (*int64)(f)) }

// Seconds is a span of time, written as a number; a text of digits is read too.
type Seconds int64

// UnmarshalJSONFrom implements json.UnmarshalerFrom.
func (s *Seconds) UnmarshalJSONFrom(d *jsontext.Decoder) error { return readWhole(d, (*int64)(s)) }

var errWhole = errors.New("not a whole number")

func readWhole(d *jsontext.Decoder, to *int64) error {
	if d.PeekKind() != '"' {
		return json.UnmarshalDecode(d, to)
	}
	var text string
	if err := json.UnmarshalDecode(d, &text); err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return errWhole
	}
	*to = n
	return nil
}

// CutTel returns what follows the scheme of a tel URI, which may be in either case (RFC 3986 §3.1).
func CutTel(uri string) (rest string, isTel bool) {
	if len(uri) < len(teleURI) || !strings.EqualFold(uri[:len(teleURI)], teleURI) {
		return uri, false
	}
	return uri[len(teleURI):], true
}
