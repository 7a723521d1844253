package dispatch_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/messaging/dispatch"
)

// gathered are the values of a node's metrics, by name and labels. While the store is away, or slow, there are no gauges: then it looks again.
func (w *world) gathered() map[string]float64 {
	w.t.Helper()
	values := w.gather()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); values = w.gather() {
		if _, there := values["simtrust_dispatch_oldest_seconds sms"]; there { // the last
			break
		}
	}
	return values
}

func (w *world) gather() map[string]float64 {
	w.t.Helper()
	reg := prometheus.NewRegistry()
	reg.MustRegister(w.Metrics()...)
	families, err := reg.Gather()
	if err != nil {
		w.t.Fatal(err)
	}
	values := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			values[name] = m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	return values
}

func TestMetrics(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.accept(plan(dispatch.ClassAuthentication), 3)
		w.clock.pass(time.Second)
		w.acceptMore("msg_2", dispatch.ClassService, 2)
		w.clock.pass(7 * time.Second)
		want := func(values map[string]float64) {
			t.Helper()
			got := w.gathered()
			for name, v := range values {
				if got[name] != v {
					t.Errorf("%s is %v, not %v", name, got[name], v)
				}
			}
		}
		want(map[string]float64{"simtrust_dispatch_due rcs": 5, "simtrust_dispatch_oldest_seconds rcs": 8, "simtrust_dispatch_due sms": 0, "simtrust_dispatch_oldest_seconds sms": 0})
		w.net.submit = answering(rcs, dispatch.Lost)
		w.drain()
		w.report(2, dispatch.FateDelivered)
		want(map[string]float64{
			"simtrust_dispatch_due rcs":                                  0,
			"simtrust_dispatch_submissions_total lost rcs":               5,
			"simtrust_dispatch_submissions_total accepted sms":           3,
			"simtrust_dispatch_states_total authentication submitted":    3,
			"simtrust_dispatch_states_total authentication delivered":    1,
			"simtrust_dispatch_states_total service submitted":           0,
			"simtrust_dispatch_possible_duplicates_total authentication": 1,
		})
		if _, there := w.gathered()["simtrust_dispatch_oldest_seconds rcs"]; !there {
			t.Error("no gauge")
		}
	})
}
