package tsa

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "tsa", FS: migrations} }

// readBound returns the bound of a key's times; zero: none yet.
func readBound(ctx context.Context, q sqldb.Querier, signer string) (time.Time, error) {
	var latest int64
	err := q.QueryRow(ctx, `select latest from tsa_clock where signer = $1`, signer).Scan(&latest)
	if errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, nil
	}
	return time.UnixMilli(latest).UTC(), err
}

// raiseBound never lowers it.
func raiseBound(ctx context.Context, tx *sqldb.Tx, signer string, latest time.Time) error {
	_, err := tx.Exec(ctx, `insert into tsa_clock (signer, latest) values ($1, $2)
		on conflict (signer) do update set latest = excluded.latest where tsa_clock.latest < excluded.latest`, signer, latest.UnixMilli())
	return err
}
