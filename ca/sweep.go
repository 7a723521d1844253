package ca

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

// sweepMargin is how far the clocks of nodes may lie apart.
const sweepMargin = 10 * time.Minute

// sweepPage bounds what one transaction abandons.
const sweepPage = 500

// Sweep abandons the rows that stayed in signing longer than a signing may take: a node ended, or its key or store failed. They
// are revoked in the same transaction and never signed again; a signature that comes later is refused by the row's outcome. It also
// revokes what is left of blocked keys.
func (s *Service) Sweep(ctx context.Context) error {
	now := s.now()
	return errors.Join(s.sweep(ctx, now, now.Add(-s.config.SigningTime)), s.strikeKeys(ctx))
}

// recover abandons at start what an earlier process left. The embedded store has one process, so what is older than this one is
// not in progress; elsewhere another node may be at it.
func (s *Service) recover(ctx context.Context) error {
	if s.db.Dialect() != sqldb.SQLite {
		return s.Sweep(ctx)
	}
	return s.sweep(ctx, s.now(), s.started.Add(-time.Millisecond))
}

func (s *Service) sweep(ctx context.Context, now, until time.Time) error {
	for {
		left, err := s.unfinished(ctx, until)
		if err != nil {
			return err
		}
		for _, c := range left {
			if err := s.abandon(ctx, c, now); err != nil {
				return err
			}
		}
		if len(left) < sweepPage {
			break
		}
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update ca_swept set through = $1 where one = 1 and (through < $1 or through > $2)`,
			until.Add(-sweepMargin).UnixMilli(), until.UnixMilli()) // in the future: a clock was ahead, and was put right
		return err
	})
}

// unfinished returns the certificates created by an instant that have no outcome, or later than any clock that is right can have
// created them. Nothing before ca_swept is without one, unless a clock went back.
func (s *Service) unfinished(ctx context.Context, until time.Time) ([]Certificate, error) {
	var through int64
	if err := s.db.QueryRow(ctx, `select through from ca_swept where one = 1`).Scan(&through); err != nil {
		return nil, err
	}
	rows, err := s.db.Query(ctx, `
		select c.id, c.shard, c.not_after from ca_certificate c
		where (c.created >= $1 and c.created <= $2 or c.created > $4) and not exists (select 1 from ca_outcome o where o.id = c.id)
		order by c.created limit $3`,
		min(through, until.Add(-sweepMargin).UnixMilli()), until.UnixMilli(), int64(sweepPage), s.now().Add(sweepMargin).UnixMilli())
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (c Certificate, err error) {
		var notAfter int64
		err = rows.Scan(&c.ID, &c.Shard, &notAfter)
		c.Issuer, c.Serial, _ = SplitID(c.ID)
		c.NotAfter = instant(notAfter)
		return c, err
	})
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
