package acme

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "acme", FS: migrations} }

func instant(ms int64) time.Time { return time.UnixMilli(ms).UTC() }

// one reads a row, or answers errNotFound.
func one(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return errNotFound
	}
	return err
}

// changed reports whether a guarded update found its row in the state it leaves.
func changed(res sql.Result, err error) (bool, error) {
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n > 0, err
}

// textOf writes a list or a problem for a column; a nil problem is the empty text.
func textOf(v any) string {
	if p, ok := v.(*problem); ok && p == nil {
		return ""
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // strings only
	}
	return string(text)
}

func problemFrom(text string) (*problem, error) {
	if text == "" {
		return nil, nil
	}
	p := new(problem)
	return p, json.Unmarshal([]byte(text), p)
}

// spendNonces answers which nonces nobody spent before. Rows go in sorted, so that two batches cannot deadlock; of two alike in one
// batch the first wins.
func spendNonces(ctx context.Context, tx *sqldb.Tx, batch []spend) ([]sqldb.Result[bool], error) {
	results := make([]sqldb.Result[bool], len(batch))
	order := make([]int, len(batch))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(batch[a].nonce, batch[b].nonce) })
	for _, i := range order {
		won, err := changed(tx.Exec(ctx, `insert into acme_nonce (nonce, expires) values ($1, $2) on conflict do nothing`,
			batch[i].nonce, batch[i].expires.UnixMilli()))
		if err != nil {
			return nil, err
		}
		results[i].Value = won
	}
	return results, nil
}

func dropOldNonces(ctx context.Context, db *sqldb.DB, now time.Time) error {
	return db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `delete from acme_nonce where expires < $1`, now.UnixMilli())
		return err
	})
}

func listFrom(text string, list *[]string) error { return json.Unmarshal([]byte(text), list) }
