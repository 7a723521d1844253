package sqldb_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

var errNo = errors.New("no")

func insertBudget(ctx context.Context, tx *sqldb.Tx, id string, amount int64) error {
	_, err := tx.Exec(ctx, `insert into budget (id, amount) values ($1, $2)`, id, amount)
	return err
}

func budgets(t *testing.T, db *sqldb.DB) int64 { return count(t, db, `select count(*) from budget`) }

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if simtrust.KindOf(err) != simtrust.KindUnavailable || simtrust.ReasonOf(err) != reason {
		t.Fatalf("error %v, kind %q, reason %q; want unavailable, %s", err, simtrust.KindOf(err), simtrust.ReasonOf(err), reason)
	}
}

func TestInTxUndoesWhatFails(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		hooks := 0
		failing := map[string]func(tx *sqldb.Tx) error{
			"error": func(*sqldb.Tx) error { return errNo },
			"unique": func(tx *sqldb.Tx) error {
				if err := insertBudget(ctx, tx, "b", 1); !sqldb.IsUnique(err) {
					t.Errorf("second insert: %v, want a unique violation", err)
				}
				return errNo
			},
		}
		for name, then := range failing {
			err := db.InTx(ctx, func(tx *sqldb.Tx) error {
				tx.OnCommit(func() { hooks++ })
				if err := insertBudget(ctx, tx, "b", 1); err != nil {
					return err
				}
				return then(tx)
			})
			if !errors.Is(err, errNo) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if n := budgets(t, db); n != 0 || hooks != 0 {
			t.Errorf("%d rows and %d hooks after roll-backs", n, hooks)
		}
	})
}

func TestInTxUndoesAPanic(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.InTx(t.Context(), func(tx *sqldb.Tx) error {
				_ = insertBudget(t.Context(), tx, "b", 1)
				panic("no")
			})
		}()
		if n := budgets(t, db); n != 0 {
			t.Errorf("%d rows after a panic", n)
		}
		if err := db.Ping(t.Context()); err != nil {
			t.Errorf("the writer is lost: %v", err)
		}
	})
}

func TestInTxTellsConstraintsApart(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		err := db.InTx(ctx, func(tx *sqldb.Tx) error { return insertBudget(ctx, tx, "b", -1) })
		if err == nil || sqldb.IsUnique(err) {
			t.Errorf("check: %v", err)
		}
		err = db.InTx(ctx, func(tx *sqldb.Tx) error {
			_, err := tx.Exec(ctx, `insert into claim (budget_id, claimant, paid) values ($1, $2, $3)`, "none", int64(1), true)
			return err
		})
		if err == nil || sqldb.IsUnique(err) {
			t.Errorf("foreign key: %v", err)
		}
		if sqldb.IsUnique(nil) || sqldb.IsUnique(errNo) {
			t.Error("no store error is a unique violation")
		}
	})
}

// TestInTxIsSerializable reads and then writes from many goroutines, which loses updates under anything weaker.
func TestInTxIsSerializable(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		if err := db.InTx(ctx, func(tx *sqldb.Tx) error { return insertBudget(ctx, tx, "b", 0) }); err != nil {
			t.Fatal(err)
		}
		const writers, rounds = 4, 5
		var group sync.WaitGroup
		for range writers {
			group.Go(func() {
				for range rounds {
					if err := db.InTx(ctx, func(tx *sqldb.Tx) error { return increment(ctx, tx, "b") }); err != nil {
						t.Error(err)
					}
				}
			})
		}
		group.Wait()
		if n := count(t, db, `select amount from budget where id = $1`, "b"); n != writers*rounds {
			t.Errorf("%d increments, want %d", n, writers*rounds)
		}
	})
}

func increment(ctx context.Context, tx *sqldb.Tx, id string) error {
	var amount int64
	if err := tx.QueryRow(ctx, `select amount from budget where id = $1`, id).Scan(&amount); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `update budget set amount = $2 where id = $1`, id, amount+1)
	return err
}

func TestInTxRetriesOnRequest(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		for _, code := range []pqerror.Code{"40001", "40P01"} {
			attempts, hooks := 0, 0
			err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
				attempts++
				tx.OnCommit(func() { hooks++ })
				if attempts < 3 {
					return &simtrust.Error{Kind: simtrust.KindInternal, Err: &pq.Error{Code: code}}
				}
				return nil
			})
			if err != nil || attempts != 3 || hooks != 1 {
				t.Errorf("%s: %v after %d attempts and %d hooks", code, err, attempts, hooks)
			}
		}
	})
}

func TestInTxGivesUp(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		err := db.InTx(t.Context(), func(*sqldb.Tx) error { return &pq.Error{Code: "40001"} })
		wantReason(t, err, sqldb.ReasonContended)
	})
}

func TestInTxEndsWithItsContext(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		err := db.InTx(gone, func(*sqldb.Tx) error { t.Error("ran"); return nil })
		if !errors.Is(err, context.Canceled) {
			t.Errorf("before: %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		err = db.InTx(ctx, func(tx *sqldb.Tx) error {
			defer cancel()
			return insertBudget(ctx, tx, "b", 1)
		})
		if !errors.Is(err, context.Canceled) || budgets(t, db) != 0 {
			t.Errorf("during: %v, %d rows", err, budgets(t, db))
		}
		ctx, cancel = context.WithCancel(t.Context())
		err = db.InTx(ctx, func(tx *sqldb.Tx) error {
			cancel()
			return insertBudget(ctx, tx, "b", 1)
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("in a statement: %v", err)
		}
	})
}

func TestInTxStopsWaitingForAConnection(t *testing.T) {
	sqldbtest.EachURL(t, tickets, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url, sqldb.WithMaxConns(1))
		err := db.InTx(t.Context(), func(*sqldb.Tx) error {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			return db.InTx(ctx, func(*sqldb.Tx) error { t.Error("ran"); return nil })
		})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
	})
}

// eachPostgreSQL runs fn on the PostgreSQL stores there are.
func eachPostgreSQL(t *testing.T, fn func(t *testing.T, url string)) {
	t.Helper()
	if os.Getenv(sqldbtest.PostgreSQLEnv) == "" {
		return
	}
	sqldbtest.EachURL(t, tickets, func(t *testing.T, url string) {
		if !strings.HasPrefix(url, "sqlite:") {
			fn(t, url)
		}
	})
}

func TestInTxSurvivesALostConnection(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		db, admin := sqldbtest.Open(t, url), sqldbtest.Open(t, url)
		ctx := t.Context()
		err := db.InTx(ctx, func(tx *sqldb.Tx) error {
			if err := insertBudget(ctx, tx, "b", 1); err != nil {
				return err
			}
			terminate(t, admin, tx)
			return insertBudget(ctx, tx, "c", 1)
		})
		wantReason(t, err, sqldb.ReasonStoreUnavailable)
		if err := db.InTx(ctx, func(tx *sqldb.Tx) error { return insertBudget(ctx, tx, "b", 1) }); err != nil {
			t.Errorf("afterwards: %v", err)
		}
		if n := budgets(t, db); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestReadsTellThatTheStoreIsAway has the server end the session that reads.
func TestReadsTellThatTheStoreIsAway(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		const end = `select pg_terminate_backend(pg_backend_pid())`
		var done bool
		wantReason(t, db.QueryRow(t.Context(), end).Scan(&done), sqldb.ReasonStoreUnavailable)
		rows, err := db.Query(t.Context(), end)
		_, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (bool, error) { return done, rows.Scan(&done) })
		wantReason(t, err, sqldb.ReasonStoreUnavailable)
		err = db.InTx(t.Context(), func(tx *sqldb.Tx) error { return tx.QueryRow(t.Context(), end).Scan(&done) })
		wantReason(t, err, sqldb.ReasonStoreUnavailable)
	})
}

// terminate ends the server process that serves tx.
func terminate(t *testing.T, admin *sqldb.DB, tx *sqldb.Tx) {
	t.Helper()
	var pid int64
	if err := tx.QueryRow(t.Context(), `select pg_backend_pid()`).Scan(&pid); err != nil {
		t.Error(err)
		return
	}
	var done bool
	if err := admin.QueryRow(t.Context(), `select pg_terminate_backend($1, 60000)`, pid).Scan(&done); err != nil || !done {
		t.Errorf("terminate: %v %v", done, err)
	}
}

func TestInTxTellsAnUnknownOutcome(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		for _, c := range []struct {
			name string
			cut  int32
			rows int64
		}{{"commit lost", dropCommit, 0}, {"answer lost", dropAnswer, 1}} {
			t.Run(c.name, func(t *testing.T) {
				proxy, through := cutter(t, url)
				db := sqldbtest.Open(t, through)
				hooks := 0
				proxy.next.Store(c.cut)
				err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
					tx.OnCommit(func() { hooks++ })
					return insertBudget(t.Context(), tx, c.name, 1)
				})
				wantReason(t, err, sqldb.ReasonOutcomeUnknown)
				if hooks != 1 {
					t.Errorf("%d hooks; a cache must be told when a change may have been made", hooks)
				}
				if n := count(t, db, `select count(*) from budget where id = $1`, c.name); n != c.rows {
					t.Errorf("%d rows, want %d", n, c.rows)
				}
			})
		}
	})
}
