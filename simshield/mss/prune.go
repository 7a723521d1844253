package mss

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	// Known is how long after it began a transaction is answered for.
	Known = 30 * 24 * time.Hour

	pruneEvery = time.Hour
	// prunePage bounds what one transaction deletes, so that others go on beside it.
	prunePage = 1000
)

// Prune forgets transactions past [Known], with what was to be signed. One that an application is yet to be told of stays until then. Run
// does it every hour.
func (s *Service) Prune(ctx context.Context) error {
	for {
		var gone int64
		err := s.DB.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
			res, err := tx.Exec(ctx, `delete from mss_transaction where id in
				(select id from mss_transaction where due = 0 and created < $1 order by created, id limit $2)`, s.Now().Add(-Known).UnixMilli(), int64(prunePage))
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
