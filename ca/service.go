package ca

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"simtrust/internal/sqldb"
)

// defaultSigningTime bounds the time between record and outcome; an HSM that takes longer is down.
const defaultSigningTime = 3 * time.Second

// Service is the module. Its methods are safe for concurrent use.
type Service struct {
	db        *sqldb.DB
	outbox    Events
	tenures   Tenures
	tokens    Tokens
	log       *slog.Logger
	now       func() time.Time
	hierarchy *Hierarchy
	config    Config
	issuance  *issuance
	urls      URLs
	started   time.Time

	recorder *sqldb.Coalescer[record, struct{}]
	finisher *sqldb.Coalescer[outcome, struct{}]
	statuses *sqldb.Coalescer[string, Status]
	flying   sync.WaitGroup // issuances between record and outcome
	onChange func(issuer string, serial []byte)
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
		db: d.DB, outbox: d.Outbox, tenures: d.Tenures, tokens: d.Tokens, log: d.Log, now: d.Now,
		hierarchy: h, config: c, issuance: compiled, urls: URLs{c.BaseURL}, started: d.Now(),
		onChange: func(string, []byte) {},
	}
	s.recorder = sqldb.NewCoalescer(d.DB, "ca.record", s.insertRecords)
	s.finisher = sqldb.NewCoalescer(d.DB, "ca.finish", s.insertOutcomes)
	s.statuses = sqldb.NewReadCoalescer(d.DB, "ca.status", readStatuses)
	return s, nil
}

// Close lets running issuances end and stops the module's workers.
func (s *Service) Close() {
	s.flying.Wait()
	s.recorder.Close()
	s.finisher.Close()
	s.statuses.Close()
}

// Hierarchy is what the service issues from.
func (s *Service) Hierarchy() *Hierarchy { return s.hierarchy }

// Profile returns a profile by name.
func (s *Service) Profile(name string) (*Profile, bool) {
	p, ok := s.issuance.profiles[name]
	return p, ok
}

// URLs are the addresses that certificates carry.
func (s *Service) URLs() URLs { return s.urls }

// Run recovers what a crash left, then sweeps and works on bulk revocations until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	if err := s.recover(ctx); err != nil {
		s.log.ErrorContext(ctx, "ca: recovery at start failed; the sweeper goes on", "error", err)
	}
	var loops sync.WaitGroup // a bulk revocation can take hours, and the sweeper does not wait for it
	loops.Go(func() { s.everySecond(ctx, "sweep", s.Sweep) })
	loops.Go(func() { s.everySecond(ctx, "bulk revocation", s.WorkBulk) })
	loops.Wait()
	return nil
}

func (s *Service) everySecond(ctx context.Context, name string, work func(context.Context) error) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := work(ctx); err != nil && ctx.Err() == nil {
			s.log.ErrorContext(ctx, "ca: background work failed; tried again in a second", "work", name, "error", err)
		}
	}
}
