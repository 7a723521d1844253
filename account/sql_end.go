package account

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// endTenure closes what stands on the tenure and returns how many rows it found to be disputed.
func endTenure(ctx context.Context, tx *sqldb.Tx, e simtrust.TenureEnded, now time.Time) (disputed int64, err error) {
	if err := closeTenure(ctx, tx, e, now); err != nil {
		return 0, err
	}
	return disputeSince(ctx, tx, e.Tenure, e.Effective, now)
}

func closeTenure(ctx context.Context, tx *sqldb.Tx, e simtrust.TenureEnded, now time.Time) error {
	ms := now.UnixMilli()
	for _, step := range []struct {
		text string
		args []any
	}{
		{`insert into account_ended (tenure, recorded) values ($1, $2) on conflict do nothing`, []any{e.Tenure, ms}},
		{`update account set closed = $2, cause = $3 where tenure = $1 and closed is null`, []any{e.Tenure, ms, e.Cause}},
		{`update account_link set closed = $2 where tenure = $1 and closed is null`, []any{e.Tenure, ms}},
		{`update account_consent set withdrawn = $2 where tenure = $1 and withdrawn is null`, []any{e.Tenure, ms}},
		{`delete from account_move where from_tenure = $1 and redeemed is null`, []any{e.Tenure}},
	} {
		if _, err := tx.Exec(ctx, step.text, step.args...); err != nil {
			return err
		}
	}
	return nil
}

// disputeSince marks what was made on the tenure at or after since. An account that was moved away by then goes wherever it is.
func disputeSince(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, since, now time.Time) (disputed int64, err error) {
	const taken = `in (select account from account_move where from_tenure = $1 and disputed)`
	for _, step := range []struct {
		text string
		args []any
	}{
		{`update account set disputed = true where tenure = $1 and since >= $2 and not disputed`, []any{tenure, since.UnixMilli()}},
		{`update account_link set disputed = true where tenure = $1 and opened >= $2 and not disputed`, []any{tenure, since.UnixMilli()}},
		{`update account_consent set disputed = true where tenure = $1 and given >= $2 and not disputed`, []any{tenure, since.UnixMilli()}},
		{`update account_move set disputed = true where from_tenure = $1 and redeemed >= $2 and not disputed`, []any{tenure, since.UnixMilli()}},
		{`update account set disputed = true, closed = $2, cause = $3 where closed is null and id ` + taken, []any{tenure, now.UnixMilli(), causeDisputed}},
		{`update account_link set disputed = true, closed = $2 where closed is null and account ` + taken, []any{tenure, now.UnixMilli()}},
	} {
		res, err := tx.Exec(ctx, step.text, step.args...)
		if err != nil {
			return 0, err
		}
		n, err := res.RowsAffected()
		if err != nil {
			return 0, err
		}
		disputed += n
	}
	return disputed, nil
}
