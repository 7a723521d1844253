package status

import (
	"context"
	"fmt"
	"time"

	"simtrust/ca"
)

// shardKey names a shard.
type shardKey struct {
	issuer string
	number int
}

// Changed says that a revocation of this node concerns a certificate: after it, no answer from before is served, and the list
// is published soon. It is called once the change is committed, before it is reported to whoever asked for it.
func (s *Service) Changed(issuer string, serial []byte) {
	if a, ok := s.authority(issuer); ok {
		a.cache.forget(serial)
		s.stir()
	}
}

// stir wakes Run before its time.
func (s *Service) stir() {
	select {
	case s.wake <- struct{}{}:
	default: // it is awake already
	}
}

// Watch looks once at the register for changes and forgets the answers that they concern. Run does so all the time.
func (s *Service) Watch(ctx context.Context) error {
	s.watching.Lock()
	defer s.watching.Unlock()
	began := s.now()
	for _, a := range s.authorities() {
		shards, err := s.register.Shards(ctx, a.id)
		if err != nil {
			return fmt.Errorf("status: changes of %s: %w", a.id, err)
		}
		if err := s.follow(ctx, a, shards); err != nil {
			return fmt.Errorf("status: changes of %s: %w", a.id, err)
		}
	}
	s.watched.Store(began.UnixNano())
	s.report(ctx, nil)
	return nil
}

// watchedWithin says whether kept answers can be trusted without asking.
func (s *Service) watchedWithin(now time.Time) bool {
	age := now.UnixNano() - s.watched.Load()
	return age >= 0 && age < int64(watchTrust)
}

// follow brings the counters of an issuer's shards up to date. What was kept before the first look, or before the register went
// back to a backup, is forgotten altogether.
func (s *Service) follow(ctx context.Context, a *authority, shards []ca.Shard) error {
	first := !s.followed[a.id]
	for _, shard := range shards {
		key := shardKey{a.id, shard.Number}
		seen := s.counter(key)
		switch {
		case first:
		case shard.Change < seen:
			a.cache.clear()
			s.unlist(key)
		case shard.Change > seen:
			changes, err := s.register.Changes(ctx, a.id, shard.Number, seen)
			if err != nil {
				return err
			}
			a.cache.forget(serialsOf(changes)...)
		}
		s.count(key, shard.Change)
	}
	if first {
		a.cache.clear()
		s.followed[a.id] = true
	}
	return nil
}

func serialsOf(changes []ca.Revocation) [][]byte {
	serials := make([][]byte, len(changes))
	for i, c := range changes {
		serials[i] = c.Serial
	}
	return serials
}

func (s *Service) counter(key shardKey) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counters[key]
}

func (s *Service) count(key shardKey, change int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counters[key] = change
}

// unlist has the shard's list read afresh.
func (s *Service) unlist(key shardKey) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.lists, key)
}
