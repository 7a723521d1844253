package status

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "status", FS: migrations} }

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// heads returns the rows of all published lists, without the lists.
func heads(ctx context.Context, q sqldb.Querier) (map[shardKey]head, error) {
	rows, err := q.Query(ctx, `select issuer, shard, number, change, this_update, next_update from status_crl`)
	list, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (h head, err error) {
		var this, next int64
		err = rows.Scan(&h.key.issuer, &h.key.number, &h.number, &h.change, &this, &next)
		h.this, h.next = instant(this), instant(next)
		return h, err
	})
	found := make(map[shardKey]head, len(list))
	for _, h := range list {
		found[h.key] = h
	}
	return found, err
}

// readList returns the published list of a shard; false where there is none.
func readList(ctx context.Context, q sqldb.Querier, key shardKey) (h head, der []byte, ok bool, err error) {
	var this, next int64
	err = q.QueryRow(ctx, `select number, change, this_update, next_update, der from status_crl where issuer = $1 and shard = $2`,
		key.issuer, int64(key.number)).Scan(&h.number, &h.change, &this, &next, &der)
	if errors.Is(err, sql.ErrNoRows) {
		return head{}, nil, false, nil
	}
	h.key, h.this, h.next = key, instant(this), instant(next)
	return h, der, err == nil, err
}

// replaceList puts a list in the place of the one numbered before, 0 for none; false where another node was faster.
func replaceList(ctx context.Context, tx *sqldb.Tx, before int64, h head, der []byte) (bool, error) {
	statement := `update status_crl set number = $3, change = $4, this_update = $5, next_update = $6, der = $7
		where issuer = $1 and shard = $2 and number = $8`
	args := []any{h.key.issuer, int64(h.key.number), h.number, h.change, h.this.UnixMilli(), h.next.UnixMilli(), der, before}
	if before == 0 {
		statement = `insert into status_crl (issuer, shard, number, change, this_update, next_update, der)
			values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`
		args = args[:7]
	}
	res, err := tx.Exec(ctx, statement, args...)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}
