package tsa

import (
	"bytes"
	"context"

	"simtrust/ca"
)

// stamper is a key with the time that is kept for it.
type stamper struct {
	*unit
	time *timekeeper
}

// Prepare holds the time-stamping delegate of a hierarchy that was loaded again to what New holds the first to, and begins to keep
// the time for its key, so that what other nodes gave with it is past when takeOver is called. That cannot fail; nothing changes
// before. The delegate that signs already stays.
func (s *Service) Prepare(ctx context.Context, h *ca.Hierarchy) (takeOver func(), err error) {
	u, err := newUnit(h.TSA, h.TSAChain)
	if err != nil {
		return nil, err
	}
	now := s.stamper.Load()
	if bytes.Equal(u.raw, now.raw) {
		return func() {}, nil
	}
	next := &stamper{u, now.time}
	if !bytes.Equal(u.key, now.key) {
		next.time = now.time.successor(u.name())
		_, _ = next.time.now(ctx) // as in New
	}
	return func() {
		if next.time != now.time {
			next.time.follow(now.time)
		}
		s.stamper.Store(next)
	}, nil
}
