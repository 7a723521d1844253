package rpc

import (
	"context"
	"fmt"
	"net/http"
	"runtime/debug"

	"simtrust"
)

// ring puts the HTTP ring round h. Nothing in it reads the body, so a caller without the right is turned away before one octet
// of its body is parsed.
func (r *Router) ring(o *operation, h http.Handler) http.Handler {
	h = r.authorise(o, h)
	h = bound(o, h)
	h = refuse(h)
	h = r.measure(o, h)
	h = r.logAccess(o, h)
	h = correlate(h)
	h = r.trace(o, h)
	h = r.recovered(o, h)
	return open(o, h)
}

// open starts the exchange and sets the headers that every response has unless its handler knows better.
func open(o *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := &exchange{ResponseWriter: w, op: o, credential: r.Header.Get("Authorization") != ""}
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(x, r.WithContext(context.WithValue(r.Context(), exchangeKey{}, x)))
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
			r.cfg.Log.ErrorContext(req.Context(), "panic", "op", o.Name, "correlator", x.correlator, "panic", fmt.Sprint(p), "stack", string(debug.Stack()))
			if x.status != 0 {
				panic(http.ErrAbortHandler)
			}
			Fail(w, req, &simtrust.Error{Kind: simtrust.KindInternal})
		}()
		next.ServeHTTP(w, req)
	})
}

// bound limits the body and the time. Both act on raw handlers too.
func bound(o *operation, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength > o.maxBody {
			Fail(w, r, tooLarge(nil))
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, o.maxBody)
		if o.timeout > 0 {
			ctx, cancel := context.WithTimeout(r.Context(), o.timeout)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}
