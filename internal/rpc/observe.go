package rpc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

var w3c propagation.TraceContext

// spanStarter opens server spans named by the operation, as children of the caller's (W3C Trace Context). The route is the
// pattern, never the path: a path may name somebody.
func (r *Router) spanStarter(o *operation) func(context.Context, http.Header) (context.Context, trace.Span) {
	opts := []trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindServer),
		trace.WithAttributes(attribute.String("http.request.method", o.Method), attribute.String("http.route", o.Path)),
	}
	return func(ctx context.Context, h http.Header) (context.Context, trace.Span) {
		return r.cfg.Tracer.Start(w3c.Extract(ctx, propagation.HeaderCarrier(h)), o.Name, opts...)
	}
}

// observe ends the span, counts the request and writes its line in the access log, also when the handler panics.
func (r *Router) observe(o *operation, next http.Handler) http.Handler {
	seconds := r.meter.seconds.WithLabelValues(o.Name)
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		start := time.Now()
		x := exchangeFrom(req.Context())
		returned := false
		defer func() {
			status, took := x.outcome(returned), time.Since(start)
			endSpan(x.span, status)
			r.meter.requests.WithLabelValues(o.Name, strconv.Itoa(status)).Inc()
			seconds.Observe(took.Seconds())
			r.logExchange(req.Context(), x, status, took)
		}()
		next.ServeHTTP(w, req)
		returned = true
	})
}

func endSpan(span trace.Span, status int) {
	if span.IsRecording() {
		span.SetAttributes(attribute.Int("http.response.status_code", status))
		if status >= 500 {
			span.SetStatus(codes.Error, "")
		}
	}
	span.End()
}

// logExchange writes one line: no query, no header but the correlator, no body, no path.
func (r *Router) logExchange(ctx context.Context, x *exchange, status int, took time.Duration) {
	level := slog.LevelInfo
	if ours := x.failure == nil || x.failure.Reason != ReasonCancelled; status >= 500 && ours {
		level = slog.LevelError
	}
	if !r.cfg.Log.Enabled(ctx, level) {
		return
	}
	attrs := append(make([]slog.Attr, 0, 10), slog.String("op", x.op.Name), slog.Int("status", status), slog.Int64("bytes", x.written),
		slog.Duration("took", took), slog.String("correlator", x.correlator))
	if x.caller != nil {
		attrs = append(attrs, slog.String("client", x.caller.Client))
	}
	if span := x.span.SpanContext(); span.HasTraceID() {
		attrs = append(attrs, slog.String("trace", span.TraceID().String()))
	}
	if e := x.failure; e != nil {
		attrs = append(attrs, slog.String("kind", string(e.Kind)), slog.String("reason", e.Reason))
		if level == slog.LevelError && e.Err != nil {
			attrs = append(attrs, slog.String("error", e.Err.Error()))
		}
	}
	r.cfg.Log.LogAttrs(ctx, level, "request", attrs...)
}

// meter counts requests by operation and status and times them by operation. Both label sets are fixed by the program.
type meter struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
}

func newMeter(reg prometheus.Registerer) *meter {
	return &meter{
		requests: register(reg, prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "simtrust_requests_total", Help: "Requests served, by operation and HTTP status.",
		}, []string{"op", "status"})),
		seconds: register(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "simtrust_request_seconds", Help: "Time to serve a request, by operation.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10},
		}, []string{"op"})),
	}
}

// register returns c, or the collector of the same name that another router has put into reg.
func register[C prometheus.Collector](reg prometheus.Registerer, c C) C {
	err := reg.Register(c)
	if dup, ok := errors.AsType[prometheus.AlreadyRegisteredError](err); ok {
		if old, same := dup.ExistingCollector.(C); same {
			return old
		}
	}
	if err != nil {
		panic("rpc: metrics: " + err.Error())
	}
	return c
}
