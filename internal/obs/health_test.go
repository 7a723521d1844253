package obs_test

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/internal/obs"
)

// dependency is something a health check asks.
type dependency struct {
	err  error
	asks atomic.Int32
}

func (d *dependency) check(context.Context) error {
	d.asks.Add(1)
	return d.err
}

type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func TestHealthz(t *testing.T) {
	o := newObs(t, obs.Config{})
	down := &dependency{err: errors.New("down")}
	o.Health.AddCheck("store", down.check)
	if w := get(o.Health.LiveHandler()); w.Code != http.StatusOK || w.Body.String() != "{\"status\":\"ok\"}\n" || down.asks.Load() != 0 {
		t.Errorf("/healthz: %d %s; it must not ask the dependencies", w.Code, w.Body)
	}
}

// TestReadyzIsForThoseWhoWaitToo: whoever asked first may go away before the checks are through.
func TestReadyzIsForThoseWhoWaitToo(t *testing.T) {
	o := newObs(t, obs.Config{})
	o.Health.AddCheck("store", func(ctx context.Context) error { return ctx.Err() })
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	r := httptest.NewRequestWithContext(gone, http.MethodGet, "/readyz", nil)
	o.Health.ReadyHandler().ServeHTTP(httptest.NewRecorder(), r)
	if w := get(o.Health.ReadyHandler()); w.Code != http.StatusOK {
		t.Errorf("/readyz: %d %s", w.Code, w.Body)
	}
}

func TestReadyzNamesFailingChecksOnly(t *testing.T) {
	var log bytes.Buffer
	at := &clock{time.Unix(1_800_000_000, 0)}
	o := newObs(t, obs.Config{Output: &log, Now: at.now})
	store, keys := &dependency{}, &dependency{}
	ready := func(status int, body string) {
		t.Helper()
		w := get(o.Health.ReadyHandler())
		if w.Code != status || strings.TrimSpace(w.Body.String()) != body {
			t.Errorf("/readyz: %d %s, want %d %s", w.Code, w.Body, status, body)
		}
		if w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("/readyz headers: %v", w.Header())
		}
		at.at = at.at.Add(500 * time.Millisecond)
	}
	ready(200, `{"status":"ready"}`)
	o.Health.AddCheck("store", store.check)
	o.Health.AddCheck("keys", keys.check)
	ready(200, `{"status":"ready"}`)
	store.err = errors.New("dial db.internal: password authentication failed")
	ready(503, `{"status":"not_ready","failing":["store"]}`)
	keys.err = errors.New("ring.json is gone")
	ready(503, `{"status":"not_ready","failing":["store","keys"]}`)
	ready(503, `{"status":"not_ready","failing":["store","keys"]}`)
	store.err, keys.err = nil, nil
	ready(200, `{"status":"ready"}`)
	for text, times := range map[string]int{"db.internal": 1, "ring.json": 1, "passes again": 2} {
		if got := strings.Count(log.String(), text); got != times {
			t.Errorf("the log says %q %d times, want %d:\n%s", text, got, times, &log)
		}
	}
}

func TestReadyzIsCheapToAsk(t *testing.T) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	o := newObs(t, obs.Config{Now: at.now})
	store := &dependency{}
	o.Health.AddCheck("store", store.check)
	var callers sync.WaitGroup
	for range 50 {
		callers.Go(func() { get(o.Health.ReadyHandler()) })
	}
	callers.Wait()
	if n := store.asks.Load(); n != 1 {
		t.Errorf("50 requests at one instant asked the store %d times", n)
	}
	at.at = at.at.Add(-time.Hour) // a clock set back must not freeze the answer
	get(o.Health.ReadyHandler())
	if n := store.asks.Load(); n != 2 {
		t.Errorf("after the clock was set back the store was asked %d times, want 2", n)
	}
}

func TestAddedCheckCountsAtOnce(t *testing.T) {
	at := &clock{time.Unix(1_800_000_000, 0)}
	o := newObs(t, obs.Config{Now: at.now})
	get(o.Health.ReadyHandler())
	down := &dependency{err: errors.New("down")}
	o.Health.AddCheck("world", down.check)
	if w := get(o.Health.ReadyHandler()); w.Code != http.StatusServiceUnavailable {
		t.Errorf("/readyz right after a failing check was added: %d", w.Code)
	}
}

func TestChecksHaveADeadline(t *testing.T) {
	o := newObs(t, obs.Config{})
	o.Health.AddCheck("slow", func(ctx context.Context) error {
		if _, ok := ctx.Deadline(); !ok {
			return errors.New("no deadline")
		}
		return nil
	})
	if w := get(o.Health.ReadyHandler()); w.Code != http.StatusOK {
		t.Error("a check runs without a deadline")
	}
}
