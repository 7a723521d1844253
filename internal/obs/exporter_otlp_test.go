//go:build otlp

package obs_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"simtrust/internal/obs"
)

func TestExportOnClose(t *testing.T) {
	type request struct {
		path, kind string
		size       int64
	}
	got := make(chan request, 1)
	collector := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		n, _ := io.Copy(io.Discard, r.Body)
		got <- request{r.URL.Path, r.Header.Get("Content-Type"), n}
	}))
	defer collector.Close()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.URL)
	o, err := obs.New(obs.Config{Output: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	_, span := o.Tracer.Start(t.Context(), "op")
	span.End()
	if err := o.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := <-got; r.path != "/v1/traces" || r.kind != "application/x-protobuf" || r.size == 0 {
		t.Errorf("exported %+v", r)
	}
}
