// Package sqldbtest runs a test against every store there is.
package sqldbtest

import (
	"os"
	"path/filepath"
	"testing"

	"simtrust/internal/sqldb"
)

// PostgreSQLEnv names the environment variable with the URL of a PostgreSQL superuser, such as pgtest sets. Without it tests run
// on SQLite alone.
const PostgreSQLEnv = "SIMTRUST_TEST_POSTGRES"

// Each runs fn as a subtest on a fresh, migrated database of every store: SQLite always; PostgreSQL, and PostgreSQL with
// serializable as its default isolation, where [PostgreSQLEnv] is set.
func Each(t *testing.T, m []sqldb.Migrations, fn func(t *testing.T, db *sqldb.DB)) {
	t.Helper()
	EachURL(t, m, func(t *testing.T, url string) { fn(t, Open(t, url)) })
}

// EachURL is [Each] for tests that open the database themselves, once or several times.
func EachURL(t *testing.T, m []sqldb.Migrations, fn func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { fn(t, migrated(t, SQLiteURL(t), m)) })
	admin := os.Getenv(PostgreSQLEnv)
	if admin == "" {
		return
	}
	t.Run("postgres", func(t *testing.T) { fn(t, postgresDatabase(t, admin, m)) })
	t.Run("serializable", func(t *testing.T) {
		fn(t, withParam(t, postgresDatabase(t, admin, m), "default_transaction_isolation", "serializable"))
	})
}

// EachBench is [Each] for benchmarks, without the serializable store.
func EachBench(b *testing.B, m []sqldb.Migrations, fn func(b *testing.B, db *sqldb.DB)) {
	b.Helper()
	b.Run("sqlite", func(b *testing.B) { fn(b, Open(b, migrated(b, SQLiteURL(b), m))) })
	if admin := os.Getenv(PostgreSQLEnv); admin != "" {
		b.Run("postgres", func(b *testing.B) { fn(b, Open(b, postgresDatabase(b, admin, m))) })
	}
}

// SQLiteURL names an SQLite file in a folder that ends with the test. The file does not exist yet.
func SQLiteURL(t testing.TB) string {
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// PostgreSQLURL names an empty PostgreSQL database that ends with the test; ok is false where [PostgreSQLEnv] is not set.
func PostgreSQLURL(t testing.TB) (url string, ok bool) {
	t.Helper()
	admin := os.Getenv(PostgreSQLEnv)
	if admin == "" {
		return "", false
	}
	return postgresDatabase(t, admin, nil), true
}

// Open opens url for the length of the test.
func Open(t testing.TB, url string, opts ...sqldb.Option) *sqldb.DB {
	t.Helper()
	db, err := sqldb.Open(t.Context(), url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// migrated brings the database at url up to date and returns url.
func migrated(t testing.TB, url string, m []sqldb.Migrations) string {
	t.Helper()
	db, err := sqldb.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if err := sqldb.Migrate(t.Context(), db, m...); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	return url
}
