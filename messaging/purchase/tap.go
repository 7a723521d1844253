package purchase

import (
	"context"
	"time"

	"simtrust"
	"simtrust/messaging"
)

// Tapped implements messaging.Door: a person took a suggestion of a notice. What is typed may deny, never confirm; on a channel without
// buttons, that confirms by the SIM whatever the amount. Errors: KindDenied with [ReasonToken]; KindConflict with [ReasonTooLate];
// KindUnavailable.
func (s *Service) Tapped(ctx context.Context, t messaging.Tap) error {
	said, ok := readToken(t.Token)
	if !ok {
		return errToken
	}
	p, found, err := byID(ctx, s.DB, said.purchase)
	switch {
	case err != nil:
		return err
	case !found || !s.genuine(p, said) || p.Chatbot != t.Chatbot || p.tenure != t.Tenure:
		return errToken
	case p.Final():
		return s.tooLate(ctx, p)
	}
	button := !t.Typed && t.Channel.Rich()
	if said.answer == deny {
		return s.take(ctx, p.ID, func(p Purchase) Standing { return p.denied(by(button)) })
	}
	lost, err := s.lostTo(ctx, p)
	if err != nil {
		return err
	}
	return s.take(ctx, p.ID, func(p Purchase) Standing {
		if lost != "" {
			return p.lost(lost)
		}
		return p.confirmed(button && !p.needsSIM)
	})
}

func by(button bool) Method {
	if button {
		return ByButton
	}
	return ByText
}

// timely is what an answer does unless it comes after the time to give one.
func timely(to func(Purchase) Standing) func(Purchase, time.Time) Standing {
	return func(p Purchase, now time.Time) Standing {
		if p.State == StateAsked && p.late(now) {
			return p.lapsed()
		}
		return to(p)
	}
}

// take changes a purchase by an answer.
func (s *Service) take(ctx context.Context, id string, to func(Purchase) Standing) error {
	p, moved, err := s.change(ctx, id, move{to: timely(to)})
	if err == nil && (!moved || p.State == StateExpired) {
		err = s.tooLate(ctx, p)
	}
	return err
}

// tooLate refuses an answer. Who answers what has expired without them is told so.
func (s *Service) tooLate(ctx context.Context, p Purchase) error {
	if p.State != StateExpired {
		return errTooLate
	}
	if err := s.exec(ctx, `update messaging_purchase set due = $2 where id = $1 and due = 0`, p.ID, s.Now().UnixMilli()); err != nil {
		return err
	}
	s.wake()
	return errTooLate
}

// lostTo says why who was asked may not confirm any more; empty: they may. The events that say the same are not waited for.
func (s *Service) lostTo(ctx context.Context, p Purchase) (cause string, err error) {
	since, err := s.Holders.SIMSince(ctx, p.tenure)
	switch {
	case err != nil:
		return "", err
	case since.IsZero():
		return CauseTenureEnded, nil
	case !since.Equal(p.simSince):
		return CauseSIMChanged, nil
	}
	return "", nil
}

// TenureEnded ends what the tenure was asked (outbox handler).
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	return s.lose(ctx, e.Tenure, CauseTenureEnded)
}

// SIMChanged ends what was asked before (outbox handler).
func (s *Service) SIMChanged(ctx context.Context, e simtrust.SIMChanged) error {
	return s.lose(ctx, e.Tenure, CauseSIMChanged)
}

func (s *Service) lose(ctx context.Context, tenure simtrust.TenureID, cause string) error {
	ids, err := openOf(ctx, s.DB, tenure)
	for _, id := range ids {
		if _, _, err := s.change(ctx, id, move{to: func(p Purchase, _ time.Time) Standing { return p.lost(cause) }}); err != nil {
			return err
		}
	}
	return err
}
