package rpc

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/go-kit/kit/endpoint"
	kithttp "github.com/go-kit/kit/transport/http"
	"github.com/sony/gobreaker/v2"

	"simtrust"
)

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
