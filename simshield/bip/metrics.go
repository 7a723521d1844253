package bip

import (
	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/simshield/bip/session"
)

type metrics struct{ requests *prometheus.CounterVec }

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{prometheus.NewCounterVec(prometheus.CounterOpts{Name: "simtrust_ota_polls_total",
		Help: "Requests of cards that poll, by answer: packet, nothing, or the kind of refusal."}, []string{"answer"})}
	return m, reg.Register(m.requests)
}

func (m *metrics) count(a session.Answer, err error) {
	answer := "nothing"
	switch {
	case err != nil:
		answer = string(simtrust.KindOf(err))
	case a.Packet != nil:
		answer = "packet"
	}
	m.requests.WithLabelValues(answer).Inc()
}
