package sender

import "time"

// Service keeps the senders. Its methods are safe for concurrent use.
type Service struct {
	Deps
	cfg       Config
	standings *cache
}

// New returns the service over a migrated store.
func New(d Deps, c Config) *Service {
	return &Service{Deps: d, cfg: c.complete(), standings: newCache(d.Now)}
}

// now is the time as the store keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
