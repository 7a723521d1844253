package simshield

import (
	"context"
	"time"

	"simtrust"
)

// Transaction returns a party's transaction; ReasonUnknown for another's.
func (s *Service) Transaction(ctx context.Context, party, id string) (Transaction, error) {
	t, err := s.states.Do(ctx, id)
	if err != nil {
		return Transaction{}, err
	}
	if t == nil || t.Party != party {
		return Transaction{}, errUnknown
	}
	return *t, nil
}

// Wait returns a party's transaction when it has ended, or as it stands after a while.
func (s *Service) Wait(ctx context.Context, party, id string, while time.Duration) (Transaction, error) {
	w := s.waiting.Join(id) // before looking, so that no end is missed
	defer w.Leave()
	t, err := s.Transaction(ctx, party, id)
	if err != nil || t.Final() || while <= 0 {
		return t, err
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-w.Woken():
		if end := w.Told(); end != nil {
			return *end, nil
		}
	case <-timer.C:
	case <-ctx.Done():
		return t, nil
	}
	return s.Transaction(ctx, party, id)
}

var errUnknown = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "you have no transaction of this id"}
