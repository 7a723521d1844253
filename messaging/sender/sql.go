package sender

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
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_sender", FS: migrations}
}

type scanner interface{ Scan(...any) error }

// instant is a time as the store has it: UTC milliseconds, 0 for never.
func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

const brandColumns = `id, name, holder, organization, organization_id, created, verified`

func scanBrand(row scanner) (b Brand, err error) {
	var created, verified int64
	err = row.Scan(&b.ID, &b.Name, &b.Holder, &b.Organization, &b.OrganizationID, &created, &verified)
	b.Created, b.Verified = instant(created), instant(verified)
	return b, err
}

func insertBrand(ctx context.Context, tx *sqldb.Tx, b Brand) error {
	_, err := tx.Exec(ctx, `insert into messaging_brand (`+brandColumns+`) values ($1, $2, $3, $4, $5, $6, 0)`,
		b.ID, b.Name, string(b.Holder), b.Organization, b.OrganizationID, millis(b.Created))
	return err
}

func verifyBrand(ctx context.Context, tx *sqldb.Tx, b Brand) error {
	_, err := tx.Exec(ctx, `update messaging_brand set verified = $2 where id = $1`, b.ID, millis(b.Verified))
	return err
}

func brandByID(ctx context.Context, q sqldb.Querier, id string) (Brand, error) {
	if !isID(brandID, id) {
		return Brand{}, errUnknownBrand
	}
	b, err := scanBrand(q.QueryRow(ctx, `select `+brandColumns+` from messaging_brand where id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return Brand{}, errUnknownBrand
	}
	return b, err
}

func brandsAfter(ctx context.Context, q sqldb.Querier, after string, limit int) ([]Brand, error) {
	rows, err := q.Query(ctx, `select `+brandColumns+` from messaging_brand where id > $1 order by id limit $2`, after, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Brand, error) { return scanBrand(rows) })
}

// insertName takes a name for a brand, unless it is taken.
func insertName(ctx context.Context, tx *sqldb.Tx, skeleton, brand string) error {
	_, err := tx.Exec(ctx, `insert into messaging_brand_name (skeleton, brand) values ($1, $2) on conflict do nothing`, skeleton, brand)
	return err
}

// nameOwner returns the brand that has a name, or "".
func nameOwner(ctx context.Context, q sqldb.Querier, skeleton string) (brand string, err error) {
	err = q.QueryRow(ctx, `select brand from messaging_brand_name where skeleton = $1`, skeleton).Scan(&brand)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return brand, err
}

func insertAct(ctx context.Context, tx *sqldb.Tx, a Act) error {
	_, err := tx.Exec(ctx, `insert into messaging_act (subject, seq, at, actor, act, why)
		select $1, coalesce(max(seq), 0) + 1, cast($2 as bigint), $3, $4, $5 from messaging_act where subject = $1`, a.Subject, millis(a.At), a.By, a.Act, a.Why)
	return err
}

func actsAfter(ctx context.Context, q sqldb.Querier, subject string, after int64, limit int) ([]Act, error) {
	rows, err := q.Query(ctx, `select subject, seq, at, actor, act, why from messaging_act where subject = $1 and seq > $2 order by seq limit $3`,
		subject, after, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (a Act, err error) {
		var at int64
		err = rows.Scan(&a.Subject, &a.Seq, &at, &a.By, &a.Act, &a.Why)
		a.At = instant(at)
		return a, err
	})
}
