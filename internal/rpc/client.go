package rpc

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-kit/kit/endpoint"
	kithttp "github.com/go-kit/kit/transport/http"
	"github.com/sony/gobreaker/v2"
	"go.opentelemetry.io/otel/propagation"

	"simtrust"
)

// maxAnswer bounds what a client reads of one answer.
const maxAnswer = 16 << 20

// Client is one server as its callers see it.
type Client struct {
	base    string
	http    *http.Client
	token   string
	breaker *gobreaker.CircuitBreaker[any]
}

// ClientOption sets how a client behaves.
type ClientOption func(*gobreaker.Settings)

// Breaker opens the circuit after so many failures in a row (unavailable or internal) and tries again after pause. The default is
// 5 failures and 5 seconds.
func Breaker(failures uint32, pause time.Duration) ClientOption {
	return func(s *gobreaker.Settings) {
		s.Timeout = pause
		s.ReadyToTrip = func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failures }
	}
}

// NewClient returns a client of the server at base, an http or https URL, that presents token, if any, as a Bearer token. A nil hc
// means one with a timeout of 30 s that follows no redirect.
func NewClient(base string, hc *http.Client, token string, opts ...ClientOption) *Client {
	if hc == nil {
		hc = &http.Client{
			Timeout:       30 * time.Second,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	settings := gobreaker.Settings{IsSuccessful: answered}
	Breaker(5, 5*time.Second)(&settings)
	for _, opt := range opts {
		opt(&settings)
	}
	return &Client{base: strings.TrimSuffix(base, "/"), http: hc, token: token, breaker: gobreaker.NewCircuitBreaker[any](settings)}
}

// answered reports whether a call says nothing against the health of the server.
func answered(err error) bool {
	k := simtrust.KindOf(err)
	return k != simtrust.KindUnavailable && k != simtrust.KindInternal || simtrust.ReasonOf(err) == ReasonCancelled
}

// Call returns the operation at pattern, as given to [Handle], as a function. Its errors have the Kind and Reason that the operation
// returned; KindUnavailable with [ReasonUnreachable] means that no answer came, so that the outcome is unknown. A request type
// that does not fit the pattern panics.
func Call[Req, Res any](c *Client, pattern string) func(context.Context, Req) (Res, error) {
	method, path, err := splitPattern(pattern)
	if err != nil {
		panic("rpc: " + err.Error())
	}
	p, err := planOf(reflect.TypeFor[Req](), method, path)
	if err != nil {
		panic(fmt.Sprintf("rpc: client of %s: %v", pattern, err))
	}
	create := func(ctx context.Context, req any) (*http.Request, error) { return c.request(ctx, p, method, path, req) }
	remote := kithttp.NewExplicitClient(create, decodeAnswer[Res], kithttp.SetClient(c.http)).Endpoint()
	call := endpoint.Chain(c.guard, worded(pattern))(remote)
	return func(ctx context.Context, req Req) (Res, error) {
		res, err := call(ctx, req)
		if err != nil {
			var none Res
			return none, err
		}
		return res.(Res), nil
	}
}

// guard is the circuit breaker.
func (c *Client) guard(next endpoint.Endpoint) endpoint.Endpoint {
	return func(ctx context.Context, req any) (any, error) {
		res, err := c.breaker.Execute(func() (any, error) { return next(ctx, req) })
		if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
			return nil, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonCircuitOpen, Msg: "the server failed several times; not asked again yet", Err: err}
		}
		return res, err
	}
}

// worded gives every error its kind. What the transport says is that no answer came.
func worded(pattern string) endpoint.Middleware {
	return func(next endpoint.Endpoint) endpoint.Endpoint {
		return func(ctx context.Context, req any) (any, error) {
			res, err := next(ctx, req)
			if err == nil {
				return res, nil
			}
			e := normalise(pattern, err)
			if _, ok := errors.AsType[*url.Error](err); ok && e.Kind == simtrust.KindInternal {
				e.Kind, e.Reason, e.Msg = simtrust.KindUnavailable, ReasonUnreachable, "the server did not answer"
			}
			return nil, e
		}
	}
}

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
