package gateway

import (
	"context"
	"sync"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Fixed times and sizes.
const (
	pollEvery  = 500 * time.Millisecond
	gather     = 2 * time.Millisecond // what is submitted within it is taken together
	retell     = 10 * time.Second     // after the one who asked could not be told that a packet failed
	backoff    = 3 * time.Second      // after a failure of the bearer, or while the card is asking its owner something else
	batch      = 256
	parallel   = 256 // messages at the bearer at once
	pruneEvery = 10 * time.Minute
	pruneBatch = 1000
	keep       = 30 * 24 * time.Hour // of what is done
)

// Run sends what is due until ctx ends, then waits for what is on its way.
func (g *Service) Run(ctx context.Context) error {
	var flights sync.WaitGroup
	defer flights.Wait()
	slots := make(chan struct{}, parallel)
	start := func(job func()) {
		slots <- struct{}{}
		flights.Go(func() {
			defer func() { <-slots }()
			job()
		})
	}
	poll, clean := time.NewTicker(pollEvery), time.NewTicker(pruneEvery)
	defer poll.Stop()
	defer clean.Stop()
	for {
		more, err := g.dispatch(ctx, start)
		if err != nil && ctx.Err() == nil {
			g.log.ErrorContext(ctx, "packets were not sent", "error", err)
		}
		if more {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-g.wake:
			wait(ctx, gather)
		case <-poll.C:
		case <-clean.C:
			if err := g.Prune(ctx); err != nil && ctx.Err() == nil {
				g.log.WarnContext(ctx, "old packets were not removed", "error", err)
			}
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// Drain sends all that is due now and waits for it: for tests and commands.
func (g *Service) Drain(ctx context.Context) error {
	for {
		var jobs sync.WaitGroup
		more, err := g.dispatch(ctx, jobs.Go)
		jobs.Wait()
		if err != nil || !more {
			return err
		}
	}
}

// Prune forgets packets that ended and had expired 30 days ago. Run does so from time to time.
func (g *Service) Prune(ctx context.Context) error {
	for more := true; more; {
		err := g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) (err error) {
			more, err = prune(ctx, tx, g.now().Add(-keep), pruneBatch)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dispatch takes what is due and starts it. more says that another look is worth while at once.
func (g *Service) dispatch(ctx context.Context, start func(job func())) (more bool, err error) {
	t, err := g.take(ctx)
	if sqldb.IsUnique(err) {
		return false, nil // another node has just taken another packet of one of these cards
	}
	if err != nil {
		return false, err
	}
	for _, f := range t.failed {
		start(func() { g.logged(ctx, f.id, g.fail(ctx, f.failure(t.cause[f.id]))) })
	}
	for _, f := range t.flights {
		start(func() { g.deliver(context.WithoutCancel(ctx), f) })
	}
	return t.full, nil
}

// takings are what one look at the queue brought.
type takings struct {
	flights []flight
	failed  []flight
	early   []flight         // it is too early to say that nobody comes for these
	cause   map[string]Cause // of those that failed
	full    bool             // there is more
}

// take puts due packets on their way, one to a card: their counters are durable when it returns.
func (g *Service) take(ctx context.Context) (t takings, err error) {
	now, heard := g.now(), g.begun().Add(g.retry)
	err = g.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		due, err := dueFlights(ctx, tx, now, batch)
		t = takings{full: len(due) == batch, cause: map[string]Cause{}}
		if err != nil || len(due) == 0 {
			return err
		}
		g.part(ctx, due, now, heard, &t)
		if err := extend(ctx, tx, idsOf(t.early), heard); err != nil {
			return err
		}
		if err := putOff(ctx, tx, idsOf(t.failed), now.Add(retell)); err != nil || len(t.flights) == 0 {
			return err
		}
		if err := raiseCounters(ctx, tx, cardsOf(t.flights)); err != nil {
			return err
		}
		return launch(ctx, tx, t.flights, now, now.Add(g.retry))
	})
	return t, err
}

// part parts what is due: what cannot be sent, and the first packet of each card, which it secures. The others of a card stay as they are.
// Before heard no card is absent: none may have had anybody to ask.
func (g *Service) part(ctx context.Context, due []flight, now, heard time.Time, t *takings) {
	taken := make(map[string]bool, len(due))
	for _, f := range due {
		switch {
		case f.expires <= now.UnixMilli():
			t.fail(f, Expired)
		case f.absent && now.Before(heard):
			t.early = append(t.early, f)
		case f.absent:
			t.fail(f, Absent)
		case taken[f.iccid]:
		default:
			taken[f.iccid], f.taken = true, now
			if err := g.secure(&f); err != nil {
				g.log.ErrorContext(ctx, "a packet cannot be made", "packet", f.id, "error", err)
				t.fail(f, Unsent)
				continue
			}
			t.flights = append(t.flights, f)
		}
	}
}

func (t *takings) fail(f flight, c Cause) {
	t.failed = append(t.failed, f)
	t.cause[f.id] = c
}

// secure makes the packet under the card's next counter. The error is ota.ErrExhausted where there is none.
func (g *Service) secure(f *flight) error {
	counter, err := ota.Counter(f.card.counter).Next(1)
	if err != nil {
		return err
	}
	keys, err := g.custody.open(f.card)
	if err != nil {
		return err
	}
	f.counter = int64(counter)
	f.command, err = keys.AppendCommand(nil, ota.Command{SPI: ota.Default | ota.BySubmit, TAR: ota.TAR(f.tar), Counter: counter, Data: f.data})
	return err
}

func cardsOf(list []flight) []string {
	iccids := make([]string, len(list))
	for i, f := range list {
		iccids[i] = f.iccid
	}
	return iccids
}
