package smsc

import "github.com/prometheus/client_golang/prometheus"

// metrics count what operators watch.
type metrics struct{ received *prometheus.CounterVec }

func newMetrics() *metrics {
	return &metrics{prometheus.NewCounterVec(prometheus.CounterOpts{Name: "simtrust_smsc_received_total",
		Help: "What the service centre brought to this node, by what it was taken for."}, []string{"what"})}
}

func (m *metrics) came(what string) { m.received.WithLabelValues(what).Inc() }

var boundDesc = prometheus.NewDesc("simtrust_smsc_bound", "Whether this node has a session with the service centre.", nil, nil)

// Metrics are to be registered once.
func (b *Bearer) Metrics() []prometheus.Collector {
	return []prometheus.Collector{b.metrics.received, session{b}}
}

type session struct{ b *Bearer }

// Describe implements prometheus.Collector.
func (session) Describe(to chan<- *prometheus.Desc) { to <- boundDesc }

// Collect implements prometheus.Collector.
func (s session) Collect(to chan<- prometheus.Metric) {
	bound := 0.0
	if s.b.Bound() {
		bound = 1
	}
	to <- prometheus.MustNewConstMetric(boundDesc, prometheus.GaugeValue, bound)
}
