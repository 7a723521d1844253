package dispatch

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Accept queues a message to its recipients within the caller's transaction; sending begins when that commits. Once it has, every
// recipient's delivery comes to an end. [ReasonPlan] where the plan or the recipients are not right, among that a channel that nobody
// carries and a tenure that is named twice: nothing is queued then.
func (s *Service) Accept(ctx context.Context, tx *sqldb.Tx, plan Plan, to []Target) error {
	return s.AcceptAll(ctx, tx, Order{plan, to})
}

// Order is a message with its recipients.
type Order struct {
	Plan Plan
	To   []Target
}

// AcceptAll is Accept for several messages at once, in few statements. One that is not right, which Check tells before, has nothing of
// them queued.
func (s *Service) AcceptAll(ctx context.Context, tx *sqldb.Tx, orders ...Order) error {
	now := s.now()
	for _, o := range orders {
		if err := s.check(&o.Plan, o.To, now); err != nil {
			return err
		}
	}
	due, err := s.waking(ctx, tx, orders, now)
	if err != nil {
		return err
	}
	if err := insertMessages(ctx, tx, orders); err != nil {
		return err
	}
	return insertDeliveries(ctx, tx, orders, now, due)
}

// Carries reports whether a bearer was named for a channel.
func (s *Service) Carries(c Channel) bool { return s.lanes[c] != nil }

// Check tells whether a message can be accepted now; the error is that of Accept.
func (s *Service) Check(o Order) error { return s.check(&o.Plan, o.To, s.now()) }

func (s *Service) check(plan *Plan, to []Target, now time.Time) error {
	if err := plan.check(now); err != nil {
		return err
	}
	for _, step := range plan.Steps {
		if !s.Carries(step.Channel) {
			return invalid("a step's channel: one that is carried")
		}
	}
	return checkTargets(to)
}

func checkTargets(to []Target) error {
	tenures := make(map[simtrust.TenureID]bool, len(to))
	for _, t := range to {
		switch {
		case t.Delivery == "" || len(t.Delivery) > maxName || t.Tenure == "" || len(t.Key) > maxName:
			return invalid("recipients: a delivery's id and a tenure each")
		case tenures[t.Tenure]:
			return invalid("recipients: each tenure once")
		}
		tenures[t.Tenure] = true
	}
	if len(to) == 0 {
		return invalid("recipients: at least one")
	}
	return nil
}
