package obs

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

const (
	checkTimeout = 2 * time.Second        // for one check to answer
	checkEvery   = 500 * time.Millisecond // at most this often do the checks run, whoever asks
)

// Health knows whether the process is ready to serve. Anybody may ask, so asking is cheap: the checks run at most twice a
// second and those who ask meanwhile share the answer.
type Health struct {
	log *slog.Logger
	now func() time.Time

	mu     sync.Mutex
	checks []check
	ran    time.Time
	report report
}

type check struct {
	name string
	run  func(ctx context.Context) error
}

// report is the body of /healthz and /readyz.
type report struct {
	Status  string   `json:"status"` // ok; ready or not_ready
	Failing []string `json:"failing,omitempty"`
}

func newHealth(log *slog.Logger, now func() time.Time) *Health { return &Health{log: log, now: now} }

// AddCheck makes readiness depend on run, which returns nil while all is well and returns when its context ends (2 s). The
// name is shown to anybody; the error goes to the log only.
func (h *Health) AddCheck(name string, run func(ctx context.Context) error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.checks = append(h.checks, check{name, run})
	h.ran = time.Time{}
}

// LiveHandler says that the process answers.
func (h *Health) LiveHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		write(w, http.StatusOK, report{Status: "ok"})
	})
}

// ReadyHandler says whether all checks pass.
func (h *Health) ReadyHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rep := h.ready(context.WithoutCancel(r.Context())) // the answer is for others too
		status := http.StatusOK
		if len(rep.Failing) > 0 {
			status = http.StatusServiceUnavailable
		}
		write(w, status, rep)
	})
}

func write(w http.ResponseWriter, status int, body report) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a client that has gone needs no answer
}

func (h *Health) ready(ctx context.Context) report {
	h.mu.Lock()
	defer h.mu.Unlock()
	if since := h.now().Sub(h.ran); h.ran.IsZero() || since < 0 || since >= checkEvery {
		h.judge(h.run(ctx))
	}
	return h.report
}

// run returns the error of each check, in order.
func (h *Health) run(ctx context.Context) []error {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	errs := make([]error, len(h.checks))
	var all sync.WaitGroup
	for i, c := range h.checks {
		all.Go(func() { errs[i] = c.run(ctx) })
	}
	all.Wait()
	return errs
}

// judge makes the report and logs what has changed since the last one.
func (h *Health) judge(errs []error) {
	rep := report{Status: "ready"}
	for i, c := range h.checks {
		failed := slices.Contains(h.report.Failing, c.name)
		switch err := errs[i]; {
		case err != nil:
			rep.Status = "not_ready"
			rep.Failing = append(rep.Failing, c.name)
			if !failed {
				h.log.Warn("a health check fails", "check", c.name, "error", err)
			}
		case failed:
			h.log.Info("a health check passes again", "check", c.name)
		}
	}
	h.report, h.ran = rep, h.now()
}
