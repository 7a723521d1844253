package status

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The states of OCSP answers, as they are counted.
const (
	stateCached       = "cached"       // kept, and known to hold
	stateFresh        = "fresh"        // from the register
	stateStale        = "stale"        // kept and within its time, while the register is away
	stateTryLater     = "try_later"    // none: register or key are away
	stateMalformed    = "malformed"    // the request is none
	stateUnauthorized = "unauthorized" // about another issuer's certificate
)

// metrics count what operators watch. The counters of answers are looked up once: answering takes microseconds.
type metrics struct {
	answers  *prometheus.CounterVec
	answered map[string]prometheus.Counter
}

func newMetrics() *metrics {
	m := &metrics{answered: map[string]prometheus.Counter{}, answers: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "simtrust_ocsp_answers_total",
		Help: "OCSP answers by state: cached, fresh from the register, stale (register away, answer within its time), try_later, malformed, unauthorized.",
	}, []string{"state"})}
	for _, state := range []string{stateCached, stateFresh, stateStale, stateTryLater, stateMalformed, stateUnauthorized} {
		m.answered[state] = m.answers.WithLabelValues(state)
	}
	return m
}

// Metrics are the counters and gauges of this node, to be registered once.
func (s *Service) Metrics() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.answers, ages{s}}
}

// ages tells how old the lists are that this node serves.
type ages struct{ s *Service }

var ageDesc = prometheus.NewDesc("simtrust_crl_age_seconds",
	"Age of the oldest CRL that this node serves, by issuer, since its thisUpdate. A node that has not all of them yet tells none.", []string{"issuer"}, nil)

// Describe implements prometheus.Collector.
func (ages) Describe(to chan<- *prometheus.Desc) { to <- ageDesc }

// Collect implements prometheus.Collector. Issuers that have ended publish nothing more, and have no age.
func (c ages) Collect(to chan<- prometheus.Metric) {
	now := c.s.now()
	for _, a := range c.s.authorities() {
		if !now.Before(a.notAfter) {
			continue
		}
		if oldest, ok := c.s.oldestList(a); ok {
			to <- prometheus.MustNewConstMetric(ageDesc, prometheus.GaugeValue, now.Sub(oldest).Seconds(), a.id)
		}
	}
}

// oldestList is the thisUpdate of the oldest list of an issuer; false while one is missing.
func (s *Service) oldestList(a *authority) (oldest time.Time, ok bool) {
	for n := range s.config.Shards {
		p := s.served.get(shardKey{a.id, n})
		if p == nil {
			return time.Time{}, false
		}
		if oldest.IsZero() || p.this.Before(oldest) {
			oldest = p.this
		}
	}
	return oldest, true
}
