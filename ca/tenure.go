package ca

import (
	"context"
	"math"

	"simtrust"
	"simtrust/internal/sqldb"
)

// TenureEnded revokes, or holds, what hangs on a tenure that is over, and refuses anything begun on it. It is idempotent.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	now := s.now()
	err := s.amend(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `insert into ca_ended_tenure (tenure_id, at) values ($1, $2) on conflict do nothing`, string(e.Tenure), now.UnixMilli())
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return err
		}
		return appendAudit(ctx, tx, []AuditEntry{newAuditEntry(now, AuditTenure, string(e.Tenure), auditDetail{Cause: e.Cause})})
	})
	if err != nil {
		return err
	}
	return s.strike(ctx, e.Tenure, math.MaxInt64, CessationOfOperation, "tenure ended", func(p *Profile) Action { return p.OnTenureEnded })
}

// SIMChanged revokes, or holds, what was issued to the SIM that was replaced, and refuses anything authorised before. It is
// idempotent.
func (s *Service) SIMChanged(ctx context.Context, e simtrust.SIMChanged) error {
	at := e.Recorded.UnixMilli()
	err := s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into ca_sim_change (tenure_id, at) values ($1, $2)
			on conflict (tenure_id) do update set at = excluded.at where ca_sim_change.at < excluded.at`, string(e.Tenure), at)
		return err
	})
	if err != nil {
		return err
	}
	return s.strike(ctx, e.Tenure, at, Superseded, "SIM changed", func(p *Profile) Action { return p.OnSIMChanged })
}

// strike does to a tenure's certificates authorised by an instant, in milliseconds, what their profiles say, and to those of a clock
// that was ahead.
func (s *Service) strike(ctx context.Context, id simtrust.TenureID, until int64, reason int, by string, action func(*Profile) Action) error {
	now := s.now()
	found, err := certificates(ctx, s.db, `c.tenure_id = $1 and c.tenure_id <> '' and c.not_after >= $2
		and (coalesce(c.authorised, c.created) <= $3 or coalesce(c.authorised, c.created) > $4)`,
		string(id), now.UnixMilli(), until, now.Add(sweepMargin).UnixMilli())
	if err != nil {
		return err
	}
	for _, c := range found {
		req := RevokeReq{ID: c.ID, Reason: reason, By: by}
		does := ActionRevoke // of a profile that this version does not know: a newer node's, or one that is gone
		if p, ok := s.Profile(c.Profile); ok {
			does = action(p)
		}
		switch does {
		case ActionNone:
			continue
		case ActionHold:
			req.Reason = CertificateHold
		}
		if _, err := s.Revoke(ctx, req); err != nil && simtrust.KindOf(err) != simtrust.KindConflict {
			return err
		}
	}
	return nil
}
