package rpc

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"

	"github.com/go-json-experiment/json"
	kithttp "github.com/go-kit/kit/transport/http"
)

// Handle mounts fn as the operation op at pattern, "METHOD /path". Fields of Req with the tags path, query or header come from
// there, the others from the JSON body; Res is the JSON answer. One of [Scope], [Authenticated] and [Public] must be given.
// A Res may add headers or choose its status by go-kit's Headerer and StatusCoder.
func Handle[Req, Res any](r *Router, op, pattern string, fn func(context.Context, Req) (Res, error), opts ...Option) {
	o := r.operation(op, pattern, opts)
	if !o.declared {
		panic(fmt.Sprintf("rpc: operation %s: say who may call it: Scope, Authenticated or Public", op))
	}
	o.Req, o.Res = reflect.TypeFor[Req](), reflect.TypeFor[Res]()
	p, err := planOf(o.Req, o.Method, o.Path)
	if err != nil {
		panic(fmt.Sprintf("rpc: operation %s: %v", op, err))
	}
	o.endpoint = r.limiterOf(o).middleware(func(ctx context.Context, req any) (any, error) { return fn(ctx, req.(Req)) })
	r.mount(o, kithttp.NewServer(o.endpoint, decoder[Req](p, o.face.Strict()), encoder(o.status), kithttp.ServerErrorEncoder(fail)))
}

// Raw mounts a plain handler within the same ring: recover, trace, correlator, log, metrics, size and time limits, and, if [Scope] or
// [Authenticated] is given, the check of the credential. Otherwise the handler checks its own.
func (r *Router) Raw(op, pattern string, h http.Handler, opts ...Option) {
	r.mount(r.operation(op, pattern, append([]Option{Public()}, opts...)), h)
}

// encoder makes the transport's encoder: JSON, or nothing with 204.
func encoder(status int) kithttp.EncodeResponseFunc {
	return func(_ context.Context, w http.ResponseWriter, res any) error {
		h, status := w.Header(), status
		if c, ok := res.(kithttp.StatusCoder); ok {
			status = c.StatusCode()
		}
		var body []byte
		if status != http.StatusNoContent {
			var err error
			if body, err = json.Marshal(res); err != nil {
				return err
			}
			h.Set("Content-Type", "application/json")
			h.Set("Content-Length", strconv.Itoa(len(body)))
		}
		if extra, ok := res.(kithttp.Headerer); ok {
			for name, values := range extra.Headers() {
				h[http.CanonicalHeaderKey(name)] = values
			}
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // the caller is gone: nobody is left to tell
		return nil
	}
}
