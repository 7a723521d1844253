package tlog_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/ca/tlog"
)

// TestMetrics: what waits for a checkpoint is the difference of two gauges, and none is left once the log is written.
func TestMetrics(t *testing.T) {
	t.Parallel()
	each(t, func(w *world) {
		s := w.service(w.dir)
		want := func(entries, signed float64) {
			t.Helper()
			if got := gauges(w.t, s); got["simtrust_ca_log_entries"] != entries || got["simtrust_ca_log_signed_entries"] != signed {
				w.t.Errorf("%v, not %v of %v", got, signed, entries)
			}
		}
		want(0, 0)
		w.issue(s, 5)
		want(5, 0)
		r := w.serve(s)
		w.run(s)
		w.checkpoint(r, 5)
		want(5, 5)
	})
}

// gauges gathers again while there are none: the store is asked for no more than a second.
func gauges(t testing.TB, s *tlog.Service) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(s.Metrics()...)
	all := map[string]float64{}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(time.Minute); len(all) == 0 && time.Now().Before(deadline); <-tick.C {
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range families {
			all[f.GetName()] = f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	return all
}
