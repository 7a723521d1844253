package sqldb_test

import (
	"database/sql"
	"testing"
	"testing/fstest"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

// tickets is the schema of this package's tests: single-use tickets and a budget that must not go below zero.
var tickets = []sqldb.Migrations{{Module: "tickets", FS: fstest.MapFS{
	"migrations/00001_ticket.sql": {Data: []byte(`-- +goose Up
create table ticket (
    key text primary key,
    serial bigint not null,
    used_by bigint
);
create unique index ticket_serial on ticket (serial);
create table budget (
    id text primary key,
    amount bigint not null check (amount >= 0)
);
create table claim (
    budget_id text not null references budget (id),
    claimant bigint not null,
    paid boolean not null,
    note bytea,
    primary key (budget_id, claimant)
);
`)},
}}}

func each(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	sqldbtest.Each(t, tickets, fn)
}

func addTickets(t testing.TB, db *sqldb.DB, keys ...string) {
	t.Helper()
	rows := make([][]any, len(keys))
	for i, key := range keys {
		rows[i] = []any{key, int64(i)}
	}
	err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
		return sqldb.InsertRows(t.Context(), tx, "insert into ticket (key, serial)", rows, "")
	})
	if err != nil {
		t.Fatal(err)
	}
}

func scanString(rows *sql.Rows) (s string, err error) {
	err = rows.Scan(&s)
	return s, err
}

func count(t testing.TB, db *sqldb.DB, q string, args ...any) (n int64) {
	t.Helper()
	if err := db.QueryRow(t.Context(), q, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
