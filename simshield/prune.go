package simshield

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	pruneEvery = time.Hour
	// prunePage bounds what one transaction deletes, so that others go on beside it.
	prunePage = 1000
	// sumHorizon is how long a day's sums are kept: limits look at the day alone, and what is open when it ends is given back to it.
	sumHorizon = 7 * 24 * time.Hour
	// promptHorizon is how long prompts are remembered: limits look at the minute and the hour.
	promptHorizon = 2 * time.Hour
)

// Prune forgets what no limit looks at any more: sums of days, and how often cards were asked. Several nodes may do so at once. Run does it
// every hour.
func (s *Service) Prune(ctx context.Context) error {
	if err := s.pruneSums(ctx, s.policy.Day(s.now().Add(-sumHorizon))); err != nil {
		return err
	}
	minute := minuteOf(s.now().Add(-promptHorizon))
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `delete from simshield_prompts where minute < $1`, minute); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from simshield_asked where minute < $1 and hour < $2`, minute, minute/60)
		return err
	})
}

// pruneSums deletes page by page until one is not full.
func (s *Service) pruneSums(ctx context.Context, before string) error {
	for {
		var gone int64
		err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
			res, err := tx.Exec(ctx, `delete from simshield_sum where (party, kind, subject, day) in
				(select party, kind, subject, day from simshield_sum where day < $1 order by day limit $2)`, before, int64(prunePage))
			if err != nil {
				return err
			}
			gone, err = res.RowsAffected()
			return err
		})
		if err != nil || gone < prunePage {
			return err
		}
	}
}
