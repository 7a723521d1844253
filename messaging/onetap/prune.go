package onetap

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	pruneTime  = time.Hour
	pruneBatch = 500 // rows in one transaction, so that no writer waits long
)

var prunings = []string{
	`delete from messaging_onetap_login where message in (select message from messaging_onetap_login where expires < $1 limit $2)`,
	`delete from messaging_onetap_revoked where message in (select message from messaging_onetap_revoked where expires < $1 limit $2)`,
}

// Run removes what no link leads to any more, until ctx ends.
func (s *Service) Run(ctx context.Context) error {
	tick := time.NewTicker(pruneTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := s.Prune(ctx); err != nil && ctx.Err() == nil {
				s.Log.WarnContext(ctx, "old login links cannot be removed", "error", err)
			}
		}
	}
}

// Prune removes what no link leads to any more.
func (s *Service) Prune(ctx context.Context) error {
	for _, text := range prunings {
		for more := true; more; {
			err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
				res, err := tx.Exec(ctx, text, s.Now().UnixMilli(), int64(pruneBatch))
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				more = n >= pruneBatch
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
