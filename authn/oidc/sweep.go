package oidc

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	sweepEvery = time.Minute
	sweepRows  = 1000 // of one transaction
)

// Run deletes what has expired, until ctx ends. Nothing depends on it but the size of the tables.
func (p *Provider) Run(ctx context.Context) error {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := p.Sweep(ctx); err != nil && ctx.Err() == nil {
				p.log.WarnContext(ctx, "expired grants were not deleted", "cause", err)
			}
		}
	}
}

// Sweep deletes what has expired now: grants whose last token has, ids that could not be accepted any more anyway, consent
// pages nobody answered, and tickets.
func (p *Provider) Sweep(ctx context.Context) error {
	for _, table := range []string{"oidc_grants", "oidc_burnt", "oidc_prompts", "oidc_tickets"} {
		for {
			n, err := deleteExpired(ctx, p.db, table, p.now().Add(-leeway))
			if err != nil {
				return err
			}
			if n < sweepRows {
				break
			}
		}
	}
	return nil
}

func deleteExpired(ctx context.Context, db *sqldb.DB, table string, before time.Time) (n int64, err error) {
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, "delete from "+table+" where id in (select id from "+table+" where expires < $1 order by expires limit $2)",
			before.UnixMilli(), sweepRows)
		if err != nil {
			return err
		}
		n, err = res.RowsAffected()
		return err
	})
	return n, err
}
