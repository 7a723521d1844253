package sqldbtest

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/lib/pq"

	"simtrust"
	"simtrust/internal/sqldb"
)

// templates remembers, for the length of the test binary, which migrated database serves which set of migrations.
var templates struct {
	sync.Mutex
	byDigest map[string]string
}

// postgresDatabase makes a database for one test by copying a template, which costs a fraction of migrating, and drops it in the
// end.
func postgresDatabase(t testing.TB, admin string, m []sqldb.Migrations) string {
	t.Helper()
	template := template(t, admin, m)
	name := simtrust.NewID("test")
	execute(t, admin, fmt.Sprintf("create database %s template %s", pq.QuoteIdentifier(name), pq.QuoteIdentifier(template)))
	t.Cleanup(func() { execute(t, admin, fmt.Sprintf("drop database %s with (force)", pq.QuoteIdentifier(name))) })
	return withDatabase(t, admin, name)
}

func template(t testing.TB, admin string, m []sqldb.Migrations) string {
	t.Helper()
	templates.Lock()
	defer templates.Unlock()
	digest := digest(t, m)
	if name, ok := templates.byDigest[digest]; ok {
		return name
	}
	name := simtrust.NewID("template")
	execute(t, admin, "create database "+pq.QuoteIdentifier(name))
	migrated(t, withDatabase(t, admin, name), m)
	if templates.byDigest == nil {
		templates.byDigest = map[string]string{}
	}
	templates.byDigest[digest] = name
	return name
}

// digest tells sets of migrations apart by their modules and the text of their files.
func digest(t testing.TB, m []sqldb.Migrations) string {
	t.Helper()
	h := sha256.New()
	for _, one := range m {
		fmt.Fprintf(h, "%q\n", one.Module)
		err := fs.WalkDir(one.FS, ".", func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := fs.ReadFile(one.FS, path)
			fmt.Fprintf(h, "%q %q\n", path, text)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func execute(t testing.TB, admin, statement string) {
	t.Helper()
	db, err := sql.Open("postgres", admin)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for late := time.Now().Add(time.Minute); ; {
		_, err := db.Exec(statement)
		switch {
		case err == nil:
			return
		case !inUse(err) || time.Now().After(late):
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

// inUse reports whether the server waited 5 s in vain for the last connections to a database, closed or ended just before, to go.
func inUse(err error) bool {
	e, ok := errors.AsType[*pq.Error](err)
	return ok && e.Code == "55006"
}

func withDatabase(t testing.TB, admin, name string) string {
	t.Helper()
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("%s is not a URL", PostgreSQLEnv)
	}
	u.Path = "/" + name
	return u.String()
}

func withParam(t testing.TB, dsn, key, value string) string {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set(key, value)
	u.RawQuery = q.Encode()
	return u.String()
}
