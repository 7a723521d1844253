package dispatch

import (
	"context"
	"database/sql"
	"time"

	"simtrust/internal/sqldb"
)

// matched returns early reports whose reference is known by now.
func matched(ctx context.Context, q sqldb.Querier, limit int) ([]fact, error) {
	rows, err := q.Query(ctx, `select e.bearer, e.ref, e.fate, e.reason, e.at, s.delivery, s.attempt, s.channel
		from dispatch_early e join dispatch_sent s on s.bearer = e.bearer and s.ref = e.ref
		order by e.received limit $1`, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (fact, error) {
		var f fact
		var at int64
		err := rows.Scan(&f.bearer, &f.ref, &f.fate, &f.reason, &at, &f.delivery, &f.attempt, &f.channel)
		f.kind, f.at = fates[f.fate], time.UnixMilli(at)
		return f, err
	})
}

// forgetEarly removes early reports that were taken up, and no other that came meanwhile.
func forgetEarly(ctx context.Context, tx *sqldb.Tx, facts []fact) error {
	type lot struct {
		bearer string
		fate   Fate
	}
	refs := map[lot][]string{}
	for _, f := range facts {
		l := lot{f.bearer, f.fate}
		refs[l] = append(refs[l], f.ref)
	}
	for l, list := range refs {
		where, args := sqldb.In(tx.Dialect(), "ref", 3, list)
		_, err := tx.Exec(ctx, `delete from dispatch_early where bearer = $1 and fate = $2 and `+where,
			append([]any{l.bearer, string(l.fate)}, args...)...)
		if err != nil {
			return err
		}
	}
	return nil
}

// dropEarly removes early reports that nobody can have waited for.
func dropEarly(ctx context.Context, tx *sqldb.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `delete from dispatch_early where received < $1`, before.UnixMilli())
	return err
}
