//go:build e2e

package e2e

import (
	"bufio"
	"cmp"
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const (
	loadClients = 256
	loadFor     = 4 * time.Second
)

// TestLoad has 256 clients log in at once: every one of them is answered as it should be.
func TestLoad(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, append(args, "--subscribers", "1000")...)
		before := s.metric(t, "process_resident_memory_bytes")
		h, from := &history{}, &phones{}
		ctx, cancel := context.WithTimeout(t.Context(), loadFor)
		defer cancel()
		var mu sync.Mutex
		var took []time.Duration
		var load sync.WaitGroup
		camara := s.app("camara")
		for c := range loadClients {
			load.Go(func() {
				for turn := 0; ctx.Err() == nil; turn++ {
					who, start := s.Subscribers[(c+turn*loadClients)%len(s.Subscribers)], time.Now()
					h.login(camara, from.of(who.IP), who.Number, turn, false)
					mu.Lock()
					took = append(took, time.Since(start))
					mu.Unlock()
				}
			})
		}
		load.Wait()
		h.report(t)
		// Who was told to come again, since the process stood still, may have a step less; nobody is refused.
		n, again := h.count(accepted), h.count(unknown)
		if n > 3*len(took) || n < 3*(len(took)-again) || n < loadClients || h.count(refused) > 0 {
			t.Errorf("%d logins, but %d steps accepted: %v", len(took), n, h.counts)
		}
		slices.SortFunc(took, cmp.Compare)
		t.Logf("%.0f logins/s, p50 %v, p99 %v; resident memory %.0f MB, %.0f MB before", float64(len(took))/loadFor.Seconds(),
			took[len(took)/2], took[len(took)*99/100], s.metric(t, "process_resident_memory_bytes")/1e6, before/1e6)
	})
}

// TestGracefulStop stops the server by SIGTERM under load. Every answer that began is whole, and every request without an answer
// had no effect: after a restart its code or token is still good.
func TestGracefulStop(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, append(args, "--subscribers", "500")...)
		for range 3 {
			s.stopUnderLoad(t)
		}
	})
}

func (s *sandbox) stopUnderLoad(t *testing.T) {
	h, from, camara := &history{}, &phones{}, s.app("camara")
	answered := make(chan struct{}, 1<<16)
	var load sync.WaitGroup
	for c := range 64 {
		load.Go(func() {
			for turn := 0; ; turn++ {
				who := s.Subscribers[(c+turn*64)%len(s.Subscribers)]
				if !h.login(camara, from.of(who.IP), who.Number, turn, false) {
					return
				}
				select {
				case answered <- struct{}{}:
				default:
				}
			}
		})
	}
	for range 200 {
		select {
		case <-answered:
		case <-time.After(time.Minute):
			t.Fatalf("the server is stuck:\n%s", s.out)
		}
	}
	h.dying.Store(true)
	asked := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	load.Wait()
	<-s.done
	if code := s.cmd.ProcessState.ExitCode(); code != 0 || time.Since(asked) > 20*time.Second {
		t.Errorf("the server ended with %d after %v:\n%s", code, time.Since(asked), s.out)
	}
	if n := h.count(cut); n > 0 {
		t.Errorf("%d answers were cut off", n)
	}
	from.forget()
	camara.http.CloseIdleConnections()
	s.start(t)
	h.dying.Store(false)
	unanswered := 0
	for _, tk := range h.since(0) {
		if tk.last != unreachable {
			continue
		}
		unanswered++
		if h.settle(tk, nil) != accepted {
			h.fault("a %s was used, but its request got no answer", tk.name)
		}
	}
	h.report(t)
	t.Logf("stopped in %v; %v; %d requests came too late", time.Since(asked), h.counts, unanswered)
}

// metric reads one value from /metrics; one that is not there is 0.
func (s *sandbox) metric(t testing.TB, name string) float64 {
	t.Helper()
	res, err := http.Get(s.Issuer + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		if value, ok := strings.CutPrefix(lines.Text(), name+" "); ok {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	return 0
}
