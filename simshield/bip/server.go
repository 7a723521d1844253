package bip

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"simtrust/internal/rpc"
	"simtrust/internal/waiters"
)

const (
	maxWait       = 25 * time.Second // below the server's limit for reading, which would end it
	sweepEvery    = time.Second      // for packets that other nodes have made ready
	defaultPerMin = 60
)

// Server answers cards. Its methods are safe for concurrent use.
type Server struct {
	Deps
	pace    *rpc.Pace
	metrics *metrics
	held    holds
	waiting waiters.Waiters[struct{}] // by ICCID
	closed  chan struct{}
	close   func()
}

// New returns a server over its dependencies.
func New(d Deps, c Config) (*Server, error) {
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, err
	}
	if c.PerMinute == 0 {
		c.PerMinute = defaultPerMin
	}
	closed := make(chan struct{})
	return &Server{Deps: d, metrics: m, closed: closed, close: sync.OnceFunc(func() { close(closed) }),
		pace: rpc.NewPace(rpc.Rate{PerSecond: float64(c.PerMinute) / 60, Burst: int(max(1, c.PerMinute/6))}, d.Now)}, nil
}

// Wake has the requests that are held for a card look again.
func (s *Server) Wake(iccid string) { s.waiting.Wake(iccid) }

// Close answers the requests that are held, when the server stops.
func (s *Server) Close() { s.close() }

// Run wakes requests for what other nodes have made ready, until ctx ends.
func (s *Server) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := s.Sweep(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "packets of other nodes were not looked for", "error", err)
		}
	}
}

// Sweep looks once for what Run looks for.
func (s *Server) Sweep(ctx context.Context) error {
	if s.waiting.Names() == 0 {
		return nil
	}
	flying, err := s.Platform.Flying(ctx)
	s.waiting.Wake(flying...)
	return err
}

// next returns the packet that waits for a card, as soon as there is one, or nil after a while. Where too many are held, it is at once.
func (s *Server) next(ctx context.Context, iccid string, from netip.Prefix, while time.Duration) ([]byte, error) {
	if while > 0 && s.held.take(from) {
		defer s.held.leave(from)
	} else {
		while = 0
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	for {
		packet, more, err := s.look(ctx, iccid, while, timer.C)
		if packet != nil || err != nil || !more {
			return packet, err
		}
	}
}

// look looks once and then waits to be woken; more says that it was, so that another look is worth while.
func (s *Server) look(ctx context.Context, iccid string, while time.Duration, over <-chan time.Time) (packet []byte, more bool, err error) {
	w := s.waiting.Join(iccid) // before looking, so that nothing is missed
	defer w.Leave()
	packet, err = s.Platform.Waiting(ctx, iccid)
	if packet != nil || err != nil || while <= 0 {
		return packet, false, err
	}
	select {
	case <-w.Woken():
		return nil, true, nil
	case <-over:
	case <-ctx.Done():
	case <-s.closed:
	}
	return nil, false, nil
}
