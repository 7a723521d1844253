package redenvelope

import (
	"context"
	"sync"
)

// termbook remembers what campaigns were made with, which never changes.
type termbook struct {
	mu   sync.RWMutex
	made map[string]Request
}

const maxRemembered = 10_000

func (b *termbook) get(id string) (Request, bool) {
	b.mu.RLock()
	defer b.mu.RUnlock()
	r, ok := b.made[id]
	return r, ok
}

func (b *termbook) put(id string, r Request) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.made == nil || len(b.made) >= maxRemembered {
		b.made = map[string]Request{}
	}
	b.made[id] = r
}

// termsOf returns what a campaign was made with. Errors: errUnknown; KindUnavailable.
func (s *Service) termsOf(ctx context.Context, campaign string) (Request, error) {
	if r, ok := s.terms.get(campaign); ok {
		return r, nil
	}
	c, err := s.campaignByID(ctx, campaign)
	if err == nil {
		s.terms.put(campaign, c.Request)
	}
	return c.Request, err
}
