package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"modernc.org/sqlite"
)

// sqlitePragmas hold for every connection. synchronous=FULL makes a commit durable at power loss, which WAL with NORMAL does not:
// a lost commit would let a used code be used again.
var sqlitePragmas = []string{
	"busy_timeout(5000)",
	"journal_mode(WAL)",
	"synchronous(FULL)",
	"foreign_keys(1)",
	"trusted_schema(0)",
	"temp_store(MEMORY)",
	"cache_size(-16000)",
}

func openSQLite(ctx context.Context, path string, o options) (*DB, error) {
	if path == "" || strings.Contains(path, "?") {
		return nil, errors.New("database: write sqlite:/path/to/file.db, without parameters")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	lock, err := lockFile(path + ".lock")
	if err != nil {
		return nil, err
	}
	db, err := openSQLitePools(ctx, path, cmp.Or(o.conns, 4))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), lock.Close())
	}
	db.lock, db.alone = lock, o.alone
	return db, nil
}

// openSQLitePools opens the writer first: it creates the file, readable by its owner only, and turns on the write-ahead log.
func openSQLitePools(ctx context.Context, path string, readers int) (*DB, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	write, err := sqlitePool(ctx, path, url.Values{"_txlock": {"immediate"}}, 1)
	if err != nil {
		return nil, err
	}
	read, err := sqlitePool(ctx, path, url.Values{"_query_only": {"1"}}, readers)
	if err != nil {
		return nil, errors.Join(err, write.Close())
	}
	return &DB{dialect: SQLite, write: write, read: read}, nil
}

func sqlitePool(ctx context.Context, path string, params url.Values, conns int) (*sql.DB, error) {
	params["_pragma"] = sqlitePragmas
	params.Set("_dqs", "0")
	params.Set("_defensive", "1")
	dsn := url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: params.Encode()}
	connector, err := sqlite.NewConnector(dsn.String())
	if err != nil {
		return nil, err
	}
	return openPool(ctx, preparing{Connector: connector, rewrite: positional}, conns)
}

// positional writes $1, $2, … as ? where they stand in this order, each once. SQLite takes $n for a name and looks every name up
// among all others, so that binding a long list would cost its square.
func positional(text string) string {
	var b strings.Builder
	next, quoted := 1, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted {
			b.WriteByte(c)
			continue
		}
		end := i + 1
		for end < len(text) && '0' <= text[end] && text[end] <= '9' {
			end++
		}
		if text[i+1:end] != strconv.Itoa(next) {
			return text
		}
		b.WriteByte('?')
		next++
		i = end - 1
	}
	return b.String()
}
