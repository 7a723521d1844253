package rpc_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// answering serves one fixed answer and counts the requests.
func answering(t *testing.T, status int, contentType, text string) (*httptest.Server, *atomic.Int64) {
	var n atomic.Int64
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n.Add(1)
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, text)
	}))
	t.Cleanup(srv.Close)
	return srv, &n
}

func TestClientReadsForeignAnswers(t *testing.T) {
	tests := map[string]struct {
		status            int
		contentType, text string
		kind              simtrust.Kind
		reason            string
	}{
		"problem":               {422, rpc.ProblemType, `{"kind":"unprocessable","reason":"r","detail":"d","new":1}`, simtrust.KindUnprocessable, "r"},
		"problem without kind":  {409, rpc.ProblemType, `{"title":"Conflict"}`, simtrust.KindConflict, ""},
		"unknown kind":          {404, rpc.ProblemType, `{"kind":"mystery","reason":"r"}`, simtrust.KindNotFound, "r"},
		"broken problem":        {403, rpc.ProblemType, `{"kind":"invalid"`, simtrust.KindDenied, ""},
		"HTML of a proxy":       {502, "text/html", `<h1>Bad Gateway</h1>`, simtrust.KindUnavailable, ""},
		"JSON that is no error": {401, "application/json", `{"kind":"invalid","reason":"r"}`, simtrust.KindUnauthenticated, ""},
		"redirect":              {302, "text/plain", ``, simtrust.KindInternal, ""},
		"teapot":                {418, "text/plain", ``, simtrust.KindInvalid, ""},
		"success of no JSON":    {200, "text/html", `<h1>welcome</h1>`, simtrust.KindInternal, ""},
		"success of wrong type": {200, "application/json", `{"text":5}`, simtrust.KindInternal, ""},
		"endless success":       {200, "application/json", strings.Repeat(" ", 16<<20+1), simtrust.KindUnavailable, rpc.ReasonUnreachable},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			srv, _ := answering(t, tt.status, tt.contentType, tt.text)
			_, err := rpc.Call[note, noted](rpc.NewClient(srv.URL, nil, ""), writePattern)(t.Context(), note{ID: "n1"})
			if err == nil || simtrust.KindOf(err) != tt.kind || simtrust.ReasonOf(err) != tt.reason {
				t.Error(err)
			}
		})
	}
}

func TestClientIgnoresNewMembers(t *testing.T) {
	srv, _ := answering(t, 200, "application/json", `{"text":"a","invented_later":true}`)
	got, err := rpc.Call[note, noted](rpc.NewClient(srv.URL+"/", nil, ""), writePattern)(t.Context(), note{ID: "n1"})
	if err != nil || got.Text != "a" {
		t.Error(got, err)
	}
}

func TestClientCannotReach(t *testing.T) {
	srv, _ := answering(t, 200, "", "")
	srv.Close()
	for base, want := range map[string]*simtrust.Error{
		srv.URL:             {Kind: simtrust.KindUnavailable, Reason: rpc.ReasonUnreachable},
		"":                  {Kind: simtrust.KindInvalid},
		"localhost:8080":    {Kind: simtrust.KindInvalid},
		"ftp://localhost":   {Kind: simtrust.KindInvalid},
		"http://":           {Kind: simtrust.KindInvalid},
		"http://a b":        {Kind: simtrust.KindInvalid},
		"http://[::1":       {Kind: simtrust.KindInvalid},
		"file:///etc/hosts": {Kind: simtrust.KindInvalid},
	} {
		_, err := rpc.Call[note, noted](rpc.NewClient(base, nil, "t"), writePattern)(t.Context(), note{ID: "n1"})
		if !errors.Is(err, want) {
			t.Errorf("%q: %v", base, err)
		}
	}
}

func TestClientDoesNotCarryTheTokenElsewhere(t *testing.T) {
	elsewhere, n := answering(t, 200, "application/json", `{}`)
	srv := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer srv.Close()
	if _, err := rpc.Call[note, noted](rpc.NewClient(srv.URL, nil, "secret"), writePattern)(t.Context(), note{ID: "n1"}); err == nil || n.Load() != 0 {
		t.Errorf("followed %d redirects: %v", n.Load(), err)
	}
}

func TestClientPassesCorrelatorAndTraceOn(t *testing.T) {
	var seen http.Header
	upstream := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen = r.Header
		_, _ = io.WriteString(w, "{}")
	}))
	defer upstream.Close()
	call := rpc.Call[note, noted](rpc.NewClient(upstream.URL, nil, "t"), writePattern)

	router := newWatched()
	router.Raw("raw", "GET /raw", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := call(r.Context(), note{ID: "n1"}); err != nil {
			rpc.Fail(w, r, err)
		}
	}))
	w := serve(router, get("/raw", header("X-Correlator", "c1"), header("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")))
	if w.Code != http.StatusOK || seen.Get("X-Correlator") != "c1" || !strings.Contains(seen.Get("Traceparent"), "0af7651916cd43dd8448eb211c80319c") {
		t.Error(w.Code, seen)
	}
}

func TestBreaker(t *testing.T) {
	for status, opens := range map[int]bool{500: true, 503: true, 502: true, 400: false, 401: false, 404: false, 429: false} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			srv, n := answering(t, status, "text/plain", "")
			call := rpc.Call[note, noted](rpc.NewClient(srv.URL, nil, "", rpc.Breaker(3, time.Hour)), writePattern)
			for range 3 {
				_, _ = call(t.Context(), note{ID: "n1"})
			}
			_, err := call(t.Context(), note{ID: "n1"})
			open := errors.Is(err, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: rpc.ReasonCircuitOpen})
			if open != opens || n.Load() != map[bool]int64{true: 3, false: 4}[opens] {
				t.Errorf("after %d requests: %v", n.Load(), err)
			}
		})
	}
}

func TestClientTimesOut(t *testing.T) {
	release := make(chan struct{})
	srv := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-release }))
	defer srv.Close()
	defer close(release)
	_, err := rpc.Call[note, noted](rpc.NewClient(srv.URL, &http.Client{Timeout: time.Millisecond}, ""), writePattern)(t.Context(), note{ID: "n1"})
	if simtrust.KindOf(err) != simtrust.KindUnavailable {
		t.Error(err)
	}
}
