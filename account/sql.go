package account

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the module's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "account", FS: migrations} }

const recordColumns = `id, name, auth, profile, sector, redirect_uris, scopes, legal_bases, credentials, registered, suspended, initiate_login_uri`

func insertApp(ctx context.Context, tx *sqldb.Tx, r record) error {
	var texts [4]string
	for i, v := range []any{r.RedirectURIs, r.Scopes, r.LegalBases, r.credentials} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		texts[i] = string(text)
	}
	_, err := tx.Exec(ctx, `insert into account_app (`+recordColumns+`)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, null, $11)`,
		r.ID, r.Name, r.Auth, r.Profile, r.Sector, texts[0], texts[1], texts[2], texts[3], r.Registered.UnixMilli(), r.InitiateURI)
	if sqldb.IsUnique(err) {
		return errAppExists
	}
	return err
}

func updateCredentials(ctx context.Context, tx *sqldb.Tx, r record) error {
	text, err := json.Marshal(r.credentials)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update account_app set credentials = $2 where id = $1`, r.ID, string(text))
	return err
}

// updateSuspended keeps the instant of the first of several suspensions in a row.
func updateSuspended(ctx context.Context, tx *sqldb.Tx, r record, now time.Time) error {
	if !r.Suspended {
		_, err := tx.Exec(ctx, `update account_app set suspended = null where id = $1`, r.ID)
		return err
	}
	_, err := tx.Exec(ctx, `update account_app set suspended = $2 where id = $1 and suspended is null`, r.ID, now.UnixMilli())
	return err
}

func recordByID(ctx context.Context, q sqldb.Querier, id string) (record, error) {
	r, err := scanRecord(q.QueryRow(ctx, `select `+recordColumns+` from account_app where id = $1`, id))
	if errors.Is(err, sql.ErrNoRows) {
		return record{}, errUnknownApp
	}
	return r, err
}

func recordsAfter(ctx context.Context, q sqldb.Querier, after string, limit int) ([]record, error) {
	rows, err := q.Query(ctx, `select `+recordColumns+` from account_app where id > $1 order by id limit $2`, after, limit)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (record, error) { return scanRecord(rows) })
}

// readRecords answers a batch of ids.
func readRecords(ctx context.Context, q sqldb.Querier, ids []string) ([]sqldb.Result[record], error) {
	cond, args := sqldb.In(q.Dialect(), "id", 1, ids)
	rows, err := q.Query(ctx, `select `+recordColumns+` from account_app where `+cond, args...)
	found, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (record, error) { return scanRecord(rows) })
	if err != nil {
		return nil, err
	}
	byID := make(map[string]record, len(found))
	for _, r := range found {
		byID[r.ID] = r
	}
	results := make([]sqldb.Result[record], len(ids))
	for i, id := range ids {
		r, ok := byID[id]
		if results[i].Value = r; !ok {
			results[i].Err = errUnknownApp
		}
	}
	return results, nil
}

func scanRecord(row interface{ Scan(...any) error }) (record, error) {
	var r record
	var redirects, scopes, bases, credentials []byte
	var registered int64
	var suspended sql.NullInt64
	err := row.Scan(&r.ID, &r.Name, &r.Auth, &r.Profile, &r.Sector, &redirects, &scopes, &bases, &credentials, &registered, &suspended, &r.InitiateURI)
	if err != nil {
		return record{}, err
	}
	r.Registered, r.Suspended = time.UnixMilli(registered).UTC(), suspended.Valid
	return r, errors.Join(
		json.Unmarshal(redirects, &r.RedirectURIs), json.Unmarshal(scopes, &r.Scopes),
		json.Unmarshal(bases, &r.LegalBases), json.Unmarshal(credentials, &r.credentials))
}
