package ca

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

const (
	// defaultSigningTime bounds the time between record and outcome; an HSM that takes longer is down.
	defaultSigningTime = 3 * time.Second
	defaultSignatures  = 4096
)

// Service is the module. Its methods are safe for concurrent use.
type Service struct {
	db       *sqldb.DB
	outbox   Events
	tenures  Tenures
	reader   *tokenReader
	log      *slog.Logger
	now      func() time.Time
	config   Config
	issuance atomic.Pointer[issuance] // taken once for a request, which goes on under it whatever takes its place
	urls     URLs
	started  time.Time
	metrics  *metrics

	stages     *sqldb.Coalescer[stage, struct{}]
	statuses   *sqldb.Coalescer[string, Status]
	renewals   *rpc.Pace
	signing    atomic.Int64   // issuances that have a record or are about to, and no outcome
	flying     sync.WaitGroup // issuances between record and outcome
	unfinished sightings
	onChange   func(issuer string, serial []byte)
}

// New returns the module over its dependencies and a hierarchy; Close releases it. It fails where a key is not that of its
// certificate, where a profile cannot be issued, and where a claim in law has no ground.
func New(d Deps, h *Hierarchy, c Config) (*Service, error) {
	c, err := c.settle()
	if err != nil {
		return nil, err
	}
	compiled, err := compile(h, c)
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: d.DB, outbox: d.Outbox, tenures: d.Tenures, reader: newTokenReader(d, c), log: d.Log, now: d.Now,
		config: c, urls: URLs{c.BaseURL}, started: d.Now(), metrics: newMetrics(),
		renewals: rpc.NewPace(renewalRate, d.Now),
		onChange: func(string, []byte) {},
	}
	s.issuance.Store(compiled)
	// One batch at a time: a second one would only wait for the end of the audit chain.
	s.stages = sqldb.NewCoalescer(d.DB, "ca.issue", s.insertStages, sqldb.WithWorkers(1))
	s.statuses = sqldb.NewReadCoalescer(d.DB, "ca.status", readStatuses)
	return s, nil
}

// Close lets running issuances end and stops the module's workers. It does not wait for a key that hangs: after the time for a
// signing its signature could not be recorded any more.
func (s *Service) Close() {
	landed := make(chan struct{})
	go func() { s.flying.Wait(); close(landed) }()
	select {
	case <-landed:
	case <-time.After(s.config.SigningTime):
	}
	s.stages.Close()
	s.statuses.Close()
}

// Hierarchy is what the service issues from. It never changes: another one may take its place.
func (s *Service) Hierarchy() *Hierarchy { return s.issuance.Load().hierarchy }

// Prepare holds a hierarchy that was loaded again to what New holds the first to, and to what the service issues from: an issuer
// that issued once stays. Nothing changes until takeOver is called, which cannot fail; requests under way end under the one before.
func (s *Service) Prepare(h *Hierarchy) (takeOver func(), err error) {
	if err := h.extends(s.Hierarchy()); err != nil {
		return nil, err
	}
	next, err := compile(h, s.config)
	if err != nil {
		return nil, err
	}
	return func() { s.issuance.Store(next) }, nil
}

// Profile returns a profile by name.
func (s *Service) Profile(name string) (*Profile, bool) {
	p, ok := s.issuance.Load().profiles[name]
	return p, ok
}

// URLs are the addresses that certificates carry.
func (s *Service) URLs() URLs { return s.urls }

// Run recovers what a crash left, then sweeps, prunes and works on bulk revocations until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.recover(ctx); err != nil {
		s.log.ErrorContext(ctx, "ca: recovery at start failed; the sweeper goes on", "error", err)
	}
	var loops sync.WaitGroup // a bulk revocation can take hours, and the sweeper does not wait for it
	loops.Go(func() { s.repeat(ctx, time.Second, "sweep", s.Sweep) })
	loops.Go(func() { s.repeat(ctx, time.Second, "bulk revocation", s.WorkBulk) })
	loops.Go(func() { s.repeat(ctx, pruneEvery, "prune", s.Prune) })
	loops.Wait()
	return nil
}

func (s *Service) repeat(ctx context.Context, every time.Duration, name string, work func(context.Context) error) {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "ca: background work failed; it is tried again", "work", name, "in", every, "error", err)
		}
	}
}
