package rpc

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"go.opentelemetry.io/otel/trace"

	"simtrust"
)

// exchange is one request and what became of it: the response writer of the ring, and the notes that the log, the metrics and
// the span read when it is over.
type exchange struct {
	http.ResponseWriter
	op         *operation
	correlator string
	refusal    error // of the correlator
	credential bool  // the request came with an Authorization header
	caller     *Caller
	span       trace.Span
	failure    *simtrust.Error
	status     int
	written    int64
}

type exchangeKey struct{}

func exchangeFrom(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
	}
	x.ResponseWriter.WriteHeader(status)
}

func (x *exchange) Write(p []byte) (int, error) {
	if x.status == 0 {
		x.status = http.StatusOK
	}
	n, err := x.ResponseWriter.Write(p)
	x.written += int64(n)
	return n, err
}

// Unwrap serves http.ResponseController: flushing, deadlines, hijacking.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// outcome is the status for the log and the metrics. A handler that wrote nothing has answered 200; one that panicked, 500.
func (x *exchange) outcome(returned bool) int {
	switch {
	case !returned:
		return http.StatusInternalServerError
	case x.status == 0:
		return http.StatusOK
	default:
		return x.status
	}
}

// Fail answers a request with err, rendered by the face of its path. Any error that is not a *simtrust.Error is internal: its
// text goes to the log, never out. Raw handlers use it where their standard has no error form of its own.
func Fail(w http.ResponseWriter, r *http.Request, err error) { fail(r.Context(), err, w) }

func fail(ctx context.Context, err error, w http.ResponseWriter) {
	x := exchangeFrom(ctx)
	e := normalise(x.op.Name, err)
	x.failure = e
	reply := x.op.face.Render(e, x.correlator)
	h := w.Header()
	x.challenge(h, e, reply.Status)
	if retry, ok := errors.AsType[retryAfter](err); ok {
		h.Set("Retry-After", retry.seconds())
	}
	h.Set("Content-Type", reply.ContentType)
	h.Set("Content-Length", strconv.Itoa(len(reply.Body)))
	w.WriteHeader(reply.Status)
	_, _ = w.Write(reply.Body) // the caller is gone: nobody is left to tell
}
