package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
)

// The rhythm of a dispatcher.
const (
	poll       = time.Second      // longest wait before looking for rows that another process wrote or let go
	lease      = 5 * time.Second  // how long a claimed row is hidden from other dispatchers, counted from the last renewal
	renewal    = lease / 3        // how often a round that is under way renews its claims
	patience   = 10 * time.Second // how long a handler may take
	longRound  = 20 * time.Second // no handler begins later than this in a round
	claimSize  = 128              // rows of one round
	handlers   = 4                // run at once in a round, unless a subscriber gathers
	firstPause = 500 * time.Millisecond
	longPause  = 5 * time.Minute
)

// Run dispatches until ctx ends, finishes the handlers under way and returns nil. Each subscriber is served on its own, so a slow
// one holds up no other. A store that is away is logged and tried again.
func (o *Outbox) Run(ctx context.Context) error {
	var running sync.WaitGroup
	for _, s := range o.subscribers {
		running.Go(func() { o.serve(ctx, s) })
	}
	running.Wait()
	return nil
}

// Drain handles everything that is due now, also what handlers append meanwhile, and returns the handlers' errors. What failed is
// due again later.
func (o *Outbox) Drain(ctx context.Context) error {
	var errs []error
	for again := true; again; {
		again = false
		for _, s := range o.subscribers {
			r, err := o.round(ctx, s)
			if err != nil {
				return err
			}
			again = again || r.claimed > 0
			errs = append(errs, r.errs...)
		}
	}
	return errors.Join(errs...)
}

func (o *Outbox) serve(ctx context.Context, s *subscriber) {
	for ctx.Err() == nil {
		if s.rest > 0 {
			sleep(ctx, nil, s.rest)
		}
		r, err := o.round(ctx, s)
		if err != nil && ctx.Err() == nil {
			o.log.ErrorContext(ctx, "outbox: round failed", "subscriber", s.name, "err", err)
		}
		if err == nil && (len(r.handled) > 0 || r.claimed == claimSize) {
			continue // more may be due: the next events of those tenures, or further tenures
		}
		wait := poll/2 + rand.N(poll/2)
		if !r.next.IsZero() {
			wait = min(wait, max(r.next.Sub(o.now()), 0))
		}
		sleep(ctx, s.wake, wait)
	}
}

func sleep(ctx context.Context, wake <-chan struct{}, wait time.Duration) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// round is what became of one claim.
type round struct {
	claimed int
	handled []string // ids
	failed  []retry
	next    time.Time // when the first failed delivery is due again; zero: none failed
	errs    []error
}

// round claims, handles and settles. Once claimed, rows are handled although ctx ends: that is quicker than waiting out the lease.
func (o *Outbox) round(ctx context.Context, s *subscriber) (round, error) {
	now := o.now()
	until := now.Add(lease)
	claimed, err := claim(ctx, o.db, s.name, now, until, claimSize)
	if err != nil || len(claimed) == 0 {
		return round{}, err
	}
	ctx = context.WithoutCancel(ctx)
	held, letGo := o.hold(ctx, claimed, until)
	errs := o.handle(held, s, claimed, now.Add(longRound))
	letGo()
	r := round{claimed: len(claimed)}
	for i, err := range errs {
		switch d := claimed[i]; {
		case err == nil:
			r.handled = append(r.handled, d.id)
		case errors.Is(err, errNotBegun):
			r.failed = append(r.failed, retry{d, now})
		default:
			again := retry{d, o.now().Add(backoff(d.attempts))}
			r.fail(again, err)
			o.log.WarnContext(ctx, "outbox: delivery failed", "subscriber", s.name, "event", d.eventType, "tenure", d.tenure,
				"seq", d.seq, "attempts", d.attempts, "due", again.due, "err", err)
		}
	}
	return r, settle(ctx, o.db, r.handled, r.failed)
}

func (r *round) fail(again retry, err error) {
	r.failed = append(r.failed, again)
	r.errs = append(r.errs, err)
	if r.next.IsZero() || again.due.Before(r.next) {
		r.next = again.due
	}
}

// errNotBegun marks a delivery that did not begin, because the round was long or its lease lost.
var errNotBegun = errors.New("not begun")

// handle runs the handlers and returns an error or nil for each delivery. The rows are of different tenures, so their order is free.
func (o *Outbox) handle(ctx context.Context, s *subscriber, claimed []delivery, latest time.Time) []error {
	errs := make([]error, len(claimed))
	var group errgroup.Group
	group.SetLimit(s.atOnce)
	for i, d := range claimed {
		group.Go(func() error {
			errs[i] = errNotBegun
			if ctx.Err() == nil && !o.now().After(latest) {
				errs[i] = s.deliver(ctx, d)
			}
			return nil
		})
	}
	_ = group.Wait()
	return errs
}

// deliver calls the handler and turns its panic into an error.
func (s *subscriber) deliver(ctx context.Context, d delivery) (err error) {
	handle, ok := s.handlers[d.eventType]
	if !ok {
		return fmt.Errorf("%s has no handler for %s", s.name, d.eventType)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	if err := handle(ctx, d.body); err != nil {
		return fmt.Errorf("%s: %s: %w", s.name, d.eventType, err)
	}
	return nil
}

// backoff doubles with every attempt up to a limit, less up to a fifth so that failures of one cause spread out.
func backoff(attempts int64) time.Duration {
	wait := firstPause << min(attempts-1, 20)
	wait = min(wait, longPause)
	return wait - rand.N(wait/5)
}
