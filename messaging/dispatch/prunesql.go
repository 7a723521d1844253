package dispatch

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

// prune forgets up to limit deliveries of one message that expired before an instant, and the message when none is left. It does not
// touch what has not ended. more says that another call has something to do.
func prune(ctx context.Context, tx *sqldb.Tx, before time.Time, limit int) (more bool, err error) {
	var message string
	err = tx.QueryRow(ctx, `select id from dispatch_message m where expires < $1
		and not exists (select 1 from dispatch_delivery d where d.message = m.id and d.phase <> 'done')
		order by expires limit 1`, before.UnixMilli()).Scan(&message)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	rows, err := tx.Query(ctx, `delete from dispatch_delivery where id in (select id from dispatch_delivery where message = $1 limit $2) returning id`,
		message, int64(limit))
	ids, err := sqldb.Collect(rows, err, scanText)
	if err != nil {
		return false, err
	}
	if err := forgetSent(ctx, tx, ids); err != nil || len(ids) == limit {
		return true, err
	}
	for _, text := range []string{`delete from dispatch_step where message = $1`, `delete from dispatch_message where id = $1`} {
		if _, err := tx.Exec(ctx, text, message); err != nil {
			return false, err
		}
	}
	return true, nil
}

func forgetSent(ctx context.Context, tx *sqldb.Tx, deliveries []string) error {
	if len(deliveries) == 0 {
		return nil
	}
	where, args := sqldb.In(tx.Dialect(), "delivery", 1, deliveries)
	_, err := tx.Exec(ctx, `delete from dispatch_sent where `+where, args...)
	return err
}

// openChannels are those that deliveries wait on.
func openChannels(ctx context.Context, q sqldb.Querier) ([]Channel, error) {
	rows, err := q.Query(ctx, `select distinct channel from dispatch_delivery where `+open)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (c Channel, err error) {
		err = rows.Scan(&c)
		return c, err
	})
}

func scanText(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}
