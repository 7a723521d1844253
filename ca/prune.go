package ca

import (
	"context"
	"time"

	"simtrust/internal/sqldb"
)

const (
	// RequestHorizon is how long a request key is remembered: longer than an ACME order or a client's patience lasts. After it the
	// same key begins something new.
	RequestHorizon = 30 * 24 * time.Hour
	// spentHorizon is how long a spent token is remembered: its longest life, and as much again for clocks that are put right.
	spentHorizon = 2 * maxTokenLife

	pruneEvery = time.Minute
	// prunePage bounds what one transaction deletes, so that issuing goes on beside it.
	prunePage = 1000
)

// Prune forgets what can no longer matter: spent tokens that have expired, request keys past [RequestHorizon]. Several nodes may do
// so at once. Run does it every minute.
func (s *Service) Prune(ctx context.Context) error {
	now := s.now()
	for _, p := range []struct {
		page    string
		horizon time.Duration
	}{
		{`delete from ca_spent_token where id in (select id from ca_spent_token where at < $1 order by at, id limit $2)`, spentHorizon},
		{`delete from ca_request where request_key in (select request_key from ca_request where at < $1 order by at, request_key limit $2)`, RequestHorizon},
	} {
		if err := s.prune(ctx, p.page, now.Add(-p.horizon)); err != nil {
			return err
		}
	}
	return nil
}

// prune deletes page by page until one is not full. Of two nodes at the same rows the second finds them gone, and goes on.
func (s *Service) prune(ctx context.Context, page string, before time.Time) error {
	for {
		var gone int64
		err := s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
			res, err := tx.Exec(ctx, page, before.UnixMilli(), int64(prunePage))
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
