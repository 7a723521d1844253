package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"simtrust/internal/sqldb"
)

// Service is the distribution system. Its methods are safe for concurrent use.
type Service struct {
	db         *sqldb.DB
	recipients Recipients
	listener   Listener
	hints      Hints
	events     Events
	log        *slog.Logger
	now        func() time.Time
	metrics    *metrics
	cfg        Config

	lanes   map[Channel]*lane
	order   []*lane // as they were named
	early   chan struct{}
	claims  *sqldb.Coalescer[claimReq, []row]
	changes *sqldb.Coalescer[[]fact, []bool]
}

// New returns the service over its dependencies; Close releases it. Carry names the bearers, before Run.
func New(d Deps, c Config) *Service {
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Grace = cmp.Or(c.Grace, 5*time.Minute)
	c.Batch = cmp.Or(c.Batch, 256)
	c.Parallel = cmp.Or(c.Parallel, 4)
	c.Keep = cmp.Or(c.Keep, 30*24*time.Hour)
	s := &Service{
		db: d.DB, recipients: d.Recipients, listener: d.Listener, log: d.Log, now: d.Now, metrics: newMetrics(), cfg: c,
		lanes: map[Channel]*lane{}, early: make(chan struct{}, 1),
	}
	s.claims = sqldb.NewCoalescer(d.DB, "dispatch.claim", s.claim)
	s.changes = sqldb.NewCoalescer(d.DB, "dispatch.change", s.change, sqldb.WithMaxBatch(16))
	return s
}

// Carry has a bearer carry channels. The name is stable over restarts: references are kept under it. A channel that is carried twice
// panics.
func (s *Service) Carry(name string, b Bearer, channels ...Channel) {
	for _, c := range channels {
		if s.lanes[c] != nil {
			panic("dispatch: two bearers for the channel " + string(c))
		}
		l := newLane(s, name, b, c)
		s.lanes[c] = l
		s.order = append(s.order, l)
	}
}

// Close ends what runs in the background of Service's methods; Run has ended before.
func (s *Service) Close() {
	s.claims.Close()
	s.changes.Close()
}

// Revoke asks deliveries of a message back within the caller's transaction, all of them where none is named, and returns how many were
// still open. Once it commits no further copy is made; where one is out its bearer is asked to take it back, and the end says whether
// that was in time. Repeating it changes nothing.
func (s *Service) Revoke(ctx context.Context, tx *sqldb.Tx, message string, deliveries ...string) (int, error) {
	for _, l := range s.order {
		tx.OnCommit(l.rouse)
	}
	return markRevoked(ctx, tx, message, deliveries, s.now())
}
