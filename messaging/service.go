package messaging

import (
	"cmp"
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	keep      = 30 * 24 * time.Hour // of messages and pages, after their end
	keepFiles = maxLife + keep      // of files, from when they were put: as long as a message that is sent then
	keepTalk  = maxLife + keep      // of conversations, after the end of their tenure: as long as reports may come
	pruneTime = time.Hour
)

// Service sends messages. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
	links  string
	doors  map[string]Door
	orders *sqldb.Coalescer[*order, Sent]
}

// New returns the service over a migrated store; Close releases it.
func New(d Deps, c Config) *Service {
	c.Files, c.FileOctets = cmp.Or(c.Files, maxFiles), cmp.Or(c.FileOctets, maxFileOctets)
	s := &Service{Deps: d, Config: c, links: cmp.Or(c.Links, c.Issuer+"/m"), doors: map[string]Door{}}
	s.orders = sqldb.NewCoalescer(d.DB, "messaging.send", s.acceptBatch, sqldb.WithMaxBatch(64))
	return s
}

// Close ends what runs behind Service's methods.
func (s *Service) Close() { s.orders.Close() }

// Run removes what is not asked about any more, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old messages cannot be removed", "error", err)
			}
		}
	}
}
