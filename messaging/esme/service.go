package esme

import (
	"cmp"
	"context"
	"hash/maphash"
	"net"
	"sync"
	"time"

	"simtrust/internal/panics"
	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/messaging/parts"
)

// Service is the service centre that enterprises bind to. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
	server *smpp.Server
	parts  *parts.Store
	// bindsAtHome are those of accounts whose networks are named, binds all others.
	binds, bindsAtHome attempts
	finds              *sqldb.Coalescer[string, found]
	records            *sqldb.Coalescer[sentRow, struct{}]
}

// New returns the service over a migrated store. Serve has it listen, Close releases it.
func New(d Deps, c Config) *Service {
	c.Look, c.Young = cmp.Or(c.Look, 500*time.Millisecond), cmp.Or(c.Young, 2*time.Second)
	s := &Service{Deps: d, Config: c, parts: parts.New(d.DB, c.Key, d.Now)}
	s.binds.seed, s.bindsAtHome.seed = maphash.MakeSeed(), maphash.MakeSeed()
	c.Server.SystemID, c.Server.Log = c.SystemID, d.Log
	s.server = smpp.NewServer(s, s, c.Server)
	s.finds = sqldb.NewReadCoalescer(d.DB, "esme.find", find)
	s.records = sqldb.NewCoalescer(d.DB, "esme.record", record)
	return s
}

// Close ends what runs behind the methods; Serve has ended before.
func (s *Service) Close() {
	s.finds.Close()
	s.records.Close()
}

// pruneTime is how often what nobody asks about any more is removed.
const pruneTime = time.Hour

// Serve takes connections and tells those who are bound what happened, until ctx ends or the listener fails.
func (s *Service) Serve(ctx context.Context, l net.Listener) error {
	ctx, stop := context.WithCancel(ctx)
	var telling sync.WaitGroup
	defer telling.Wait()
	defer stop()
	telling.Go(func() { s.tellAll(ctx) })
	telling.Go(func() { s.pruneAll(ctx) })
	return s.server.Serve(ctx, l)
}

func (s *Service) pruneAll(ctx context.Context) {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old messages of SMPP accounts cannot be removed", "error", err)
			}
		}
	}
}

// tellPages tells an ESME all there is.
func (s *Service) tellPages(ctx context.Context, systemID string) error {
	more, err := s.tell(ctx, systemID)
	for more && err == nil && ctx.Err() == nil {
		more, err = s.tell(ctx, systemID)
	}
	return err
}

// tellAll has everybody who is bound to this node told, each on their own time.
func (s *Service) tellAll(ctx context.Context) {
	var tellers sync.WaitGroup
	defer tellers.Wait()
	var busy sync.Map
	tick := time.NewTicker(s.Look)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		for _, id := range s.server.Receiving() {
			if _, already := busy.LoadOrStore(id, true); already {
				continue
			}
			tellers.Go(func() {
				defer busy.Delete(id)
				err := panics.Contained(func() error { return s.tellPages(ctx, id) })
				if err != nil && ctx.Err() == nil {
					s.Log.WarnContext(ctx, "an ESME cannot be told what happened", "system_id", id, "error", err)
				}
			})
		}
	}
}
