package outbox

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

const (
	// scrapePatience is how long a look at the store may take for metrics.
	scrapePatience = time.Second
	// scrapeMost bounds what is counted of one subscriber: more than that is as bad.
	scrapeMost = 10_000
	// stubborn is how often an event was handed over before it counts as failing.
	stubborn = 3
)

var (
	waitingDesc = prometheus.NewDesc("simtrust_outbox_waiting", "Events that a subscriber has not handled yet, up to 10000.", []string{"subscriber"}, nil)
	failingDesc = prometheus.NewDesc("simtrust_outbox_failing", "Of those, the ones that were handed to it three times or more.", []string{"subscriber"}, nil)
)

// Metrics are gauges of what waits, to be registered once. They are read from the store and are the same on every node; while the
// store is away there are none.
func (o *Outbox) Metrics() []prometheus.Collector { return []prometheus.Collector{backlog{o}} }

type backlog struct{ o *Outbox }

// Describe implements prometheus.Collector.
func (backlog) Describe(to chan<- *prometheus.Desc) { to <- waitingDesc; to <- failingDesc }

// Collect implements prometheus.Collector.
func (b backlog) Collect(to chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), scrapePatience)
	defer cancel()
	for _, s := range b.o.subscribers {
		waiting, failing, err := b.o.backlog(ctx, s.name)
		if err != nil {
			return
		}
		to <- prometheus.MustNewConstMetric(waitingDesc, prometheus.GaugeValue, float64(waiting), s.name)
		to <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, float64(failing), s.name)
	}
}

func (o *Outbox) backlog(ctx context.Context, subscriber string) (waiting, failing int64, err error) {
	err = o.db.QueryRow(ctx, `select count(*), coalesce(sum(case when attempts >= $2 then 1 else 0 end), 0)
		from (select attempts from outbox_delivery where subscriber = $1 limit $3) d`, subscriber, int64(stubborn), int64(scrapeMost)).Scan(&waiting, &failing)
	return waiting, failing, err
}
