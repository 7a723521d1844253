package optin

import (
	"context"
	"database/sql"
	"time"

	"simtrust/internal/sqldb"
)

func dayOf(at time.Time) int64 { return at.UnixMilli() / millisecondsDay }

// takeRenewal counts one renewal on its chatbot's day, and is false where the limit is reached.
func takeRenewal(ctx context.Context, tx *sqldb.Tx, chatbot string, at time.Time, limit int64) (bool, error) {
	rows, err := tx.Query(ctx, `insert into messaging_optin_day (chatbot, day, renewals, changes) values ($1, cast($2 as bigint), 1, 0)
		on conflict (chatbot, day) do update set renewals = messaging_optin_day.renewals + 1 where messaging_optin_day.renewals < $3
		returning renewals`, chatbot, dayOf(at), limit)
	used, err := sqldb.Collect(rows, err, scanCount)
	return len(used) == 1, err
}

// countChange counts an answer that tells a chatbot something new: that a recipient has changed.
func countChange(ctx context.Context, tx *sqldb.Tx, chatbot string, at time.Time) error {
	_, err := tx.Exec(ctx, `insert into messaging_optin_day (chatbot, day, renewals, changes) values ($1, cast($2 as bigint), 0, 1)
		on conflict (chatbot, day) do update set changes = messaging_optin_day.changes + 1`, chatbot, dayOf(at))
	return err
}

// mayBeTold says whether a chatbot may be told of another change on a day. Where it may not, none of its opt-ins is looked at, so that the
// refusal tells nothing either. It locks nothing: what is under way elsewhere may go over the limit by a batch.
func mayBeTold(ctx context.Context, tx *sqldb.Tx, chatbot string, at time.Time, limit int64) (bool, error) {
	rows, err := tx.Query(ctx, `select changes from messaging_optin_day where chatbot = $1 and day = $2`, chatbot, dayOf(at))
	told, err := sqldb.Collect(rows, err, scanCount)
	return len(told) == 0 || told[0] < limit, err
}

func scanCount(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) }
