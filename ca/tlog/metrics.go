package tlog

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// scrapePatience is how long a look at the store may take for metrics.
const scrapePatience = time.Second

// Metrics are the gauges of the log, to be registered once. They are read from the store and are the same on every node; while the
// store is away there are none.
func (s *Service) Metrics() []prometheus.Collector { return []prometheus.Collector{progress{s}} }

type progress struct{ s *Service }

var (
	entriesDesc = prometheus.NewDesc("simtrust_ca_log_entries", "Certificates that have a place in the log's order.", nil, nil)
	signedDesc  = prometheus.NewDesc("simtrust_ca_log_signed_entries",
		"Of those, how many the newest signed checkpoint covers. Behind simtrust_ca_log_entries for longer than seconds, the log is stuck.", nil, nil)
)

// Describe implements prometheus.Collector.
func (progress) Describe(to chan<- *prometheus.Desc) { to <- entriesDesc; to <- signedDesc }

// Collect implements prometheus.Collector.
func (p progress) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	h, err := readHead(ctx, p.s.db)
	if err != nil {
		return
	}
	to <- prometheus.MustNewConstMetric(entriesDesc, prometheus.GaugeValue, float64(h.size))
	to <- prometheus.MustNewConstMetric(signedDesc, prometheus.GaugeValue, float64(h.signedSize))
}
