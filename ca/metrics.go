package ca

import (
	"cmp"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/ca/lint"
)

// metrics count what operators watch.
type metrics struct {
	issued, refused, lints, revocations *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		issued: counter("simtrust_ca_issued_total", "Certificates issued, by profile.", "profile"),
		refused: counter("simtrust_ca_refused_total",
			"Requests for a certificate that got none, by profile (unknown: none of ours) and reason.", "profile", "reason"),
		lints: counter("simtrust_ca_lint_findings_total",
			"Lints that kept a certificate from being signed, by profile and lint. Each is a mistake in a profile or the program.", "profile", "lint"),
		revocations: counter("simtrust_ca_revocations_total",
			"Revocations, holds and releases (removeFromCRL) by this node, by reason.", "reason"),
	}
}

// Metrics are the counters of this node, to be registered once.
func (s *Service) Metrics() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.issued, s.metrics.refused, s.metrics.lints, s.metrics.revocations}
}

// refuse counts a request that got no certificate. What a client calls a profile is no label until it is known for one.
func (s *Service) refuse(profile string, err error) {
	if _, ok := s.Profile(profile); !ok {
		profile = "unknown"
	}
	s.metrics.refused.WithLabelValues(profile, cmp.Or(simtrust.ReasonOf(err), string(simtrust.KindOf(err)))).Inc()
}

func (m *metrics) found(profile string, findings []lint.Finding) {
	for _, f := range findings {
		m.lints.WithLabelValues(profile, f.Lint).Inc()
	}
}
