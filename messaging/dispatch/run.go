package dispatch

import (
	"context"
	"errors"
	"sync"
	"time"

	"simtrust/internal/sqldb"
)

// Run distributes until ctx ends, then waits for what is at the bearers. A store that is away is logged and tried again.
func (s *Service) Run(ctx context.Context) error {
	lanes, err := s.staffed(ctx)
	if err != nil {
		s.log.ErrorContext(ctx, "channels that nobody carries any more were not looked for", "error", err)
	}
	var running sync.WaitGroup
	for _, l := range lanes {
		for range s.cfg.Parallel {
			running.Go(func() { l.serve(ctx) })
			if s.hints != nil && l.name != "" {
				running.Go(func() { l.serveHints(ctx, true) })
				running.Go(func() { l.serveHints(ctx, false) })
			}
		}
	}
	s.keepHouse(ctx)
	running.Wait()
	return nil
}

// keepHouse matches early reports and forgets what is old until ctx ends.
func (s *Service) keepHouse(ctx context.Context) {
	look, clean := time.NewTicker(earlyEvery), time.NewTicker(pruneEvery)
	defer look.Stop()
	defer clean.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-clean.C:
			s.logged(ctx, "old messages were not removed", s.Prune(ctx))
		case <-s.early:
			s.logged(ctx, "early reports were not matched", s.matchAll(ctx))
		case <-look.C:
			s.logged(ctx, "early reports were not matched", s.matchAll(ctx))
		}
	}
}

func (s *Service) logged(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, what, "error", err)
	}
}

func (s *Service) matchAll(ctx context.Context) error {
	for {
		if more, err := s.match(ctx); err != nil || !more {
			return err
		}
	}
}

// Drain does all that is due now and whose bearer wants to be asked: for tests and commands.
func (s *Service) Drain(ctx context.Context) error {
	lanes, err := s.staffed(ctx)
	if err != nil {
		return err
	}
	for worked := true; worked; {
		worked = false
		if err := s.matchAll(ctx); err != nil {
			return err
		}
		for _, l := range lanes {
			if l.shut() > 0 {
				continue
			}
			n, err := l.round(ctx)
			if err != nil {
				return err
			}
			worked = worked || n > 0
		}
	}
	return nil
}

// staffed are the lanes of this node, and one for every channel that is not carried any more and still has deliveries. These end by
// their time.
func (s *Service) staffed(ctx context.Context) ([]*lane, error) {
	lanes := s.order
	channels, err := openChannels(ctx, s.db)
	for _, c := range channels {
		if s.lanes[c] == nil {
			lanes = append(lanes[:len(lanes):len(lanes)], newLane(s, "", nobody{}, c))
		}
	}
	return lanes, err
}

// nobody stands in for the bearer of a channel that is not carried any more.
type nobody struct{}

var errNobody = errors.New("nobody carries the channel")

// Reach implements Bearer.
func (nobody) Reach(context.Context, Channel, []Recipient) ([]bool, error) { return nil, errNobody }

// Submit implements Bearer.
func (nobody) Submit(context.Context, []Submission) []Outcome { return nil }

// Query implements Bearer.
func (nobody) Query(context.Context, []Copy) []Finding { return nil }

// Cancel implements Bearer.
func (nobody) Cancel(context.Context, []Copy) []Recall { return nil }

// How often old messages are looked for, and how many are forgotten at once.
const (
	pruneEvery = 10 * time.Minute
	pruneBatch = 1000
)

// Prune forgets messages that expired as long ago as is configured, with their deliveries, and reports that belong to nothing. Run does
// so from time to time.
func (s *Service) Prune(ctx context.Context) error {
	now := s.now()
	err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error { return dropEarly(ctx, tx, now.Add(-earlyLife)) })
	for more := err == nil; more; {
		err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
			more, err = prune(ctx, tx, now.Add(-s.cfg.Keep), pruneBatch)
			return err
		})
		more = more && err == nil
	}
	return err
}
