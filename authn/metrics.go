package authn

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/authn/radius"
)

type metrics struct {
	records  *prometheus.CounterVec // by status and outcome
	lookups  *prometheus.CounterVec // by outcome
	stripped prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		records: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "simtrust_accounting_records_total",
			Help: "Accounting records made durable, by status and outcome: applied, or why they are in quarantine.",
		}, []string{"status", "outcome"}),
		lookups: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "simtrust_located_total",
			Help: "Requests to be attributed to a data session, by outcome: the method, or why not.",
		}, []string{"outcome"}),
		stripped: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "simtrust_enrichment_headers_dropped_total",
			Help: "Headers dropped because they stated a subscriber and came from no allow-listed proxy.",
		}),
	}
	for _, c := range []prometheus.Collector{m.records, m.lookups, m.stripped} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *metrics) accounted(s radius.Status, q *quarantined) {
	outcome := "applied"
	if q != nil {
		outcome = q.reason
	}
	m.records.WithLabelValues(s.String(), outcome).Inc()
}

func (m *metrics) located(method string, err error) {
	outcome := method
	if err != nil {
		outcome = cmp.Or(simtrust.ReasonOf(err), string(simtrust.KindOf(err)))
	}
	m.lookups.WithLabelValues(outcome).Inc()
}
