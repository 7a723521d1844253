package simshield

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	opened   *prometheus.CounterVec // by kind
	ended    *prometheus.CounterVec // by state and cause
	enrolled *prometheus.CounterVec // by application and outcome
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	m := &metrics{
		opened:   counter("simtrust_transactions_opened_total", "Transactions that a person was asked to confirm, by kind.", "kind"),
		ended:    counter("simtrust_transactions_ended_total", "Transactions that ended, by state and cause.", "state", "cause"),
		enrolled: counter("simtrust_keys_enrolled_total", "Keys in cards, by applet and outcome of their enrolment.", "application", "outcome"),
	}
	for _, c := range []prometheus.Collector{m.opened, m.ended, m.enrolled} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
