package tlog

import (
	"context"
	"database/sql"
	"embed"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "tlog", FS: migrations} }

// head is how far the log has come.
type head struct {
	size       uint64 // entries in order
	signedSize uint64 // of the largest tree a checkpoint was signed for
	signedRoot []byte
}

func readHead(ctx context.Context, q sqldb.Querier) (h head, err error) {
	err = q.QueryRow(ctx, `select size, signed_size, signed_root from tlog_head where one = 1`).Scan(&h.size, &h.signedSize, &h.signedRoot)
	return h, err
}

func markSigned(ctx context.Context, tx *sqldb.Tx, size uint64, root []byte) error {
	_, err := tx.Exec(ctx, `update tlog_head set signed_size = $1, signed_root = $2 where one = 1`, int64(size), root)
	return err
}

// sequence puts the entries of a batch of events at the end of the log's order, those aside that are in it already.
func sequence(ctx context.Context, tx *sqldb.Tx, batch [][]entry) ([]sqldb.Result[struct{}], error) {
	results, entries := make([]sqldb.Result[struct{}], len(batch)), slices.Concat(batch...)
	var size int64 // the lock on the head orders the writers, so it is taken before looking
	err := tx.QueryRow(ctx, `update tlog_head set size = size where one = 1 returning size`).Scan(&size)
	if err != nil {
		return nil, err
	}
	known, err := sequenced(ctx, tx, entries)
	if err != nil {
		return nil, err
	}
	var rows [][]any
	for _, e := range entries {
		if !known[e.id] {
			known[e.id] = true
			rows = append(rows, []any{size + int64(len(rows)), e.id, e.data})
		}
	}
	if len(rows) == 0 {
		return results, nil
	}
	if err := sqldb.InsertRows(ctx, tx, "insert into tlog_entry (idx, id, data)", rows, ""); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `update tlog_head set size = $1 where one = 1`, size+int64(len(rows)))
	return results, err
}

func sequenced(ctx context.Context, q sqldb.Querier, entries []entry) (map[string]bool, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select id from tlog_entry where `+where, args...)
	known := map[string]bool{}
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var id string
		err := rows.Scan(&id)
		known[id] = true
		return struct{}{}, err
	})
	return known, err
}

// entriesFrom returns up to limit entries from index first on, in order. Their indices follow each other without a gap.
func entriesFrom(ctx context.Context, q sqldb.Querier, first uint64, limit int) ([][]byte, error) {
	rows, err := q.Query(ctx, `select idx, data from tlog_entry where idx >= $1 order by idx limit $2`, int64(first), int64(limit))
	next := int64(first)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) ([]byte, error) {
		var idx int64
		var data []byte
		if err := rows.Scan(&idx, &data); err != nil {
			return nil, err
		}
		if idx != next {
			return nil, errGap
		}
		next++
		return data, nil
	})
}

// takeLease makes holder the writer until then, if it is or nobody is at now. A lease that lasts longer than any is from a clock that
// was ahead.
func takeLease(ctx context.Context, db *sqldb.DB, holder string, now, until time.Time) (held bool, err error) {
	err = db.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `update tlog_lease set holder = $1, until = $2 where one = 1 and (holder = $1 or until <= $3 or until > $4)`,
			holder, until.UnixMilli(), now.UnixMilli(), until.Add(clockSkew).UnixMilli())
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		held = n == 1
		return err
	})
	return held, err
}

// holds says whether holder is the writer at now.
func holds(ctx context.Context, q sqldb.Querier, holder string, now time.Time) (bool, error) {
	var n int64
	err := q.QueryRow(ctx, `select count(*) from tlog_lease where one = 1 and holder = $1 and until > $2`, holder, now.UnixMilli()).Scan(&n)
	return n == 1, err
}

func dropLease(ctx context.Context, db *sqldb.DB, holder string) error {
	return db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update tlog_lease set until = 0 where one = 1 and holder = $1`, holder)
		return err
	})
}
