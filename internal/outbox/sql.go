package outbox

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations returns the schema.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "outbox", FS: files} }

// delivery is a claimed row.
type delivery struct {
	id        string
	tenure    simtrust.TenureID
	seq       int64
	eventType string
	body      []byte
	attempts  int64 // this claim included
}

func insert(ctx context.Context, tx *sqldb.Tx, rows [][]any) error {
	return sqldb.InsertRows(ctx, tx,
		"insert into outbox_delivery (id, subscriber, tenure_id, seq, event_type, body, attempts, due)", rows, "")
}

// claim takes the first rows of up to most tenures that are due, and moves their due time to until. A row is due too that a clock
// which was ahead put off, later than any clock that is right does. The condition on due stands twice because a rival may claim a row
// between the choice and the update; PostgreSQL then looks at the outer one again.
func claim(ctx context.Context, db *sqldb.DB, subscriber string, now, until time.Time, most int) (claimed []delivery, err error) {
	err = db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `
			update outbox_delivery set due = $3, attempts = attempts + 1
			where (due <= $2 or due > $5) and id in (
				select id from outbox_delivery as first
				where subscriber = $1 and (due <= $2 or due > $5) and not exists (
					select 1 from outbox_delivery as earlier
					where earlier.subscriber = first.subscriber and earlier.tenure_id = first.tenure_id
						and (earlier.seq < first.seq or earlier.seq = first.seq and earlier.event_type < first.event_type))
				order by due limit $4)
			returning id, tenure_id, seq, event_type, body, attempts`,
			subscriber, now.UnixMilli(), until.UnixMilli(), int64(most), now.Add(2*longPause).UnixMilli())
		claimed, err = sqldb.Collect(rows, err, scanDelivery)
		return err
	})
	return claimed, err
}

func scanDelivery(rows *sql.Rows) (d delivery, err error) {
	err = rows.Scan(&d.id, &d.tenure, &d.seq, &d.eventType, &d.body, &d.attempts)
	return d, err
}

// renew moves the due time of claimed rows from until to next. Where another has claimed one of them, it moves none and returns
// [errLeaseLost].
func renew(ctx context.Context, db *sqldb.DB, claimed []delivery, until, next time.Time) error {
	ids := make([]string, len(claimed))
	for i, d := range claimed {
		ids[i] = d.id
	}
	where, keys := sqldb.In(db.Dialect(), "id", 3, ids)
	args := append([]any{until.UnixMilli(), next.UnixMilli()}, keys...)
	return db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		result, err := tx.Exec(ctx, "update outbox_delivery set due = $2 where due = $1 and "+where, args...)
		if err != nil {
			return err
		}
		if moved, err := result.RowsAffected(); err != nil || moved < int64(len(ids)) {
			return errors.Join(errLeaseLost, err)
		}
		return nil
	})
}

// retry is a failed delivery and when to try it again.
type retry struct {
	delivery
	due time.Time
}

// settle deletes what was handled, whoever holds it now, and puts off what failed, unless its lease ran out and another claimed it.
func settle(ctx context.Context, db *sqldb.DB, handled []string, failed []retry) error {
	return db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		where, args := sqldb.In(tx.Dialect(), "id", 1, handled)
		if _, err := tx.Exec(ctx, "delete from outbox_delivery where "+where, args...); err != nil {
			return err
		}
		for _, f := range failed {
			_, err := tx.Exec(ctx, "update outbox_delivery set due = $3 where id = $1 and attempts = $2",
				f.id, f.attempts, f.due.UnixMilli())
			if err != nil {
				return err
			}
		}
		return nil
	})
}
