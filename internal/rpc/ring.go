package rpc

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"

	"simtrust"
)

// ring puts the HTTP ring round h. Nothing in it looks at the body, so a caller without the right is turned away before one octet
// of its body is parsed.
func (r *Router) ring(o *operation, h http.Handler) http.Handler {
	h = admitted(o, h)
	h = r.authorise(o, h)
	h = limitBody(o, h)
	h = refuse(h)
	h = r.observe(o, h)
	h = correlate(h)
	h = r.recovered(o, h)
	return r.open(o, h)
}

// admitted lets a request through that the operation's check has nothing against.
func admitted(o *operation, next http.Handler) http.Handler {
	if o.admit == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if err := o.admit(req); err != nil {
			Fail(w, req, err)
			return
		}
		next.ServeHTTP(w, req)
	})
}

// open starts the exchange: its context carries the span and the time limit, its response the headers that every answer has
// unless the handler knows better.
func (r *Router) open(o *operation, next http.Handler) http.Handler {
	start := r.spanStarter(o)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		x := &exchange{ResponseWriter: w, op: o, credential: req.Header.Get("Authorization") != ""}
		ctx, span := start(context.WithValue(req.Context(), exchangeKey{}, x), req.Header)
		x.span = span
		if o.timeout > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, o.timeout)
			defer cancel()
		}
		next.ServeHTTP(x, req.WithContext(ctx))
	})
}

// recovered answers 500 for a handler that panics; if the answer has begun, it cuts the connection, so that nobody takes half
// an answer for a whole one.
func (r *Router) recovered(o *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p)
			}
			x := exchangeFrom(req.Context())
			r.logPanic(req.Context(), o, x.correlator, p)
			if x.status != 0 {
				panic(http.ErrAbortHandler)
			}
			Fail(w, req, &simtrust.Error{Kind: simtrust.KindInternal})
		}()
		next.ServeHTTP(w, req)
	})
}

func (r *Router) logPanic(ctx context.Context, o *operation, correlator string, p any) {
	r.cfg.Log.ErrorContext(ctx, "panic", "op", o.Name, "correlator", correlator, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
}

// limitBody bounds what the handler, a raw one too, can read.
func limitBody(o *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer readLeft(r)
		if r.ContentLength > o.maxBody {
			Fail(w, r, tooLarge(nil))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, o.maxBody)
		next.ServeHTTP(w, r)
	})
}

// maxLeft bounds what is read of a body that nobody wanted.
const maxLeft = 256 << 10

// readLeft reads what is left of the body of a client that has the connection closed: closed with octets unread it would be reset, and
// the answer lost with it. Where connections stay, net/http does the same.
func readLeft(r *http.Request) {
	if r.Close && r.Header.Get("Expect") == "" {
		_, _ = io.CopyN(io.Discard, r.Body, maxLeft)
	}
}
