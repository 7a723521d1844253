package simshield

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// cooledFrom is when the card that serves a number replaced another: when that was so, or when it became known, whichever was later, so
// that a change that is dated back is not over at once; zero: it did not.
func cooledFrom(h renumber.Holding) time.Time {
	switch {
	case !h.SIMChanged.After(h.Opened):
		return time.Time{}
	case h.SIMChangedRecorded.After(h.SIMChanged):
		return h.SIMChangedRecorded
	}
	return h.SIMChanged
}

// suspectedFrom is since when the lower limit holds for a new key of a tenure on which theft was suspected: from now on, while a key is
// suspended; else since it began for another key, whose place a new one takes and not its age. Of a registration that suspicion ended it is
// known that this was before it would have expired. Zero: theft was not suspected.
func suspectedFrom(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, now time.Time) (time.Time, error) {
	var suspended bool
	var cooled, failed int64
	err := tx.QueryRow(ctx, `select exists (select 1 from simshield_key where tenure = $1 and state = 'suspended'),
		(select coalesce(max(cooled_from), 0) from simshield_key where tenure = $1),
		(select coalesce(max(expires), 0) from simshield_registration where tenure = $1 and cause = $2)`, string(tenure), CauseSuspended).
		Scan(&suspended, &cooled, &failed)
	if suspended {
		return now, err
	}
	return instant(max(cooled, min(failed, now.UnixMilli()))), err
}

// cool has the lower limit begin for keys that a condition holds for. The condition's arguments begin at $2.
func cool(ctx context.Context, tx *sqldb.Tx, from time.Time, where string, args ...any) error {
	_, err := tx.Exec(ctx, `update simshield_key set cooled_from = $1 where `+where, append([]any{from.UnixMilli()}, args...)...)
	return err
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
