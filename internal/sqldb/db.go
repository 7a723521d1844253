package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"io"
)

// Dialect names the store behind a [DB].
type Dialect int

// The two stores.
const (
	SQLite Dialect = iota
	PostgreSQL
)

// String returns the name the store gives itself.
func (d Dialect) String() string {
	if d == PostgreSQL {
		return "PostgreSQL"
	}
	return "SQLite"
}

// Querier reads: a [DB] on its pool of readers, a [Tx] inside its transaction. Statements with arguments are prepared once per
// connection and text, so texts must be few: pass values as arguments, never inside the text.
type Querier interface {
	Dialect() Dialect
	Query(ctx context.Context, q string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, q string, args ...any) Row
}

var (
	_ Querier = (*DB)(nil)
	_ Querier = (*Tx)(nil)
)

// DB is an open store, safe for concurrent use. On PostgreSQL readers and writers share one pool; on SQLite there is one
// connection that writes and a pool that cannot.
type DB struct {
	dialect Dialect
	write   *sql.DB
	read    *sql.DB
	level   sql.IsolationLevel // of InDefaultTx
	lock    io.Closer          // the SQLite file's lock; nil on PostgreSQL
	alone   bool               // see [WithoutCoalescing]
}

// Dialect returns the store's dialect.
func (db *DB) Dialect() Dialect { return db.dialect }

// Query runs a reading statement outside any transaction. Hand the result to [Collect], which reads it to the end.
func (db *DB) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	rows, err := db.read.QueryContext(ctx, q, args...)
	return rows, classed(ctx, err)
}

// QueryRow runs a statement that reads at most one row; without a row Scan returns [sql.ErrNoRows].
func (db *DB) QueryRow(ctx context.Context, q string, args ...any) Row {
	return Row{ctx, db.read.QueryRowContext(ctx, q, args...)}
}

// Row is the result of a statement that reads at most one row.
type Row struct {
	ctx context.Context
	row *sql.Row
}

// Scan copies the row's columns into dest, as [sql.Row] does.
func (r Row) Scan(dest ...any) error { return classed(r.ctx, r.row.Scan(dest...)) }

// Ping proves that the store can be written, by a durable update of one small row that [Migrate] creates. A store that is away,
// full or read-only is a [simtrust.KindUnavailable] error.
func (db *DB) Ping(ctx context.Context) error {
	return db.InDefaultTx(ctx, func(tx *Tx) error {
		_, err := tx.Exec(ctx, `update sqldb_heartbeat set beats = beats + 1`)
		return err
	})
}

// Close closes the store. Coalescers over it must be closed before.
func (db *DB) Close() error {
	errs := []error{db.write.Close()}
	if db.read != db.write {
		errs = append(errs, db.read.Close())
	}
	if db.dialect == PostgreSQL {
		errs = nil // of connections that the server has closed already; nothing is under way on them
	}
	if db.lock != nil {
		errs = append(errs, db.lock.Close())
	}
	return errors.Join(errs...)
}
