package outbox_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
)

// TestBacklog: what waits is counted by subscriber, and what fails again and again beside it.
func TestBacklog(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		clock := newClock()
		o := outbox.New(db, clock.now, slog.New(slog.DiscardHandler))
		fail := errNo
		outbox.On(o, "broken", func(context.Context, moved) error { return fail })
		outbox.On(o, "idle", func(context.Context, parked) error { return nil })
		want := func(series string, n float64) {
			t.Helper()
			if got, ok := gauges(t, o)[series]; !ok || got != n {
				t.Errorf("%s is %v, not %v", series, got, n)
			}
		}
		for i := range int64(3) {
			err := db.InTx(t.Context(), func(tx *sqldb.Tx) error { return o.Append(t.Context(), tx, simtrust.NewTenureID(), i, moved{Seq: i}) })
			if err != nil {
				t.Fatal(err)
			}
		}
		want("simtrust_outbox_waiting broken", 3)
		want("simtrust_outbox_failing broken", 0)
		want("simtrust_outbox_waiting idle", 0)
		for range 4 {
			if err := o.Drain(t.Context()); err == nil {
				t.Fatal("the handler does not fail")
			}
			clock.advance(time.Hour)
		}
		want("simtrust_outbox_failing broken", 3)
		fail = nil
		if err := o.Drain(t.Context()); err != nil {
			t.Fatal(err)
		}
		want("simtrust_outbox_waiting broken", 0)
		want("simtrust_outbox_failing broken", 0)
	})
}

func gauges(t *testing.T, o *outbox.Outbox) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	registry.MustRegister(o.Metrics()...)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			all[f.GetName()+" "+m.GetLabel()[0].GetValue()] = m.GetGauge().GetValue()
		}
	}
	return all
}
