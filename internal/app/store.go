package app

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"

	"simtrust/internal/sqldb"
)

// openStore opens the database. The embedded store is migrated at once; on PostgreSQL that is the operator's own step.
func openStore(ctx context.Context, cfg Config) (*sqldb.DB, error) {
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if db.Dialect() == sqldb.SQLite {
		err = sqldb.Migrate(ctx, db, schemas()...)
	} else {
		err = refuseOldSchema(ctx, db)
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

func refuseOldSchema(ctx context.Context, db *sqldb.DB) error {
	missing, err := sqldb.Pending(ctx, db, schemas()...)
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("the database schema is not up to date (missing: %s); run simtrust migrate with the same settings", strings.Join(missing, ", "))
	}
	return nil
}

// Migrate brings the schema of the configured database up to date.
func Migrate(ctx context.Context, cfg Config) error {
	if err := cfg.complete(); err != nil {
		return err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return err
	}
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return err
	}
	return errors.Join(sqldb.Migrate(ctx, db, schemas()...), db.Close())
}

func openDatabase(ctx context.Context, cfg Config) (*sqldb.DB, error) {
	url, err := databaseURL(cfg)
	if err != nil {
		return nil, err
	}
	db, err := sqldb.Open(ctx, url, cfg.Store...)
	if err != nil {
		return nil, fmt.Errorf("%w; check the setting database (--database)", err)
	}
	return db, nil
}

// databaseURL adds the password from its file.
func databaseURL(cfg Config) (string, error) {
	if cfg.DatabasePasswordFile == "" {
		return cfg.Database, nil
	}
	u, err := url.Parse(cfg.Database)
	if err != nil || u.User == nil {
		return "", errors.New("database_password_file needs a database URL with a user")
	}
	secret, err := readSecret(cfg.DatabasePasswordFile)
	if err != nil {
		return "", fmt.Errorf("database_password_file: %w", err)
	}
	u.User = url.UserPassword(u.User.Username(), string(secret))
	return u.String(), nil
}

const masked = "xxxxx"

// maskDatabase hides the passwords of a database URL: that of the user, and those that libpq takes as parameters.
func maskDatabase(raw string) (string, error) {
	if strings.HasPrefix(raw, "sqlite:") {
		return raw, nil
	}
	u, err := url.Parse(raw)
	if err != nil {
		return "", errors.New("configuration: database is not a URL; write postgres://user@host/name, with special characters percent-encoded")
	}
	if _, has := u.User.Password(); has {
		u.User = url.UserPassword(u.User.Username(), masked)
	}
	q := u.Query()
	for _, name := range []string{"password", "sslpassword"} {
		if q.Has(name) {
			q.Set(name, masked)
			u.RawQuery = q.Encode()
		}
	}
	return u.String(), nil
}
