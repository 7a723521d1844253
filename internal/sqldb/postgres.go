package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"strings"

	"github.com/lib/pq"
)

func openPostgreSQL(ctx context.Context, dsn string, o options) (*DB, error) {
	cfg, err := postgresConfig(dsn)
	if err != nil {
		return nil, err
	}
	cfg, level := withPlainReads(cfg)
	inner, err := pq.NewConnectorConfig(cfg)
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	inner.Dialer(newDialer())
	var connector driver.Connector = inner
	if !cfg.BinaryParameters {
		connector = preparing{Connector: inner}
	}
	pool, err := openPool(ctx, connector, cmp.Or(o.conns, 16))
	if err != nil {
		return nil, fmt.Errorf("database at %s: %w", cfg.Host, err)
	}
	return &DB{dialect: PostgreSQL, write: pool, read: pool, level: level, alone: o.alone}, nil
}

// isolation is the setting for transactions that name no level.
const isolation = "default_transaction_isolation"

var levels = map[string]sql.IsolationLevel{"repeatable read": sql.LevelRepeatableRead, "serializable": sql.LevelSerializable}

// withPlainReads returns the level that the URL sets for transactions, and has statements outside of them run at read committed: at a higher
// one the server may refuse a read because of what others do at the same time, and nobody would run it again.
func withPlainReads(cfg pq.Config) (pq.Config, sql.IsolationLevel) {
	level, ok := levels[cfg.Runtime[isolation]]
	if ok {
		cfg.Runtime = maps.Clone(cfg.Runtime)
		cfg.Runtime[isolation] = "read committed"
	}
	return cfg, level
}

// postgresConfig parses the URL and settles what it leaves open, above all sslmode, for which the driver's own default may change.
// Its errors do not repeat the URL, which may hold a password.
func postgresConfig(dsn string) (pq.Config, error) {
	u, err := url.Parse(dsn)
	if err != nil {
		return pq.Config{}, errors.New("database: the PostgreSQL URL does not parse; percent-encode its password")
	}
	cfg, err := pq.NewConfig(dsn)
	if err != nil {
		return pq.Config{}, errors.New("database: the PostgreSQL URL has a parameter that the driver refuses")
	}
	cfg.ConnectTimeout = cmp.Or(cfg.ConnectTimeout, connectTimeout)
	cfg.FallbackApplicationName = cmp.Or(cfg.FallbackApplicationName, "simtrust")
	if !u.Query().Has("sslmode") {
		cfg.SSLMode = pq.SSLModeVerifyFull
		if local(cfg.Host) {
			cfg.SSLMode = pq.SSLModeDisable
		}
	}
	if !cfg.BinaryParameters {
		cfg = withPlainPlans(cfg)
	}
	return cfg, nil
}

// plainPlans are settings under which PostgreSQL plans a statement once, when it is prepared, and finds rows by an index wherever
// there is one. Left to itself it plans a statement over a list anew at each use, which takes longer than running it, or keeps a plan
// that it made while a table was empty and reads all of the table long after it has grown. Without jit, because a scan that has no
// index to use is marked as very costly, and would be compiled.
var plainPlans = map[string]string{
	"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "enable_bitmapscan": "off", "jit": "off",
}

// withPlainPlans leaves alone what the URL sets.
func withPlainPlans(cfg pq.Config) pq.Config {
	runtime := maps.Clone(plainPlans)
	maps.Copy(runtime, cfg.Runtime)
	cfg.Runtime = runtime
	return cfg
}

// local reports whether host is a socket folder or a loopback address.
func local(host string) bool {
	if strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// openPool opens a pool that keeps its connections, because a new one has to prepare its statements again.
func openPool(ctx context.Context, connector driver.Connector, conns int) (*sql.DB, error) {
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(conns)
	pool.SetMaxIdleConns(conns)
	if err := pool.PingContext(ctx); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}
