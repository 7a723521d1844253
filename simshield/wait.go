package simshield

import (
	"context"
	"sync"
	"time"

	"simtrust"
)

// waiting wakes those who wait for the end of a transaction. Ends on other nodes are found by one look at the store for all of them
// (Service.watch), so that a hundred thousand who wait cost nothing but their memory.
type waiting struct {
	mu    sync.Mutex
	calls map[string]*call
}

type call struct {
	ended   chan struct{}
	waiters int
}

func newWaiting() *waiting { return &waiting{calls: map[string]*call{}} }

// join returns a channel that is closed when wake is called for the id, until leave.
func (w *waiting) join(id string) *call {
	w.mu.Lock()
	defer w.mu.Unlock()
	c := w.calls[id]
	if c == nil {
		c = &call{ended: make(chan struct{})}
		w.calls[id] = c
	}
	c.waiters++
	return c
}

func (w *waiting) leave(id string, c *call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c.waiters--; c.waiters == 0 && w.calls[id] == c {
		delete(w.calls, id)
	}
}

func (w *waiting) wake(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		if c := w.calls[id]; c != nil {
			close(c.ended)
			delete(w.calls, id)
		}
	}
}

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
	c := s.waiting.join(id) // before looking, so that no end is missed
	defer s.waiting.leave(id, c)
	t, err := s.Transaction(ctx, party, id)
	if err != nil || t.Final() || while <= 0 {
		return t, err
	}
	timer := time.NewTimer(while)
	defer timer.Stop()
	select {
	case <-c.ended:
	case <-timer.C:
	case <-ctx.Done():
		return t, nil
	}
	return s.Transaction(ctx, party, id)
}

var errUnknown = &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonUnknown, Msg: "you have no transaction of this id"}
