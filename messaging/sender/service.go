package sender

import (
	"time"

	"simtrust/internal/sqldb"
)

// Service keeps the senders. Its methods are safe for concurrent use.
type Service struct {
	Deps
	cfg       Config
	standings *cache
	takings   *sqldb.Coalescer[Taking, struct{}]
}

// New returns the service over a migrated store; Close releases it.
func New(d Deps, c Config) *Service {
	s := &Service{Deps: d, cfg: c.complete(), standings: newCache(d.Now)}
	s.takings = sqldb.NewCoalescer(d.DB, "sender.take", s.takeBatch)
	return s
}

// Close ends what counts messages.
func (s *Service) Close() { s.takings.Close() }

// now is the time as the store keeps it.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Millisecond) }
