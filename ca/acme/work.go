package acme

import (
	"context"
	"database/sql"
	"time"

	"simtrust/internal/sqldb"
)

// Run takes up the challenges and orders that a node left processing, and drops old nonces, until ctx ends. What fails is logged and
// tried again.
func (s *Service) Run(ctx context.Context) error {
	leases := lease{s.validationLease(), issuanceLease}
	if s.db.Dialect() == sqldb.SQLite {
		s.turn(ctx, lease{}) // the store has one process: what is processing was left by another run
	}
	work, sweep := time.NewTicker(workEvery), time.NewTicker(sweepEvery)
	defer work.Stop()
	defer sweep.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-work.C:
			s.turn(ctx, leases)
		case <-sweep.C:
			if err := dropOldNonces(ctx, s.db, s.now()); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "acme: old nonces stay another while", "error", err)
			}
		}
	}
}

// lease is how long whoever began has for it.
type lease struct{ validation, issuance time.Duration }

func (s *Service) validationLease() time.Duration { return s.config.Validation + validationSlack }

func (s *Service) turn(ctx context.Context, l lease) {
	if err := s.resumeChallenges(ctx, l.validation); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "acme: challenges wait for another while", "error", err)
	}
	if err := s.resumeOrders(ctx, l.issuance); err != nil && ctx.Err() == nil {
		s.log.WarnContext(ctx, "acme: orders wait for another while", "error", err)
	}
}

// workPage bounds what one turn takes up.
const workPage = 100

// Work takes up what is left, at once: what Run does every half a second.
func (s *Service) Work(ctx context.Context) { s.turn(ctx, lease{}) }

func (s *Service) resumeChallenges(ctx context.Context, l time.Duration) error {
	ids, err := s.left(ctx, `select id from acme_challenge where status = 'processing' and claimed <= $1 order by claimed limit $2`, l)
	for _, id := range ids {
		if !s.enter() {
			return nil // the others wait for a place
		}
		if began, err := s.resumeChallenge(ctx, id, l); !began {
			s.leave()
			if err != nil {
				return err
			}
		}
	}
	return err
}

// resumeChallenge looks at a challenge, at a place that was entered, unless another node has it.
func (s *Service) resumeChallenge(ctx context.Context, id string, l time.Duration) (began bool, err error) {
	mine, err := s.claim(ctx, `update acme_challenge set claimed = $2 where id = $1 and status = 'processing' and claimed <= $3`, id, l)
	if err != nil || !mine {
		return false, err
	}
	c, err := challengeByID(ctx, s.db, id)
	if err != nil {
		return false, err
	}
	a, err := authorizationByID(ctx, s.db, c.authorization)
	if err != nil {
		return false, err
	}
	s.lookOut(c, a)
	return true, nil
}

func (s *Service) resumeOrders(ctx context.Context, l time.Duration) error {
	ids, err := s.left(ctx, `select id from acme_order where status = 'processing' and claimed <= $1 order by claimed limit $2`, l)
	for _, id := range ids {
		mine, err := s.claim(ctx, `update acme_order set claimed = $2 where id = $1 and status = 'processing' and claimed <= $3`, id, l)
		if err != nil {
			return err
		}
		if !mine {
			continue
		}
		o, err := orderByID(ctx, s.db, id)
		if err != nil {
			return err
		}
		s.issue(ctx, o)
	}
	return err
}

// left returns what has been processing longer than a lease.
func (s *Service) left(ctx context.Context, query string, l time.Duration) ([]string, error) {
	rows, err := s.db.Query(ctx, query, s.now().Add(-l).UnixMilli(), int64(workPage))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (id string, err error) { return id, rows.Scan(&id) })
}

// claim takes a lease; false where another node has it.
func (s *Service) claim(ctx context.Context, update, id string, l time.Duration) (mine bool, err error) {
	now := s.now()
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		mine, err = changed(tx.Exec(ctx, update, id, now.UnixMilli(), now.Add(-l).UnixMilli()))
		return err
	})
	return mine, err
}
