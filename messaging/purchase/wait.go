package purchase

import (
	"context"
	"time"

	"simtrust"
)

// Purchase returns one of a client's chatbots; KindNotFound with [ReasonUnknown] for another's.
func (s *Service) Purchase(ctx context.Context, client, id string) (Purchase, error) {
	p, found, err := byID(ctx, s.DB, id)
	if err != nil {
		return Purchase{}, err
	}
	if !found {
		return Purchase{}, errUnknown
	}
	if err := s.Chatbots.Owned(ctx, client, p.Chatbot); simtrust.KindOf(err) == simtrust.KindDenied {
		return Purchase{}, errUnknown
	} else if err != nil {
		return Purchase{}, err
	}
	return p, nil
}

// Wait returns a purchase when it has ended, or as it stands after a while.
func (s *Service) Wait(ctx context.Context, client, id string, while time.Duration) (Purchase, error) {
	w := s.waiting.Join(id) // before looking, so that no end is missed
	defer w.Leave()
	p, err := s.Purchase(ctx, client, id)
	if err != nil || p.Final() || while <= 0 {
		return p, err
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-w.Woken():
	case <-timer.C:
	case <-ctx.Done():
		return p, nil
	}
	return s.Purchase(ctx, client, id)
}
