package optin

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	pruneEvery = time.Hour
	pruneBatch = 500
	keepDays   = 2 // of used-up limits
)

// Run removes what is kept long enough until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "old opt-ins cannot be removed", "error", err)
			}
		}
	}
}

// prunings remove up to $2 rows that are older than $1, in this order: what a number's row tells is needed while there are entries under it,
// and the change that made an entry what it is while there is the entry.
var prunings = []string{
	`delete from messaging_optin where (tenure, chatbot) in (select tenure, chatbot from messaging_optin where over > 0 and over < $1 limit $2)`,
	`delete from messaging_optin_change where (tenure, chatbot, seq) in (
		select c.tenure, c.chatbot, c.seq from messaging_optin_change c where c.at < $1 and not exists (
			select 1 from messaging_optin o where o.tenure = c.tenure and o.chatbot = c.chatbot and o.seq = c.seq) limit $2)`,
	`delete from messaging_optin_number where number_hash in (select n.number_hash from messaging_optin_number n where n.told < $1 and not exists (
		select 1 from messaging_optin o where o.number_hash = n.number_hash) limit $2) and told < $1`,
}

// Prune removes what the package comment says is kept long enough, a little at a time.
func (s *Service) Prune(ctx context.Context) error {
	now := s.now()
	for _, text := range prunings {
		if err := s.prune(ctx, text, now.Add(-s.cfg.Keep).UnixMilli()); err != nil {
			return err
		}
	}
	return s.prune(ctx, `delete from messaging_optin_day where (chatbot, day) in (select chatbot, day from messaging_optin_day where day < $1 limit $2)`,
		dayOf(now)-keepDays)
}

func (s *Service) prune(ctx context.Context, text string, before int64) error {
	for more := true; more; {
		err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
			res, err := tx.Exec(ctx, text, before, int64(pruneBatch))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			more = n == pruneBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
