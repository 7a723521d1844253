package dispatch

import (
	"cmp"
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust/internal/sqldb"
)

// metrics count what operators watch.
type metrics struct {
	states, answers *prometheus.CounterVec
	doubles         *prometheus.CounterVec
}

func newMetrics() *metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	return &metrics{
		states:  counter("simtrust_dispatch_states_total", "Changes of deliveries made by this node, by class of message and new state.", "class", "state"),
		answers: counter("simtrust_dispatch_submissions_total", "Copies handed to bearers by this node, by channel and answer.", "channel", "answer"),
		doubles: counter("simtrust_dispatch_possible_duplicates_total",
			"Deliveries that ended after a second copy was sent while the first could have arrived, by class.", "class"),
	}
}

func (m *metrics) changed(updates []Update) {
	for _, u := range updates {
		m.states.WithLabelValues(string(u.Class), string(u.State)).Inc()
		if u.PossibleDuplicate && u.State.Terminal() {
			m.doubles.WithLabelValues(string(u.Class)).Inc()
		}
	}
}

func (m *metrics) answered(c Channel, a Answer) {
	m.answers.WithLabelValues(string(c), string(cmp.Or(a, Lost))).Inc()
}

// Metrics are the counters of this node, and gauges of what waits, to be registered once. The gauges are read from the store and are the
// same on every node; while the store is away there are none.
func (s *Service) Metrics() []prometheus.Collector {
	return []prometheus.Collector{s.metrics.states, s.metrics.answers, s.metrics.doubles, backlog{s}}
}

const (
	// scrapePatience is how long a look at the store may take for metrics.
	scrapePatience = time.Second
	// scrapeMost bounds what is counted of one channel: more than that is as bad.
	scrapeMost = 10_000
)

var (
	depthDesc  = prometheus.NewDesc("simtrust_dispatch_due", "Deliveries of a channel that are due to be worked on, up to 10000.", []string{"channel"}, nil)
	oldestDesc = prometheus.NewDesc("simtrust_dispatch_oldest_seconds", "For how long the oldest of them has been due; 0 without any.", []string{"channel"}, nil)
)

type backlog struct{ s *Service }

// Describe implements prometheus.Collector.
func (backlog) Describe(to chan<- *prometheus.Desc) { to <- depthDesc; to <- oldestDesc }

// Collect implements prometheus.Collector.
func (b backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	now := b.s.now()
	for _, l := range b.s.order {
		depth, oldest, err := readBacklog(ctx, b.s.db, l.channel, now.UnixMilli())
		if err != nil {
			return
		}
		to <- prometheus.MustNewConstMetric(depthDesc, prometheus.GaugeValue, float64(depth), string(l.channel))
		to <- prometheus.MustNewConstMetric(oldestDesc, prometheus.GaugeValue, now.Sub(time.UnixMilli(oldest)).Seconds(), string(l.channel))
	}
}

func readBacklog(ctx context.Context, q sqldb.Querier, c Channel, now int64) (depth, oldest int64, err error) {
	for _, urgent := range []bool{true, false} {
		var n, first int64
		err = q.QueryRow(ctx, `select count(*), coalesce(min(due), $3) from (select due from dispatch_delivery
			where channel = $1 and urgent = $2 and `+open+` and due <= $3 order by due limit $4) d`,
			string(c), urgent, now, int64(scrapeMost)).Scan(&n, &first)
		if err != nil {
			return 0, 0, err
		}
		if depth += n; oldest == 0 || first < oldest {
			oldest = first
		}
	}
	return depth, oldest, nil
}
