package purchase

import (
	"context"
	"fmt"
	"sync"
	"time"

	"simtrust/internal/waiters"
	"simtrust/simshield/applet"
)

const (
	keep      = 30 * 24 * time.Hour // of purchases, after their end
	pruneTime = time.Hour
)

// Service asks people about purchases. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
	waiting waiters.Waiters[struct{}]
	// woken says that there may be something to do.
	woken chan struct{}
}

// New returns the service over a migrated store. The error says which amount of SIMAbove is none.
func New(d Deps, c Config) (*Service, error) {
	for currency, text := range c.SIMAbove {
		if _, err := applet.ParseSum(text, currency); err != nil {
			return nil, fmt.Errorf("sim_above %s: write an amount with all decimals of the currency, such as 1000.00 in CNY", currency)
		}
	}
	return &Service{Deps: d, Config: c, woken: make(chan struct{}, 1)}, nil
}

// Run follows what is open, also what another process left behind, until ctx ends. Then nothing of it uses the store any more.
func (s *Service) Run(ctx context.Context) error {
	var pruning sync.WaitGroup
	pruning.Go(func() { s.pruneAll(ctx) })
	defer pruning.Wait()
	return s.follow(ctx)
}

func (s *Service) pruneAll(ctx context.Context) {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old purchases cannot be removed", "error", err)
			}
		}
	}
}

// wake has something looked at without waiting for the next round.
func (s *Service) wake() {
	select {
	case s.woken <- struct{}{}:
	default:
	}
}
