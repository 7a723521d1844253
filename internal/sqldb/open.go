package sqldb

import (
	"context"
	"fmt"
	"strings"
)

// Option adjusts how [Open] opens a store.
type Option func(*options)

type options struct {
	conns int
	alone bool
}

// WithMaxConns bounds the connections to PostgreSQL, and the readers on SQLite. The default is 16 on PostgreSQL and 4 on SQLite.
// A transaction holds one connection, a coalescer at most one per worker.
func WithMaxConns(n int) Option { return func(o *options) { o.conns = n } }

// WithoutCoalescing makes every request to a coalescer over the store run alone, as many at once as there are connections, unless
// the coalescer's own options say otherwise. It is what the merging of requests is measured against.
func WithoutCoalescing() Option { return func(o *options) { o.alone = true } }

// Open opens the store that url names and proves that it answers:
//
//	sqlite:/var/lib/simtrust/simtrust.db     the file is created where it is missing, its folder is not
//	postgres://user@host/name?sslmode=…      as libpq reads it; postgresql:// is the same
//
// Without an sslmode a remote PostgreSQL server must prove its name (verify-full); a loopback address or socket is not encrypted.
// Behind a pooler in transaction mode add binary_parameters=yes: statements are not prepared then.
func Open(ctx context.Context, url string, opts ...Option) (*DB, error) {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	if path, ok := strings.CutPrefix(url, "sqlite:"); ok {
		return openSQLite(ctx, path, o)
	}
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		return openPostgreSQL(ctx, url, o)
	}
	return nil, fmt.Errorf("database: the URL must start with sqlite: or postgres://")
}
