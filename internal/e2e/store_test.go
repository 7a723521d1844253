//go:build e2e

package e2e

import (
	"database/sql"
	"net/url"
	"os"
	"testing"

	"github.com/lib/pq"

	"simtrust/internal/sqldb/sqldbtest"
)

// eachStore runs fn as a subtest on the embedded store and on PostgreSQL; args are what the sandbox needs for it.
func eachStore(t *testing.T, fn func(t *testing.T, args ...string)) {
	t.Run("sqlite", func(t *testing.T) { fn(t) })
	t.Run("postgres", func(t *testing.T) { fn(t, "--database", newDatabase(t)) })
}

// newDatabase makes an empty PostgreSQL database that is dropped with the test.
func newDatabase(t testing.TB) string {
	t.Helper()
	admin := os.Getenv(sqldbtest.PostgreSQLEnv)
	u, err := url.Parse(admin)
	if admin == "" || err != nil {
		t.Fatalf("%s names no PostgreSQL; run the tests under go run ./internal/sqldb/pgtest --", sqldbtest.PostgreSQLEnv)
	}
	name := "e2e_" + random()
	execute(t, admin, "create database "+pq.QuoteIdentifier(name))
	t.Cleanup(func() { execute(t, admin, "drop database "+pq.QuoteIdentifier(name)+" with (force)") })
	u.Path = "/" + name
	return u.String()
}

func execute(t testing.TB, admin, statement string) {
	t.Helper()
	db, err := sql.Open("postgres", admin)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}
