package ca

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"sync"
	"time"

	"simtrust/internal/sqldb"
)

// sweepMargin is how far the clocks of nodes may lie apart.
const sweepMargin = 10 * time.Minute

// sweepPage bounds how many certificates without an outcome are looked at together.
const sweepPage = 10_000

// Sweep abandons the rows that this node has seen in signing for longer than a signing may take: a node ended, or its key or store
// failed. No clock of the node that made a row counts, so that none is taken for late that another node is just signing. They
// are revoked in the same transaction and never signed again; a signature that comes later is refused by the row's outcome. It also
// revokes what is left of blocked keys.
func (s *Service) Sweep(ctx context.Context) error {
	late := func(left []Certificate) []Certificate { return s.unfinished.late(left, s.now(), s.config.SigningTime) }
	return errors.Join(s.sweep(ctx, late), s.strikeKeys(ctx))
}

// recover abandons at start what an earlier process left. The embedded store has one process, so what is older than this one is
// not in progress; elsewhere another node may be at it.
func (s *Service) recover(ctx context.Context) error {
	if s.db.Dialect() != sqldb.SQLite {
		return s.Sweep(ctx)
	}
	return s.sweep(ctx, func(left []Certificate) []Certificate {
		return slices.DeleteFunc(slices.Clone(left), func(c Certificate) bool { return !c.Created.Before(s.started.Truncate(time.Millisecond)) })
	})
}

// sweep abandons those certificates without an outcome that late picks out.
func (s *Service) sweep(ctx context.Context, late func([]Certificate) []Certificate) error {
	for {
		now := s.now()
		left, err := s.withoutOutcome(ctx, now)
		if err != nil {
			return err
		}
		over := late(left)
		for _, c := range over {
			if err := s.abandon(ctx, c, now); err != nil {
				return err
			}
		}
		if len(over) == 0 || len(left) < sweepPage {
			return s.swept(ctx, now, left, over)
		}
	}
}

// swept notes up to where nothing is without an outcome, as far as any clock may be behind.
func (s *Service) swept(ctx context.Context, now time.Time, left, over []Certificate) error {
	through := now.Add(-sweepMargin).UnixMilli()
	for i, c := range left {
		if i >= len(over) || c.ID != over[i].ID { // the first that was not abandoned: left is in the order of time, and over in left's
			through = min(through, c.Created.UnixMilli()-1)
			break
		}
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update ca_swept set through = $1 where one = 1 and (through < $1 or through > $2)`,
			through, now.UnixMilli()) // in the future: a clock was ahead, and was put right
		return err
	})
}

// withoutOutcome returns the certificates without an outcome, the oldest first. Nothing before ca_swept is without one, unless a clock
// went back.
func (s *Service) withoutOutcome(ctx context.Context, now time.Time) ([]Certificate, error) {
	var through int64
	if err := s.db.QueryRow(ctx, `select through from ca_swept where one = 1`).Scan(&through); err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, `
		select c.id, c.created from ca_certificate c
		where c.created >= $1 and not exists (select 1 from ca_outcome o where o.id = c.id)
		order by c.created limit $2`, min(through, now.Add(-sweepMargin).UnixMilli()), int64(sweepPage))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (c Certificate, err error) {
		var created int64
		err = rows.Scan(&c.ID, &created)
		c.Created = instant(created)
		return c, err
	})
}

// sightings are the certificates that were seen without an outcome when last looked, each with the instant when it first was.
type sightings struct {
	mu    sync.Mutex
	first map[string]time.Time
}

// late returns those of left, in its order, that were seen a patience ago.
func (u *sightings) late(left []Certificate, now time.Time, patience time.Duration) (over []Certificate) {
	u.mu.Lock()
	defer u.mu.Unlock()
	seen := make(map[string]time.Time, len(left))
	for _, c := range left {
		first, again := u.first[c.ID]
		if !again || now.Before(first) {
			first = now
		}
		seen[c.ID] = first
		if now.Sub(first) > patience {
			over = append(over, c)
		}
	}
	u.first = seen
	return over
}

// abandon gives a row its outcome, unless it got one meanwhile.
func (s *Service) abandon(ctx context.Context, c Certificate, now time.Time) error {
	return s.amend(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `insert into ca_outcome (id, signature, at) values ($1, null, $2) on conflict do nothing`, c.ID, now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		if c, err = certificateByID(ctx, tx, c.ID); err != nil {
			return err
		}
		if c.Revoked.IsZero() || c.Reason == CertificateHold {
			if err := s.writeRevocation(ctx, tx, c, now, CessationOfOperation, "recovery"); err != nil {
				return err
			}
		}
		return appendAudit(ctx, tx, []AuditEntry{newAuditEntry(now, AuditAbandoned, c.ID, auditDetail{})})
	})
}
