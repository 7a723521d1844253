package rpc_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"simtrust/internal/rpc"
)

// watched is a router whose log, metrics and spans can be read.
type watched struct {
	*rpc.Router
	log   *bytes.Buffer
	reg   *prometheus.Registry
	spans *tracetest.InMemoryExporter
}

func newWatched() watched {
	w := watched{log: &bytes.Buffer{}, reg: prometheus.NewRegistry(), spans: tracetest.NewInMemoryExporter()}
	provider := sdktrace.NewTracerProvider(sdktrace.WithSyncer(w.spans))
	w.Router = newRouter(rpc.Config{
		Log: slog.New(slog.NewJSONHandler(w.log, nil)), Registry: w.reg, Tracer: provider.Tracer("test"), Timeout: time.Minute,
	})
	w.Raw("raw.panic", "GET /panic", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret of the house") }))
	w.Raw("raw.late", "GET /late", http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "half")
		panic("late")
	}))
	w.Raw("raw.secret", "GET /secret", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rpc.Fail(w, r, errors.New("pq: password of the house"))
	}))
	w.Raw("raw.slow", "GET /slow", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		rpc.Fail(w, r, fmt.Errorf("waiting: %w", r.Context().Err()))
	}), rpc.Timeout(time.Nanosecond))
	return w
}

// count reads one counter.
func (w watched) count(t *testing.T, op, status string) float64 {
	t.Helper()
	families, err := w.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if l := m.GetLabel(); f.GetName() == "simtrust_requests_total" && l[0].GetValue() == op && l[1].GetValue() == status {
				return m.GetCounter().GetValue()
			}
		}
	}
	return 0
}

func get(target string, changes ...func(*http.Request)) *http.Request {
	return request(target, "", append(changes, func(r *http.Request) { r.Method = http.MethodGet })...)
}

func TestRingAnswersFailures(t *testing.T) {
	tests := map[string]struct {
		request *http.Request
		op      string
		status  int
		reason  string
	}{
		"panic":          {get("/panic"), "raw.panic", 500, ""},
		"internal error": {get("/secret"), "raw.secret", 500, ""},
		"timeout":        {get("/slow"), "raw.slow", 504, rpc.ReasonTimeout},
		"no such path":   {get("/nowhere"), "unmatched", 404, rpc.ReasonNoResource},
		"method":         {get("/notes/v1/n1"), "unmatched", 405, rpc.ReasonMethod},
		"path not clean": {request("/notes//v1/../v1/n1", `{"text":"a"}`), "unmatched", 404, rpc.ReasonNoResource},
		"asterisk":       {request("*", ""), "unmatched", 404, rpc.ReasonNoResource},
		"body too large": {request("/notes/v1/n1", strings.Repeat(" ", 1<<20)), "note.write", 413, rpc.ReasonBodyTooLarge},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			router := newWatched()
			w := serve(router, tt.request)
			var p refused
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || p.Status != tt.status || p.Reason != tt.reason || w.Header().Get("Content-Type") != rpc.ProblemType {
				t.Errorf("%d %v %+v", w.Code, w.Header(), p)
			}
			if id := w.Header().Get("X-Correlator"); id == "" || p.Correlator != id || !strings.Contains(router.log.String(), id) {
				t.Errorf("correlator %q; log %s", id, router.log)
			}
			if strings.Contains(w.Body.String(), "house") {
				t.Errorf("the cause went out: %s", w.Body)
			}
			if n := router.count(t, tt.op, fmt.Sprint(tt.status)); n != 1 {
				t.Errorf("counted %v times", n)
			}
			if spans := router.spans.GetSpans(); len(spans) != 1 || spans[0].Name != tt.op {
				t.Errorf("spans %v", spans)
			}
		})
	}
}

func TestMethodNotAllowedNamesTheMethods(t *testing.T) {
	if got := serve(newRouter(rpc.Config{}), get("/notes/v1/n1")).Header().Get("Allow"); got != "POST" {
		t.Errorf("Allow: %s", got)
	}
}

func TestPanicAfterTheAnswerBeganCutsTheConnection(t *testing.T) {
	router := newWatched()
	defer func() {
		if p := recover(); p != http.ErrAbortHandler {
			t.Errorf("recovered %v", p)
		}
		if router.count(t, "raw.late", "500") != 1 || !strings.Contains(router.log.String(), "late") {
			t.Errorf("log %s", router.log)
		}
	}()
	serve(router, get("/late"))
}

func TestCorrelator(t *testing.T) {
	long := strings.Repeat("a", 256)
	for given, echoed := range map[string]bool{
		"b4333c46-49c0-4f62-80d7-f0ef930f1c46": true, `a:;./<>{}_-9`: true, long: true, "": false, long + "a": false, "a b": false, "a\tb": false,
		"é": false, "a+b": false, "a\\b": false, "a\r\nSet-Cookie: x=1": false,
	} {
		w := serve(newRouter(rpc.Config{}), request("/notes/v1/n1", `{"text":"a"}`, header("X-Correlator", given)))
		got := w.Header().Get("X-Correlator")
		if w.Code != http.StatusOK || (got == given) != echoed || !rpc.ValidCorrelator(got) || got == "" {
			t.Errorf("%q: %d, answered %q", given, w.Code, got)
		}
	}
}

func TestCorrelatorIsKnownInside(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	r.Raw("raw", "GET /raw", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, rpc.Correlator(r.Context()))
	}))
	if w := serve(r, get("/raw", header("X-Correlator", "c1"))); w.Body.String() != "c1" {
		t.Error(w.Body)
	}
	if id := rpc.Correlator(context.Background()); id != "" {
		t.Error(id)
	}
}

func TestEveryAnswerHasTheSafeHeaders(t *testing.T) {
	router := newWatched()
	for _, r := range []*http.Request{get("/nowhere"), get("/panic"), request("/notes/v1/n1", `{"text":"a"}`), request("/notes/v1/n1", "", without("Authorization"))} {
		h := serve(router, r).Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" || h.Get("X-Correlator") == "" {
			t.Errorf("%s: %v", r.URL.Path, h)
		}
	}
}

// The log names the operation, not the path, and holds no query, body or header of the request.
func TestLogHoldsNoInput(t *testing.T) {
	router := newWatched()
	for _, r := range []*http.Request{
		request("/notes/v1/8613800138000?limit=13800138000&tag=13800138000", `{"text":"13800138000"}`, header("X-Origin", "13800138000")),
		request("/notes/v1/8613800138000?13800138000=1", `{"text":"13800138000"}`),
		request("/notes/v1/8613800138000", `{"text":13800138000,"13800138000":1}`),
		get("/13800138000?q=13800138000", header("User-Agent", "13800138000")),
	} {
		serve(router, r)
	}
	if log := router.log.String(); strings.Contains(log, "13800138000") || strings.Count(log, "\n") != 4 {
		t.Error(log)
	}
	for _, s := range router.spans.GetSpans() {
		if strings.Contains(fmt.Sprint(s.Name, s.Attributes, s.Events), "13800138000") {
			t.Errorf("span %v", s.Attributes)
		}
	}
}

func TestLogKeepsTheCauseOfAnInternalError(t *testing.T) {
	router := newWatched()
	serve(router, get("/secret"))
	if log := router.log.String(); !strings.Contains(log, "pq: password of the house") || !strings.Contains(log, `"level":"ERROR"`) {
		t.Error(log)
	}
}

func TestCallerGoneIsNoError(t *testing.T) {
	router := newWatched()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	router.Raw("raw.gone", "GET /gone", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { rpc.Fail(w, r, r.Context().Err()) }))
	serve(router, get("/gone").WithContext(ctx))
	if log := router.log.String(); strings.Contains(log, "ERROR") || !strings.Contains(log, rpc.ReasonCancelled) {
		t.Error(log)
	}
}

func TestSpanContinuesTheTrace(t *testing.T) {
	router := newWatched()
	serve(router, request("/notes/v1/n1", `{"text":"a"}`, header("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")))
	s := router.spans.GetSpans()[0]
	if s.Name != "note.write" || s.SpanContext.TraceID().String() != "0af7651916cd43dd8448eb211c80319c" || s.Parent.SpanID().String() != "b7ad6b7169203331" {
		t.Errorf("%s in %v, parent %v", s.Name, s.SpanContext.TraceID(), s.Parent.SpanID())
	}
	if !strings.Contains(router.log.String(), "0af7651916cd43dd8448eb211c80319c") {
		t.Error(router.log)
	}
}

func TestRawKeepsTheBodyLimit(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{MaxBody: 10})
	r.Raw("raw", "POST /raw", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if err == nil {
			t.Error("read to the end")
		}
		http.Error(w, "too much", http.StatusRequestEntityTooLarge)
	}))
	req := request("/raw", strings.Repeat("a", 11))
	req.ContentLength = -1
	if w := serve(r, req); w.Code != http.StatusRequestEntityTooLarge {
		t.Error(w.Code)
	}
}

// TestTooMuchFromAClientThatCloses: the answer reaches it, while it may still be sending.
func TestTooMuchFromAClientThatCloses(t *testing.T) {
	server := httptest.NewServer(newRouter(rpc.Config{MaxBody: 10}))
	defer server.Close()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for range 50 {
		res, err := client.Post(server.URL+"/notes/v1/n1", "application/json", strings.NewReader(strings.Repeat(" ", 200<<10)))
		if err != nil {
			t.Fatal(err)
		}
		if res.Body.Close() != nil || res.StatusCode != http.StatusRequestEntityTooLarge {
			t.Error(res.Status)
		}
	}
}

func TestRawCanStream(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	r.Raw("raw", "GET /raw", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, bounded := r.Context().Deadline(); bounded {
			t.Error("a stream has a time limit")
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
	}), rpc.Timeout(0))
	if w := serve(r, get("/raw")); !w.Flushed {
		t.Error("not flushed")
	}
}

func TestTwoRoutersShareOneRegistry(t *testing.T) {
	reg := prometheus.NewRegistry()
	for range 2 {
		serve(newRouter(rpc.Config{Registry: reg}), httptest.NewRequest(http.MethodGet, "/", nil))
	}
	if n := (watched{reg: reg}).count(t, "unmatched", "404"); n != 2 {
		t.Errorf("counted %v", n)
	}
}

// breaking is a body that breaks off.
type breaking struct{}

func (breaking) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestBodyBreaksOff(t *testing.T) {
	r := request("/notes/v1/n1", "")
	r.Body, r.ContentLength = io.NopCloser(breaking{}), 100
	if w := serve(newRouter(rpc.Config{}), r); w.Code != http.StatusBadRequest || !strings.Contains(w.Body.String(), rpc.ReasonMalformedBody) {
		t.Error(w.Code, w.Body)
	}
}
