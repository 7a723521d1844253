package rpc_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust/internal/rpc"
)

const benchBody = `{"text":"a note of some length, as notes go","stars":5}`

// sink is a response writer that costs next to nothing.
type sink struct{ h http.Header }

func (s *sink) Header() http.Header         { return s.h }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) WriteHeader(int)             {}

func drive(b *testing.B, h http.Handler) {
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/bench", bytes.NewReader([]byte(benchBody)))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Authorization", "Bearer writer")
		h.ServeHTTP(&sink{http.Header{}}, r)
	}
}

type benchNote struct {
	Text  string `json:"text"`
	Stars int    `json:"stars"`
}

func echo(_ context.Context, n benchNote) (benchNote, error) { return n, nil }

// BenchmarkHandle is an operation within both rings, with metrics and an access log that is formatted and thrown away.
// The difference to BenchmarkBare is the price of the rings.
func BenchmarkHandle(b *testing.B) {
	r := rpc.NewRouter(rpc.Config{Auth: known, Log: slog.New(slog.NewJSONHandler(io.Discard, nil))})
	rpc.Handle(r, "bench", "POST /bench", echo, rpc.Scope("note:write"))
	drive(b, r)
}

// BenchmarkHandleQuiet is the same without an access log.
func BenchmarkHandleQuiet(b *testing.B) {
	r := rpc.NewRouter(rpc.Config{Auth: known})
	rpc.Handle(r, "bench", "POST /bench", echo, rpc.Scope("note:write"))
	drive(b, r)
}

// BenchmarkBare is the same operation on net/http alone.
func BenchmarkBare(b *testing.B) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /bench", func(w http.ResponseWriter, r *http.Request) {
		c, err := known.Authenticate(r)
		if err != nil || !c.Has("note:write") {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		var n benchNote
		if err := json.UnmarshalRead(r.Body, &n); err != nil {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		res, _ := echo(r.Context(), n)
		w.Header().Set("Content-Type", "application/json")
		_ = json.MarshalWrite(w, res)
	})
	drive(b, mux)
}

// BenchmarkLocal is the same operation in process.
func BenchmarkLocal(b *testing.B) {
	r := rpc.NewRouter(rpc.Config{Auth: known})
	rpc.Handle(r, "bench", "POST /bench", echo, rpc.Scope("note:write"))
	call := rpc.Local[benchNote, benchNote](r, "bench", "writer")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := call(context.Background(), benchNote{Text: "a"}); err != nil {
			b.Fatal(err)
		}
	}
}
