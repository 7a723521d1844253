package sqldb_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
)

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for name, url := range map[string]string{
		"empty":                "",
		"no scheme":            "/var/lib/simtrust.db",
		"another store":        "mysql://root:geheim@localhost/db",
		"no path":              "sqlite:",
		"parameters":           "sqlite:" + filepath.Join(dir, "a.db") + "?_pragma=synchronous(0)",
		"no such folder":       "sqlite:" + filepath.Join(dir, "none", "a.db"),
		"a folder":             "sqlite:" + dir,
		"URL does not parse":   "postgres://root:geheim%@localhost/db",
		"unknown sslmode":      "postgres://root:geheim@localhost/db?sslmode=maybe",
		"nobody listens":       "postgres://root:geheim@127.0.0.1:1/db",
		"no socket":            "postgres://root:geheim@/db?host=" + dir,
		"URL of another store": "postgresql:root:geheim",
	} {
		db, err := sqldb.Open(t.Context(), url)
		if err == nil {
			t.Errorf("%s: opened", name)
			_ = db.Close()
			continue
		}
		if strings.Contains(err.Error(), "geheim") {
			t.Errorf("%s: the error shows the password: %v", name, err)
		}
	}
}

func TestOpenRefusesAFileThatIsNoDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "notes.db")
	if err := os.WriteFile(path, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if db, err := sqldb.Open(t.Context(), "sqlite:"+path); err == nil {
		t.Error("opened")
		_ = db.Close()
	}
}

func TestSQLiteFileBelongsToOneProcess(t *testing.T) {
	url := sqldbtest.SQLiteURL(t)
	first, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := sqldb.Open(t.Context(), url); !errors.Is(err, sqldb.ErrFileInUse) {
		t.Errorf("second: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	sqldbtest.Open(t, url)
}

func TestSQLiteFileIsPrivate(t *testing.T) {
	url := sqldbtest.SQLiteURL(t)
	sqldbtest.Open(t, url)
	files, err := filepath.Glob(strings.TrimPrefix(url, "sqlite:") + "*")
	if err != nil || len(files) < 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		info, err := os.Stat(file)
		if err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s: %v %v", file, info.Mode(), err)
		}
	}
}

func TestSQLiteIsDurable(t *testing.T) {
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	err := db.InTx(t.Context(), func(tx *sqldb.Tx) error {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1"} {
			var got string
			if err := tx.QueryRow(t.Context(), "pragma "+pragma).Scan(&got); err != nil || got != want {
				t.Errorf("%s is %s, %v", pragma, got, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestPingProvesThatTheStoreCanBeWritten(t *testing.T) {
	each(t, func(t *testing.T, db *sqldb.DB) {
		if err := db.Ping(t.Context()); err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := db.Ping(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%v", err)
		}
	})
	eachPostgreSQL(t, func(t *testing.T, url string) {
		standby := sqldbtest.Open(t, url+"&transaction_read_only=on&default_transaction_read_only=on")
		rows, err := standby.Query(t.Context(), `select id from budget`)
		if _, err := sqldb.Collect(rows, err, scanString); err != nil {
			t.Errorf("it can be read: %v", err)
		}
	})
	unmigrated := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := unmigrated.Ping(t.Context()); err == nil {
		t.Error("a store without a schema was found ready")
	}
}

// TestPoolerModePreparesNothing looks at what the server keeps for the connection: behind a pooler in transaction mode another
// client would meet it.
func TestPoolerModePreparesNothing(t *testing.T) {
	eachPostgreSQL(t, func(t *testing.T, url string) {
		for param, want := range map[string]bool{"&binary_parameters=yes": false, "": true} {
			db := sqldbtest.Open(t, url+param, sqldb.WithMaxConns(1))
			for range 3 {
				if n := count(t, db, `select count(*) from ticket where serial = $1`, int64(1)); n != 0 {
					t.Error(n)
				}
			}
			if n := count(t, db, `select count(*) from pg_prepared_statements`); n > 0 != want {
				t.Errorf("%q: %d statements are prepared", param, n)
			}
		}
	})
}
