package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3/lock"
)

// rowLocker makes processes on one PostgreSQL migrate one after another, by a row held locked in an open transaction: no advisory
// lock, which distributed engines lack, and no lease, for the lock ends with its holder. SQLite needs none of this, since one
// process has the file and one connection writes it.
type rowLocker struct {
	tx *sql.Tx
}

var _ lock.Locker = (*rowLocker)(nil)

// Lock waits for the row. Creating its table may lose a race against another process; then the table is there on the next try.
func (l *rowLocker) Lock(ctx context.Context, db *sql.DB) error {
	for attempt := 0; ; attempt++ {
		err := l.create(ctx, db)
		if err == nil {
			err = l.take(ctx, db)
		}
		if err == nil {
			return nil
		}
		if attempt == maxAttempts {
			return fmt.Errorf("lock the schema: %w", err)
		}
		if err := pause(ctx, attempt); err != nil {
			return err
		}
	}
}

func (l *rowLocker) create(ctx context.Context, db *sql.DB) error {
	_, err := db.ExecContext(ctx, `
		create table if not exists schema_lock (id bigint primary key, takes bigint not null);
		insert into schema_lock (id, takes) values (1, 0) on conflict do nothing`)
	return err
}

func (l *rowLocker) take(ctx context.Context, db *sql.DB) error {
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, `update schema_lock set takes = takes + 1 where id = 1`); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	l.tx = tx
	return nil
}

// Unlock lets the next process in.
func (l *rowLocker) Unlock(context.Context, *sql.DB) error { return l.tx.Commit() }
