package purchase

import (
	"context"
	"sync"
	"time"

	"simtrust"
	"simtrust/simshield"
)

const (
	// lease is how long a purchase is one worker's. A worker gives up before, so that two never ask the SIM side by side.
	lease    = 20 * time.Second
	workTime = lease - 4*time.Second
	// longPoll is how long the end of a transaction on the SIM is waited for at once.
	longPoll = 10 * time.Second
	// retry is how long after a fault, or while the card is busy, it is tried again.
	retry = 2 * time.Second
	look  = time.Second
	// most is how many purchases a node follows at once; one that waits costs no more than its memory.
	most   = 8192
	atOnce = 64
)

// follow does what is due until ctx ends: purchases lapse, SIMs are asked, and what they answer is taken.
func (s *Service) follow(ctx context.Context) error {
	var working sync.WaitGroup
	defer working.Wait()
	tick := time.NewTicker(look)
	defer tick.Stop()
	free := make(chan struct{}, most)
	for ctx.Err() == nil {
		n, err := s.work(ctx, &working, free)
		if err != nil && ctx.Err() == nil {
			s.Log.WarnContext(ctx, "purchases cannot be followed", "error", err)
		}
		if n == atOnce {
			continue // there may be more
		}
		select {
		case <-ctx.Done():
		case <-s.woken:
		case <-tick.C:
		}
	}
	return nil
}

// work begins what is due, and returns how many that were.
func (s *Service) work(ctx context.Context, working *sync.WaitGroup, free chan struct{}) (int, error) {
	now := s.Now()
	list, err := s.claim(ctx, min(atOnce, cap(free)-len(free)), now, now.Add(lease))
	for _, p := range list {
		free <- struct{}{}
		working.Go(func() {
			defer func() { <-free }()
			bounded, cancel := context.WithTimeout(ctx, workTime)
			defer cancel()
			if err := s.advance(bounded, p, longPoll); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "a purchase cannot be followed", "purchase", p.ID, "error", err)
			}
		})
	}
	return len(list), err
}

// advance does what is due for a purchase that was claimed.
func (s *Service) advance(ctx context.Context, p Purchase, wait time.Duration) error {
	switch {
	case p.Final():
		return s.tell(ctx, p)
	case p.State == StateAsked && p.Message == "":
		return s.forget(ctx, p.ID)
	case p.State == StateAsked:
		return s.moved(ctx, p, func(p Purchase, now time.Time) Standing {
			if !p.late(now) {
				return p.Standing
			}
			return p.lapsed()
		})
	case p.State == StateStarting:
		return s.start(ctx, p)
	}
	return s.watch(ctx, p, wait)
}

// moved changes a purchase that was claimed; where that changes nothing it is looked at again.
func (s *Service) moved(ctx context.Context, p Purchase, to func(Purchase, time.Time) Standing) error {
	_, moved, err := s.change(ctx, p.ID, move{to: to})
	if err != nil || !moved {
		return s.postpone(ctx, p, err)
	}
	return nil
}

func (s *Service) postpone(ctx context.Context, p Purchase, why error) error {
	if err := s.release(ctx, p, s.Now().Add(retry)); err != nil {
		return err
	}
	return why
}

// start has the SIM asked, unless it was: a worker may have died between asking and writing that down.
func (s *Service) start(ctx context.Context, p Purchase) error {
	t, err := s.Shield.Wait(ctx, p.transaction(), 0)
	if simtrust.ReasonOf(err) == simshield.ReasonUnknown {
		if p.Stop || p.late(s.Now()) {
			return s.moved(ctx, p, func(p Purchase, _ time.Time) Standing { return p.lapsed() })
		}
		t, err = s.Shield.Confirm(ctx, p.request, p.tenure)
	}
	switch {
	case err == nil:
		return s.opened(ctx, p, t)
	case passing(err):
		return s.postpone(ctx, p, nil)
	}
	return s.moved(ctx, p, func(p Purchase, _ time.Time) Standing { return p.unasked(simtrust.ReasonOf(err)) })
}

// passing is a refusal that may be over soon: the card is busy, or something is away.
func passing(err error) bool {
	switch simtrust.KindOf(err) {
	case simtrust.KindUnavailable, simtrust.KindInternal, simtrust.KindLimited:
		return true
	}
	return simtrust.ReasonOf(err) == simshield.ReasonBusy
}

// opened notes that the SIM asks. A purchase that ended meanwhile is none to be asked about.
func (s *Service) opened(ctx context.Context, p Purchase, t simshield.Transaction) error {
	now, _, err := s.change(ctx, p.ID, move{to: func(p Purchase, _ time.Time) Standing { return p.opened() }, txn: t.ID})
	if err == nil && now.Final() {
		_, err = s.Shield.Cancel(ctx, p.transaction())
	}
	return err
}

// watch takes the end of a transaction on the SIM, which is taken back first where the purchase was stopped.
func (s *Service) watch(ctx context.Context, p Purchase, wait time.Duration) error {
	if p.Stop {
		if _, err := s.Shield.Cancel(ctx, p.transaction()); err != nil && simtrust.ReasonOf(err) != simshield.ReasonEnded {
			return s.postpone(ctx, p, err)
		}
		wait = 0
	}
	t, err := s.Shield.Wait(ctx, p.transaction(), wait)
	if err != nil || !t.Final() {
		return s.postpone(ctx, p, err)
	}
	return s.moved(ctx, p, func(p Purchase, _ time.Time) Standing { return p.answered(t.State, t.Cause) })
}
