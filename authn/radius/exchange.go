package radius

import (
	"net/netip"
	"sync"
	"time"
)

// An exchange is one request and its retransmissions (RFC 5080 §2.2.2). The authenticator is a digest of all octets, so copies
// are equal and so are their responses: remembering that an exchange is done is enough to answer it again.
type exchange struct {
	source        netip.AddrPort
	identifier    byte
	authenticator [16]byte
}

type progress int

const (
	fresh progress = iota
	underWay
	done
)

// exchanges remembers those under way, and as many done ones as limit allows until their time is over.
type exchanges struct {
	limit int

	mu      sync.Mutex
	known   map[exchange]time.Time // until when it is remembered; zero while under way
	settled []settled              // ring of at most limit entries, oldest at head once it is full
	head    int
}

type settled struct {
	exchange exchange
	until    time.Time
}

func newExchanges(limit int) *exchanges {
	return &exchanges{limit: limit, known: make(map[exchange]time.Time)}
}

// begin reports how far x is, and takes it under way when it is fresh.
func (e *exchanges) begin(x exchange, now time.Time) progress {
	e.mu.Lock()
	defer e.mu.Unlock()
	until, ok := e.known[x]
	switch {
	case ok && until.IsZero():
		return underWay
	case ok && now.Before(until):
		return done
	}
	e.known[x] = time.Time{}
	return fresh
}

// forget lets the next copy of x be handled as a fresh one.
func (e *exchanges) forget(x exchange) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.known, x)
}

// settle marks x done until the given time and gives up the oldest done exchange where memory is full.
func (e *exchanges) settle(x exchange, until time.Time) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.known[x] = until
	if len(e.settled) < e.limit {
		e.settled = append(e.settled, settled{x, until})
		return
	}
	oldest := &e.settled[e.head]
	if e.known[oldest.exchange].Equal(oldest.until) { // else it has been handled anew since
		delete(e.known, oldest.exchange)
	}
	*oldest = settled{x, until}
	e.head = (e.head + 1) % e.limit
}
