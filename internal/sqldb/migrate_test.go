package sqldb_test

import (
	"slices"
	"sync"
	"testing"
	"testing/fstest"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

func module(name string, files map[string]string) sqldb.Migrations {
	fs := fstest.MapFS{}
	for file, text := range files {
		fs[file] = &fstest.MapFile{Data: []byte("-- +goose Up\n" + text)}
	}
	return sqldb.Migrations{Module: name, FS: fs}
}

// eachEmpty runs fn on databases that hold nothing.
func eachEmpty(t *testing.T, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	sqldbtest.EachURL(t, nil, func(t *testing.T, url string) {
		db := sqldbtest.Open(t, url)
		err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
			for _, table := range []string{"sqldb_heartbeat", "goose_sqldb"} {
				if _, err := tx.Exec(t.Context(), "drop table "+table); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		fn(t, db)
	})
}

func TestMigrateAppliesWhatIsMissing(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *sqldb.DB) {
		ctx := t.Context()
		one := map[string]string{"migrations/00001_one.sql": "create table one (id text primary key);"}
		two := map[string]string{"migrations/00001_one.sql": one["migrations/00001_one.sql"], "migrations/00002_two.sql": "create table two (id text primary key);"}
		other := module("other", map[string]string{"migrations/00001_three.sql": "create table three (one_id text references one (id));"})

		pending, err := sqldb.Pending(ctx, db, module("m", one), other)
		if want := []string{"sqldb/00001_heartbeat.sql", "m/00001_one.sql", "other/00001_three.sql"}; err != nil || !slices.Equal(pending, want) {
			t.Errorf("at first: %v %v", pending, err)
		}
		again, err := sqldb.Pending(ctx, db, module("m", one), other)
		if err != nil || !slices.Equal(pending, again) {
			t.Errorf("looking changed something: %v %v", again, err)
		}
		for _, step := range []map[string]string{one, two, two} {
			if err := sqldb.Migrate(ctx, db, module("m", step), other); err != nil {
				t.Fatal(err)
			}
			if pending, err := sqldb.Pending(ctx, db, module("m", step), other); err != nil || len(pending) > 0 {
				t.Errorf("afterwards: %v %v", pending, err)
			}
		}
		for _, table := range []string{"one", "two", "three"} {
			if n := count(t, db, "select count(*) from "+table); n != 0 {
				t.Errorf("%s: %d", table, n)
			}
		}
	})
}

func TestMigrateUndoesWhatFails(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *sqldb.DB) {
		broken := module("m", map[string]string{"migrations/00001_broken.sql": "create table one (id text primary key);\ncreate table one (id text);"})
		if err := sqldb.Migrate(t.Context(), db, broken); err == nil {
			t.Error("no error")
		}
		pending, err := sqldb.Pending(t.Context(), db, broken)
		if err != nil || !slices.Equal(pending, []string{"m/00001_broken.sql"}) {
			t.Errorf("pending: %v %v", pending, err)
		}
		mended := module("m", map[string]string{"migrations/00001_mended.sql": "create table one (id text primary key);"})
		if err := sqldb.Migrate(t.Context(), db, mended); err != nil {
			t.Errorf("the lock or a half of it stayed: %v", err)
		}
	})
}

func TestMigrateRefusesNoMigrations(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *sqldb.DB) {
		none := sqldb.Migrations{Module: "none", FS: fstest.MapFS{}}
		if err := sqldb.Migrate(t.Context(), db, none); err == nil {
			t.Error("a module without files was accepted: its embed pattern is wrong")
		}
		if _, err := sqldb.Pending(t.Context(), db, none); err == nil {
			t.Error("a module without files is not pending")
		}
	})
}

// TestMigrateIsSafeInARollingStart has several pools migrate at once, as several processes would.
func TestMigrateIsSafeInARollingStart(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *sqldb.DB) {
		m := module("m", map[string]string{
			"migrations/00001_one.sql": "create table one (id text primary key);",
			"migrations/00002_two.sql": "insert into one (id) values ('only once');",
		})
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if err := sqldb.Migrate(t.Context(), db, m); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if n := count(t, db, `select count(*) from one`); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestMigrateForOneStore: what is for one store is neither applied to the other nor missing there.
func TestMigrateForOneStore(t *testing.T) {
	eachEmpty(t, func(t *testing.T, db *sqldb.DB) {
		m := module("m", map[string]string{
			"migrations/00001_one.sql":            "create table one (store text primary key);",
			"migrations/00002_two.postgresql.sql": "alter table one alter column store set storage external;\ninsert into one (store) values ('PostgreSQL');",
			"migrations/00002_two.sqlite.sql":     "insert into one (store) values ('SQLite');\npragma optimize;",
			"migrations/00003_more.sql":           "create table more (id text primary key);",
		})
		if err := sqldb.Migrate(t.Context(), db, m); err != nil {
			t.Fatal(err)
		}
		var store string
		if err := db.QueryRow(t.Context(), "select store from one").Scan(&store); err != nil || store != db.Dialect().String() {
			t.Errorf("%q %v", store, err)
		}
		if pending, err := sqldb.Pending(t.Context(), db, m); err != nil || len(pending) > 0 {
			t.Errorf("afterwards: %v %v", pending, err)
		}
	})
}
