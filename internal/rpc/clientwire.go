package rpc

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"go.opentelemetry.io/otel/propagation"

	"simtrust"
)

// maxAnswer bounds what a client reads of one answer.
const maxAnswer = 16 << 20

// request builds the HTTP request of one call.
func (c *Client) request(ctx context.Context, p *plan, method, path string, req any) (*http.Request, error) {
	if u, err := url.Parse(c.base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonUnreachable, Msg: "the server's address is not an http or https URL"}
	}
	var body io.Reader
	if p.body {
		b, err := json.Marshal(req)
		if err != nil {
			return nil, malformed("the request cannot be written as JSON")
		}
		body = bytes.NewReader(b)
	}
	r, err := http.NewRequestWithContext(ctx, method, c.base+p.target(path, reflect.ValueOf(req)), body)
	if err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonParameter, Err: err}
	}
	p.writeHeaders(r.Header, reflect.ValueOf(req))
	if p.body {
		r.Header.Set("Content-Type", "application/json")
	}
	if c.token != "" {
		r.Header.Set("Authorization", "Bearer "+c.token)
	}
	if id := Correlator(ctx); id != "" {
		r.Header.Set(CorrelatorHeader, id)
	}
	w3c.Inject(ctx, propagation.HeaderCarrier(r.Header))
	return r, nil
}

// target is path with its wildcards filled, and the query.
func (p *plan) target(path string, v reflect.Value) string {
	query := url.Values{}
	for _, q := range p.params {
		field := v.FieldByIndex(q.index)
		switch {
		case q.in == "path":
			for _, w := range []string{"{" + q.name + "}", "{" + q.name + "...}"} {
				path = strings.Replace(path, w, url.PathEscape(text(field)), 1)
			}
		case q.in == "query" && field.Kind() == reflect.Slice:
			for i := range field.Len() {
				query.Add(q.name, text(field.Index(i)))
			}
		case q.in == "query" && !field.IsZero():
			query.Set(q.name, text(field))
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

func (p *plan) writeHeaders(h http.Header, v reflect.Value) {
	for _, q := range p.params {
		if field := v.FieldByIndex(q.index); q.in == "header" && !field.IsZero() {
			h.Set(q.name, text(field))
		}
	}
}

// decodeAnswer reads Res from a 2xx answer and an error from any other. New members of a newer server are ignored.
func decodeAnswer[Res any](_ context.Context, r *http.Response) (any, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxAnswer+1))
	if err != nil || len(body) > maxAnswer {
		return nil, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonUnreachable, Msg: "the answer broke off or is too large", Err: err}
	}
	if r.StatusCode < 200 || r.StatusCode > 299 {
		return nil, answerError(r, body)
	}
	var res Res
	if len(body) == 0 {
		return res, nil
	}
	if err := json.Unmarshal(body, &res); err != nil {
		return nil, &simtrust.Error{Kind: simtrust.KindInternal, Err: bodyError(err)}
	}
	return res, nil
}

// Answer reads the answer to a request that [Call] did not make, because it is no JSON. The errors are those of Call.
func Answer[Res any](r *http.Response) (Res, error) {
	res, err := decodeAnswer[Res](r.Request.Context(), r)
	if err != nil {
		var none Res
		return none, err
	}
	return res.(Res), nil
}

// answerError makes the error that the operation returned out of problem details, or the kind of the status for anything else.
func answerError(r *http.Response, body []byte) *simtrust.Error {
	var p problem
	if r.Header.Get("Content-Type") != ProblemType || json.Unmarshal(body, &p) != nil {
		p = problem{}
	}
	e := &simtrust.Error{Kind: cmp.Or(p.Kind, kindOfStatus(r.StatusCode)), Reason: p.Reason, Msg: p.Detail}
	if statusOfKind(e.Kind) == http.StatusInternalServerError {
		e.Kind = kindOfStatus(r.StatusCode)
	}
	return e
}
