package authn

import (
	"context"
	"maps"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

const (
	// beatEvery is the interval of the listener's heartbeat.
	beatEvery = time.Second
	// underWay is how long a record may have been waiting for the heartbeat that ends an absence. A Stop as young as that is still
	// being repeated, because no retransmission horizon is as short.
	underWay = 2 * time.Second
	// quiet is how long ago the store may have taken its last write and still count as writable.
	quiet = 5 * time.Second
	// pruneEvery is the interval at which rows past use are deleted.
	pruneEvery = time.Hour
	// quarantineFor is how long quarantined records and doubts are kept.
	quarantineFor = 90 * 24 * time.Hour
	// retention is how many interim intervals a session is kept after its last record, at least leastRetention. After two it
	// authenticates nobody; the rest is for late records of those it took an address from.
	retention      = 4
	leastRetention = time.Hour
)

// Run keeps the heartbeat and deletes what is past use, until ctx ends. It runs while the accounting listener does and no longer:
// the heartbeat says that records are being taken.
func (s *Service) Run(ctx context.Context) error {
	beats, prunes := time.NewTicker(beatEvery), time.NewTicker(pruneEvery)
	defer beats.Stop()
	defer prunes.Stop()
	for {
		if err := s.Beat(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("heartbeat of the accounting listener not stored", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-beats.C:
		case <-prunes.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("old sessions not deleted", "error", err)
			}
		}
	}
}

// Beat stores the heartbeat of the listener for every configured NAS. Where the last one is older than the NAS's retransmission
// horizon, it marks the end of an absence: sessions of that NAS must be heard of again. A clock that was set back counts as one too.
func (s *Service) Beat(ctx context.Context) error {
	now := s.now()
	if _, err := s.beats.Do(ctx, now); err != nil {
		s.wrote.Store(0)
		return err
	}
	s.wrote.Store(now.UnixMilli())
	s.beat.Store(now.UnixMilli())
	return nil
}

// storeBeats stores the last of several heartbeats: after an outage every record that waits brings one.
func (s *Service) storeBeats(ctx context.Context, tx *sqldb.Tx, beats []time.Time) ([]sqldb.Result[struct{}], error) {
	return make([]sqldb.Result[struct{}], len(beats)), s.storeBeat(ctx, tx, beats[len(beats)-1])
}

func (s *Service) storeBeat(ctx context.Context, tx *sqldb.Tx, now time.Time) error {
	rows := make([][]any, 0, len(s.nases))
	for _, name := range slices.Sorted(maps.Keys(s.nases)) {
		rows = append(rows, []any{name, 0, wholeSecond(now.Add(-underWay)), now.UnixMilli(), s.nases[name].Retransmit.Milliseconds()})
	}
	return sqldb.InsertRows(ctx, tx, "insert into authn_nas (nas, cleared, gap, listened, horizon)", rows,
		`on conflict (nas) do update set
			gap = case
				when excluded.listened - authn_nas.listened > excluded.horizon then excluded.gap
				when authn_nas.listened - excluded.listened > excluded.horizon then excluded.gap
				else authn_nas.gap end,
			listened = excluded.listened,
			horizon  = excluded.horizon`)
}

// listening makes sure that an absence of the listener is noted before the first record after it is taken.
func (s *Service) listening(ctx context.Context) error {
	if recent(s.now(), s.beat.Load()) {
		return nil
	}
	return s.Beat(ctx)
}

// writable answers from memory whether the store takes writes.
func (s *Service) writable() error {
	if recent(s.now(), s.wrote.Load()) {
		return nil
	}
	return &simtrust.Error{
		Kind: simtrust.KindUnavailable, Reason: ReasonStoreUnwritable, Op: opLocate, Msg: "sessions cannot be kept up to date now",
	}
}

func recent(now time.Time, at int64) bool {
	return now.Sub(time.UnixMilli(at)).Abs() <= quiet
}

// Prune deletes sessions, claims, assertions and quarantined records that nothing depends on any more.
func (s *Service) Prune(ctx context.Context) error {
	now := s.now()
	kept := leastRetention
	for _, n := range s.nases {
		kept = max(kept, retention*n.Interim)
	}
	return prune(ctx, s.db, now.Add(-kept).UnixMilli(), now.Add(-quarantineFor).UnixMilli(), now.UnixMilli())
}

// Check reports whether sessions can be kept up to date, for readiness: [ReasonStoreUnwritable] if not.
func (s *Service) Check(context.Context) error { return s.writable() }
