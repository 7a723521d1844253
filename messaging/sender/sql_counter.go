package sender

import (
	"context"
	"database/sql"

	"simtrust/internal/sqldb"
)

const counterColumns = `chatbot, second_start, second_used, day_start, day_used, month_start, month_used, year_start, year_used, before_used`

func insertCounter(ctx context.Context, tx *sqldb.Tx, chatbot string) error {
	_, err := tx.Exec(ctx, `insert into messaging_counter (`+counterColumns+`) values ($1, 0, 0, 0, 0, 0, 0, 0, 0, 0)`, chatbot)
	return err
}

// lockCounters reads the counters of chatbots, given in order, and holds them until the transaction ends: an update that changes nothing
// waits for who holds the row and then sees what that one wrote, at any isolation of either store.
func lockCounters(ctx context.Context, tx *sqldb.Tx, ids []string) (map[string]*counter, error) {
	counters := make(map[string]*counter, len(ids))
	for _, id := range ids {
		rows, err := tx.Query(ctx, `update messaging_counter set before_used = before_used where chatbot = $1 returning `+counterColumns, id)
		found, err := sqldb.Collect(rows, err, scanCounter)
		if err != nil {
			return nil, err
		}
		if len(found) == 1 {
			counters[id] = &found[0]
		}
	}
	return counters, nil
}

func scanCounter(rows *sql.Rows) (c counter, err error) {
	var chatbot string
	p := &c.spans
	err = rows.Scan(&chatbot, &p[second].start, &p[second].used, &p[day].start, &p[day].used, &p[month].start, &p[month].used,
		&p[year].start, &p[year].used, &c.before)
	return c, err
}

// readPurses reads what chatbots may take from.
func readPurses(ctx context.Context, tx *sqldb.Tx, ids []string) (map[string]*purse, error) {
	cond, args := sqldb.In(tx.Dialect(), "id", 1, ids)
	rows, err := tx.Query(ctx, `select id, per_second, per_day, per_month, per_year, verified, suspended, throttled from messaging_chatbot where `+cond,
		args...)
	purses := make(map[string]*purse, len(ids))
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var id string
		var verified, suspended, throttled int64
		var p purse
		err = rows.Scan(&id, &p.quotas.Second, &p.quotas.Day, &p.quotas.Month, &p.quotas.Year, &verified, &suspended, &throttled)
		p.verified, p.suspended, p.throttled = instant(verified), instant(suspended), instant(throttled)
		purses[id] = &p
		return none, err
	})
	return purses, err
}

// writeCounters writes counters that are locked.
func writeCounters(ctx context.Context, tx *sqldb.Tx, ids []string, counters map[string]*counter) error {
	for _, id := range ids {
		c := counters[id]
		if c == nil {
			continue
		}
		p := c.spans
		if _, err := tx.Exec(ctx, `update messaging_counter set second_start = $2, second_used = $3, day_start = $4, day_used = $5, month_start = $6,
			month_used = $7, year_start = $8, year_used = $9, before_used = $10 where chatbot = $1`, id, p[second].start, p[second].used,
			p[day].start, p[day].used, p[month].start, p[month].used, p[year].start, p[year].used, c.before); err != nil {
			return err
		}
	}
	return nil
}
