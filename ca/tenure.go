package ca

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// TenureEnded revokes, or holds, what hangs on a tenure that is over, and refuses anything begun on it. It is idempotent.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	now := s.now()
	err := s.db.InTx(ctx, func(tx *sqldb.Tx) error {
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
	return s.strike(ctx, e.Tenure, now, CessationOfOperation, "tenure ended", func(p *Profile) Action { return p.OnTenureEnded })
}

// SIMChanged revokes, or holds, what was issued to the SIM that was replaced. It is idempotent.
func (s *Service) SIMChanged(ctx context.Context, e simtrust.SIMChanged) error {
	return s.strike(ctx, e.Tenure, e.Recorded, Superseded, "SIM changed", func(p *Profile) Action { return p.OnSIMChanged })
}

// strike does to a tenure's certificates created by an instant what their profiles say.
func (s *Service) strike(ctx context.Context, id simtrust.TenureID, until time.Time, reason int, by string, action func(*Profile) Action) error {
	now := s.now()
	found, err := certificates(ctx, s.db, `c.tenure_id = $1 and c.tenure_id <> '' and c.not_after >= $2`, string(id), now.UnixMilli())
	if err != nil {
		return err
	}
	for _, c := range found {
		p, ok := s.Profile(c.Profile)
		if !ok || c.Created.After(until) {
			continue
		}
		req := RevokeReq{ID: c.ID, Reason: reason, By: by}
		switch action(p) {
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
