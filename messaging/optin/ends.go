package optin

import (
	"context"

	"simtrust"
	"simtrust/internal/sqldb"
)

// TenureEnded marks what stood on a tenure as ended, or as disputed where it was obtained when the holder had already gone, and everything
// on it as past. Idempotent.
func (s *Service) TenureEnded(ctx context.Context, e simtrust.TenureEnded) error {
	if err := s.pass(ctx, e.Tenure); err != nil {
		return err
	}
	return s.stop(ctx, `update messaging_optin set seq = seq + 1, changed = $2,
		state = case when obtained >= $3 then '`+string(StateDisputed)+`' else '`+string(StateEnded)+`' end
		where tenure = $1 and state = '`+string(StateActive)+`' returning `+entryColumns,
		string(e.Tenure), s.now().UnixMilli(), e.Effective.UnixMilli())
}

// pass notes that a tenure is over, from when on what is known of it is kept for a time only.
func (s *Service) pass(ctx context.Context, tenure simtrust.TenureID) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update messaging_optin set over = $2 where tenure = $1 and over = 0`, string(tenure), s.now().UnixMilli())
		return err
	})
}

// SIMChanged disputes what was obtained on a SIM that had been replaced, when that was not known yet. Idempotent.
func (s *Service) SIMChanged(ctx context.Context, e simtrust.SIMChanged) error {
	return s.stop(ctx, `update messaging_optin set seq = seq + 1, changed = $2, state = '`+string(StateDisputed)+`'
		where tenure = $1 and state = '`+string(StateActive)+`' and obtained >= $3 and recorded < $4 returning `+entryColumns,
		string(e.Tenure), s.now().UnixMilli(), e.Effective.UnixMilli(), e.Recorded.UnixMilli())
}

// stop takes entries out of use by a statement that returns them, and records it.
func (s *Service) stop(ctx context.Context, update string, args ...any) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, update, args...)
		stopped, err := sqldb.Collect(rows, err, scanEntry)
		if err != nil {
			return err
		}
		changes := make([]Change, len(stopped))
		for i, e := range stopped {
			action := ActionEnd
			if e.State == StateDisputed {
				action = ActionDispute
			}
			changes[i] = changeOf(e, action, "")
		}
		return insertChanges(ctx, tx, changes)
	})
}
