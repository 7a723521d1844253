package sqldb

import (
	"context"
	"database/sql"
	"math/rand/v2"
	"time"
)

// Tx is one attempt at a transaction, valid until the function it was passed to returns. It is not safe for concurrent use.
type Tx struct {
	dialect  Dialect
	tx       *sql.Tx
	onCommit []func()
}

// Dialect returns the store's dialect.
func (tx *Tx) Dialect() Dialect { return tx.dialect }

// Exec runs a statement that returns no rows.
func (tx *Tx) Exec(ctx context.Context, q string, args ...any) (sql.Result, error) {
	return tx.tx.ExecContext(ctx, q, args...)
}

// Query runs a statement that returns rows, such as insert … returning. Read them to the end with [Collect].
func (tx *Tx) Query(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	return tx.tx.QueryContext(ctx, q, args...)
}

// QueryRow runs a statement that returns at most one row.
func (tx *Tx) QueryRow(ctx context.Context, q string, args ...any) Row {
	return Row{ctx, tx.tx.QueryRowContext(ctx, q, args...)}
}

// OnCommit has f called after the commit, or after a commit whose outcome is unknown. It is meant for hints that do no harm when
// nothing changed: a wake-up, a cache invalidation. A process that dies in between calls nothing.
func (tx *Tx) OnCommit(f func()) { tx.onCommit = append(tx.onCommit, f) }

// Limits of one transaction. The longest time bounds how long a hung server can hold a caller or a batch.
const (
	maxAttempts = 24
	firstPause  = time.Millisecond
	longPause   = 64 * time.Millisecond
	longestTx   = time.Minute
)

// InTx runs fn in a transaction, serializable on PostgreSQL and exclusive among writers on SQLite, and commits when fn returns
// nil. A serialization failure or deadlock runs fn again, so fn has no outside effects and leaves no state between attempts.
// Inside fn use tx only: the DB, or a coalescer over it, may wait for the connection that fn holds.
//
// An error of fn is returned as it is, after the rollback. Otherwise the error has kind [simtrust.KindUnavailable] and reason
// [ReasonStoreUnavailable] or [ReasonContended], where nothing was changed, or [ReasonOutcomeUnknown].
func (db *DB) InTx(ctx context.Context, fn func(tx *Tx) error) error {
	return db.inTx(ctx, sql.LevelSerializable, fn)
}

// InDefaultTx is [DB.InTx] at the isolation the URL or the server sets, by default read committed: for queues, batches and
// single statements, which are right by row locks, unique and check constraints alone and would only lose time to others' reads.
func (db *DB) InDefaultTx(ctx context.Context, fn func(tx *Tx) error) error {
	return db.inTx(ctx, db.level, fn)
}

func (db *DB) inTx(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error {
	if db.dialect == SQLite {
		level = sql.LevelDefault // the driver knows no other; begin immediate is serializable
	}
	for attempt := range maxAttempts {
		err := db.attempt(ctx, level, fn)
		if err == nil || !isRetryable(err) {
			return classed(ctx, err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
	return errContended
}

// attempt runs fn once. The transaction itself does not end with ctx but with a limit of its own, so that a caller who leaves
// while the commit is under way does not make its outcome unknown.
func (db *DB) attempt(ctx context.Context, level sql.IsolationLevel, fn func(tx *Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	bounded, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestTx)
	defer cancel()
	inner, err := db.begin(ctx, bounded, level)
	if err != nil {
		return err
	}
	tx := &Tx{dialect: db.dialect, tx: inner}
	defer func() { _ = inner.Rollback() }() // after a commit this does nothing
	if err := fn(tx); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return tx.commit()
}

// begin waits for a connection as long as ctx allows and starts a transaction that lives as long as bounded.
func (db *DB) begin(ctx, bounded context.Context, level sql.IsolationLevel) (*sql.Tx, error) {
	waiting, stop := context.WithCancel(bounded)
	release := context.AfterFunc(ctx, stop)
	tx, err := db.write.BeginTx(waiting, &sql.TxOptions{Isolation: level})
	switch {
	case release() && err == nil:
		return tx, nil
	case err == nil: // ctx ended as the transaction began and took it along
		_ = tx.Rollback()
	case ctx.Err() == nil:
		return nil, err
	}
	return nil, ctx.Err()
}

func (tx *Tx) commit() error {
	err := tx.tx.Commit()
	if err != nil && isRefusedCommit(err) {
		return err
	}
	for _, f := range tx.onCommit {
		f()
	}
	if err != nil {
		return outcomeUnknown(err)
	}
	return nil
}

// pause waits longer after each attempt, with jitter so that rivals do not meet again.
func pause(ctx context.Context, attempt int) error {
	most := min(firstPause<<min(attempt, 10), longPause)
	select {
	case <-time.After(rand.N(most)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
