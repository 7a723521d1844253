package gateway

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	sent     *prometheus.CounterVec // by what the bearer said
	failed   *prometheus.CounterVec // by cause
	received *prometheus.CounterVec // by status, or why refused
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help, label string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, []string{label})
	}
	m := &metrics{
		sent:     counter("simtrust_ota_sent_total", "Packets handed to the bearer, by its answer; error: none.", "state"),
		failed:   counter("simtrust_ota_failed_total", "Packets that ended without an answer, by cause.", "cause"),
		received: counter("simtrust_ota_received_total", "Messages from cards, by response status, or refused: malformed, unauthentic, unmatched.", "status"),
	}
	for _, c := range []prometheus.Collector{m.sent, m.failed, m.received} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}
