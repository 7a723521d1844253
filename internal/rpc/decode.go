package rpc

import (
	"bytes"
	"context"
	"errors"
	"mime"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	kithttp "github.com/go-kit/kit/transport/http"

	"simtrust"
)

// decoder makes the transport's decoder of one request type.
func decoder[Req any](p *plan, strict bool) kithttp.DecodeRequestFunc {
	return func(_ context.Context, r *http.Request) (any, error) {
		var req Req
		if err := p.readBody(r, &req, strict); err != nil {
			return nil, err
		}
		if err := p.readParams(r, reflect.ValueOf(&req).Elem(), strict); err != nil {
			return nil, err
		}
		return req, nil
	}
}

// readBody decodes the body into req, a pointer. Operations without body members take an empty body, or an empty object.
func (p *plan) readBody(r *http.Request, req any, strict bool) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead || r.Method == http.MethodDelete {
		return nil
	}
	body, err := slurp(r)
	if err != nil {
		return err
	}
	if len(body) == 0 {
		if p.body {
			return malformed("a JSON body is required")
		}
		return nil
	}
	if err := checkMediaType(r.Header); err != nil {
		return err
	}
	if p.object && !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return malformed("the body must be one JSON object")
	}
	return unmarshal(body, req, strict)
}

// slurp reads the whole body, which the ring has bounded.
func slurp(r *http.Request) ([]byte, error) {
	buf := bytes.NewBuffer(make([]byte, 0, min(max(r.ContentLength, 0), 4096)+bytes.MinRead))
	_, err := buf.ReadFrom(r.Body)
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge(err)
	}
	if err != nil {
		return nil, malformed("the body ended early")
	}
	return buf.Bytes(), nil
}

// checkMediaType asks for application/json in UTF-8 without a content coding.
func checkMediaType(h http.Header) error {
	given := h["Content-Type"]
	if len(given) == 1 && (given[0] == "application/json" || isJSON(given[0])) && identity(h.Get("Content-Encoding")) {
		return nil
	}
	return &simtrust.Error{
		Kind: simtrust.KindInvalid, Reason: ReasonMediaType, Msg: "the body must be sent as application/json, UTF-8, without a content coding",
	}
}

func isJSON(contentType string) bool {
	t, params, err := mime.ParseMediaType(contentType)
	charset, given := params["charset"]
	return err == nil && t == "application/json" && (!given || strings.EqualFold(charset, "utf-8"))
}

func identity(coding string) bool { return coding == "" || strings.EqualFold(coding, "identity") }

// unmarshal decodes one JSON text. Duplicate members, invalid UTF-8 and trailing data are refused by the library, unknown members
// where strict. Otherwise unknown members are ignored, unless one differs from a known member in case only: that is a mistake
// or an attempt to show two readers two things.
func unmarshal(body []byte, req any, strict bool) error {
	err := json.Unmarshal(body, req, json.RejectUnknownMembers(true))
	if err == nil {
		return nil
	}
	if strict || !errors.Is(err, json.ErrUnknownName) {
		return bodyError(err)
	}
	v := reflect.ValueOf(req).Elem()
	v.SetZero()
	if err := json.Unmarshal(body, req); err != nil {
		return bodyError(err)
	}
	folded := reflect.New(v.Type())
	if err := json.Unmarshal(body, folded.Interface(), json.MatchCaseInsensitiveNames(true)); err != nil {
		return bodyError(err)
	}
	if !reflect.DeepEqual(folded.Elem().Interface(), v.Interface()) {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonUnknownMember, Msg: "a member differs from a known one in case only"}
	}
	return nil
}

// readParams sets the fields that travel outside the body.
func (p *plan) readParams(r *http.Request, v reflect.Value, strict bool) error {
	query, err := p.readQuery(r.URL.RawQuery, strict)
	if err != nil {
		return err
	}
	for _, q := range p.params {
		var values []string
		switch q.in {
		case "path":
			values = []string{r.PathValue(q.name)}
		case "query":
			values = query[q.name]
		default:
			values = r.Header.Values(q.name)
		}
		if err := q.set(v.FieldByIndex(q.index), values); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) readQuery(raw string, strict bool) (url.Values, error) {
	if raw == "" {
		return nil, nil
	}
	query, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonParameter, Msg: "the query is malformed"}
	}
	for name := range query {
		if strict && !slices.Contains(p.query, name) {
			return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonUnknownMember, Msg: "the query has an unknown parameter"}
		}
	}
	return query, nil
}

// set gives the field its value: one at most, unless it is a list.
func (q param) set(field reflect.Value, values []string) error {
	for _, s := range values {
		if !utf8.ValidString(s) {
			return q.invalid()
		}
	}
	if field.Kind() == reflect.Slice {
		field.Set(reflect.ValueOf(values).Convert(field.Type()))
		return nil
	}
	switch {
	case len(values) == 0:
		return nil
	case len(values) > 1 || setText(field, values[0]) != nil:
		return q.invalid()
	}
	return nil
}

func (q param) invalid() error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonParameter, Msg: "the " + q.in + " parameter " + q.name + " is invalid"}
}
