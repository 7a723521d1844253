package obs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"simtrust"
	"simtrust/internal/obs"
)

func newObs(t *testing.T, cfg obs.Config) *obs.Obs {
	t.Helper()
	o, err := obs.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return o
}

func get(h http.Handler) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	return w
}

func TestLogFormats(t *testing.T) {
	var out bytes.Buffer
	newObs(t, obs.Config{Format: "json", Level: "warn", Output: &out}).Log.Warn("full", "disk", "/data")
	var line struct{ Level, Msg, Disk string }
	if err := json.Unmarshal(out.Bytes(), &line); err != nil || line.Level != "WARN" || line.Msg != "full" || line.Disk != "/data" {
		t.Errorf("json line %q: %v", out.String(), err)
	}
	out.Reset()
	newObs(t, obs.Config{Output: &out}).Log.Info("two\nlines", "k", "a\nlevel=ERROR")
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, `msg="two\nlines"`) {
		t.Errorf("text line %q", got)
	}
}

func TestLogLevels(t *testing.T) {
	for level, lines := range map[string]int{"debug": 4, "info": 3, "": 3, "warn": 2, "error": 1} {
		var out bytes.Buffer
		log := newObs(t, obs.Config{Level: level, Output: &out}).Log
		log.Debug("1")
		log.Info("2")
		log.Warn("3")
		log.Error("4")
		if got := strings.Count(out.String(), "\n"); got != lines {
			t.Errorf("level %q: %d lines, want %d", level, got, lines)
		}
	}
}

func TestUnknownLogSetting(t *testing.T) {
	for _, cfg := range []obs.Config{{Level: "verbose"}, {Level: "INFO"}, {Level: "info+1"}, {Format: "xml"}, {Format: "JSON"}} {
		o, err := obs.New(cfg)
		if o != nil || simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != obs.ReasonLogSetting {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

func TestMetrics(t *testing.T) {
	w := get(newObs(t, obs.Config{}).MetricsHandler())
	for _, name := range []string{"go_goroutines", "go_build_info"} {
		if !strings.Contains(w.Body.String(), "\n"+name) {
			t.Errorf("/metrics lacks %s", name)
		}
	}
	if w.Code != http.StatusOK || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Errorf("/metrics: %d %s", w.Code, w.Header().Get("Content-Type"))
	}
}

func TestSpansHaveIDsWithoutAnExporter(t *testing.T) {
	o := newObs(t, obs.Config{})
	_, span := o.Tracer.Start(t.Context(), "op")
	defer span.End()
	if c := span.SpanContext(); !c.IsValid() || c.IsSampled() || span.IsRecording() {
		t.Errorf("span of our own: %+v", c)
	}
}

func TestCallersTraceIsContinued(t *testing.T) {
	o := newObs(t, obs.Config{})
	for flag, sampled := range map[string]bool{"00": false, "01": true} {
		const id = "4bf92f3577b34da6a3ce929d0e0e4736"
		in := propagation.HeaderCarrier(http.Header{"Traceparent": {"00-" + id + "-00f067aa0ba902b7-" + flag}})
		ctx, span := o.Tracer.Start(propagation.TraceContext{}.Extract(t.Context(), in), "op")
		span.End()
		out := propagation.HeaderCarrier{}
		propagation.TraceContext{}.Inject(ctx, out)
		c := trace.SpanContextFromContext(ctx)
		if c.TraceID().String() != id || c.IsSampled() != sampled || !strings.HasSuffix(out.Get("traceparent"), "-"+flag) {
			t.Errorf("flag %s: continued as %s", flag, out.Get("traceparent"))
		}
	}
}
