package dispatch

import (
	"context"
	"math/rand/v2"
	"time"

	"simtrust"
)

// lane is one channel on this node.
type lane struct {
	s       *Service
	name    string // of the bearer
	bearer  Bearer
	channel Channel
	wake    chan struct{}
	rest    Rest // of the bearer
}

func newLane(s *Service, name string, b Bearer, c Channel) *lane {
	return &lane{s: s, name: name, bearer: b, channel: c, wake: make(chan struct{}, s.cfg.Parallel)}
}

// rouse has a worker look at once.
func (l *lane) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// poll is the longest wait before looking for what another node wrote or let go.
const poll = 500 * time.Millisecond

// serve works until ctx ends.
func (l *lane) serve(ctx context.Context) {
	for ctx.Err() == nil {
		if wait := l.shut(); wait > 0 {
			sleep(ctx, nil, wait)
			continue
		}
		n, err := l.round(ctx)
		if err != nil && ctx.Err() == nil {
			l.s.log.ErrorContext(ctx, "deliveries were not worked on", "channel", l.channel, "error", err)
		}
		switch {
		case err != nil || n == 0:
			sleep(ctx, l.wake, poll/2+rand.N(poll/2))
		case n == l.s.cfg.Batch:
			l.rouse() // there is more: for a colleague too
		}
	}
}

func sleep(ctx context.Context, wake <-chan struct{}, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-timer.C:
	}
}

// round leases a batch and works on it. Once leased it is worked on although ctx ends: that is quicker than waiting out the lease.
func (l *lane) round(ctx context.Context) (int, error) {
	return l.take(ctx, claimReq{channel: l.channel, most: l.s.cfg.Batch})
}

func (l *lane) take(ctx context.Context, q claimReq) (int, error) {
	rows, err := l.s.claims.Do(ctx, q)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.s.cfg.Lease)
	defer cancel()
	plans, err := readPlans(ctx, l.s.db, l.channel, rows)
	if err != nil {
		return len(rows), err
	}
	return len(rows), l.work(ctx, rows, plans)
}

// work parts a batch by what each delivery needs.
func (l *lane) work(ctx context.Context, rows []row, plans map[string]*plan) error {
	var overdue []fact
	var ready, unsure, unwanted []item
	now := l.s.now()
	for _, r := range rows {
		i := item{r, plans[r.message]}
		switch {
		case r.Phase == asking:
			unsure = append(unsure, i)
		case r.Phase == cancelling:
			unwanted = append(unwanted, i)
		case r.Phase == waiting && !r.revoking && now.UnixMilli() < r.expires:
			ready = append(ready, i)
		default:
			overdue = append(overdue, i.fact(event{kind: lapsed}))
		}
	}
	for _, do := range []func() error{
		func() error { _, err := l.s.record(ctx, overdue); return err },
		func() error { return l.submit(ctx, ready, now) },
		func() error { return l.recall(ctx, unwanted) },
		func() error { return l.query(ctx, unsure) },
	} {
		if err := do(); err != nil {
			return err
		}
	}
	return nil
}

// record makes facts durable, together with those of others.
func (s *Service) record(ctx context.Context, facts []fact) ([]bool, error) {
	if len(facts) == 0 {
		return nil, nil
	}
	return s.changes.Do(ctx, facts)
}

// item is a leased delivery.
type item struct {
	row
	plan *plan
}

// fact is something found out under the lease.
func (i *item) fact(e event) fact { return fact{event: e, delivery: i.id, lease: i.claims} }

// about is something found out about the copy at hand.
func (i *item) about(k kind, reason string) fact {
	return fact{event: event{kind: k, attempt: i.pending(), reason: reason}, delivery: i.id}
}

func (i *item) recipient(n simtrust.Number) Recipient {
	return Recipient{Tenure: i.tenure, Number: n, Chatbot: i.plan.question.Chatbot}
}

// shut is how long the bearer wants to be left alone yet.
func (l *lane) shut() time.Duration { return l.rest.Left(l.s.now()) }
