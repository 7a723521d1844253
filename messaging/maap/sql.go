package maap

import (
	"context"
	"crypto/subtle"
	"database/sql"
	"embed"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_maap", FS: migrations}
}

// handing is a copy as it is, or was, handed to an account; an account without a name is nobody, for good.
type handing struct {
	id, account, copy string
	ends, expires     time.Time // ends is zero where the platform does not take the copy back by itself
}

// hand writes copies down, each for the first account that it is given for, and returns them by id as they stand from then on.
func hand(ctx context.Context, db *sqldb.DB, list []handing) (found map[string]handing, err error) {
	rows := make([][]any, len(list))
	ids := make([]string, len(list))
	for i, h := range list {
		rows[i], ids[i] = []any{h.id, h.account, h.copy, millis(h.ends), h.expires.UnixMilli()}, h.id
	}
	err = db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		err := sqldb.InsertRows(ctx, tx, "insert into messaging_maap_copy (id, account, copy, ends, expires)", rows, "on conflict (id) do nothing")
		if err != nil {
			return err
		}
		found, err = handings(ctx, tx, ids)
		return err
	})
	return found, err
}

// handings returns copies by their ids at platforms.
func handings(ctx context.Context, q sqldb.Querier, ids []string) (map[string]handing, error) {
	found := make(map[string]handing, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	where, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select id, account, copy, ends from messaging_maap_copy where `+where, args...)
	_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (struct{}, error) {
		var h handing
		var ends int64
		err := rows.Scan(&h.id, &h.account, &h.copy, &ends)
		if ends > 0 {
			h.ends = time.UnixMilli(ends)
		}
		found[h.id] = h
		return struct{}{}, err
	})
	return found, err
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// bind keeps a nonce for the one request that it first came with, known by its digest, and reports whether this is that request. Of many at
// once, on any node, the first to commit has it.
func bind(ctx context.Context, db *sqldb.DB, account, nonce string, digest []byte, now time.Time) (ours bool, err error) {
	err = db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into messaging_maap_nonce (account, nonce, digest, at) values ($1, $2, $3, $4) on conflict (account, nonce) do nothing`,
			account, nonce, digest, now.UnixMilli())
		if err != nil {
			return err
		}
		var first []byte
		err = tx.QueryRow(ctx, `select digest from messaging_maap_nonce where account = $1 and nonce = $2`, account, nonce).Scan(&first)
		ours = subtle.ConstantTimeCompare(first, digest) == 1
		return err
	})
	return ours, err
}

// pruneBatch is how many rows one transaction removes, so that no writer waits long for it.
const pruneBatch = 500

// prune removes copies that nobody asks about any more, and nonces that came before a time.
func prune(ctx context.Context, db *sqldb.DB, now, nonces time.Time) error {
	for _, p := range []struct {
		text   string
		before time.Time
	}{
		{`delete from messaging_maap_copy where id in (select id from messaging_maap_copy where expires < $1 limit $2)`, now},
		{`delete from messaging_maap_nonce where (account, nonce) in (select account, nonce from messaging_maap_nonce where at < $1 limit $2)`, nonces},
	} {
		for more := true; more; {
			err := db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
				res, err := tx.Exec(ctx, p.text, p.before.UnixMilli(), int64(pruneBatch))
				if err != nil {
					return err
				}
				n, err := res.RowsAffected()
				more = n == pruneBatch
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
