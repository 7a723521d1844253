package redenvelope

import (
	"context"
	"sync"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Service keeps red envelopes. Its methods are safe for concurrent use.
type Service struct {
	Deps
	terms   termbook
	claims  *sqldb.Coalescer[claim, Share]
	people  *sqldb.Coalescer[simtrust.TenureID, renumber.Holder]
	devices *sqldb.Coalescer[simtrust.TenureID, int64]
}

// New returns the service over a migrated store; Close releases it.
func New(d Deps) *Service {
	s := &Service{Deps: d}
	// Batches of one campaign wait for its row: two at once would be half as large.
	s.claims = sqldb.NewCoalescer(d.DB, op+".claim", s.claimBatch, sqldb.WithOneBatch())
	s.people = sqldb.NewReadCoalescer(d.DB, op+".people", s.lookUp, sqldb.WithMaxBatch(renumber.MaxPage))
	s.devices = sqldb.NewReadCoalescer(d.DB, op+".devices", s.lookUpDevices, sqldb.WithMaxBatch(renumber.MaxPage))
	return s
}

// Close ends what runs behind Service's methods.
func (s *Service) Close() {
	s.claims.Close()
	s.people.Close()
	s.devices.Close()
}

// look is how often what is due is looked for.
const look = time.Second

// Run has expired campaigns given back and shares fulfilled, until ctx ends: neither waits for the other, for the operator's system may take its
// time.
func (s *Service) Run(ctx context.Context) error {
	var both sync.WaitGroup
	both.Go(func() { s.again(ctx, s.Expire, "expired red envelopes are not given back") })
	both.Go(func() { s.again(ctx, s.Fulfil, "red envelopes are not fulfilled") })
	both.Wait()
	return nil
}

// again does what is due at every look, and logs complaint where it fails.
func (s *Service) again(ctx context.Context, due func(context.Context) error, complaint string) {
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := due(ctx); err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, complaint, "error", err)
		}
	}
}
