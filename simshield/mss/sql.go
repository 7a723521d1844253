package mss

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

// Migrations returns the package's table.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "mss", FS: migrations} }

// transaction is what this face knows of one.
type transaction struct {
	ID           string // simshield's, and MSSP_TransID
	Party        string
	TransID      string
	APID         string
	MSISDN       string
	Profile      uri
	Format       uri
	Data         []byte
	URL          string
	SOAP         bool
	Major, Minor string
	Created      time.Time
	Tries        int64
}

const columns = `id, party, trans_id, ap_id, msisdn, profile, format, data, url, soap, major, minor, created, tries`

func scan(into func(...any) error) (t transaction, err error) {
	var soap, created int64
	err = into(&t.ID, &t.Party, &t.TransID, &t.APID, &t.MSISDN, &t.Profile, &t.Format, &t.Data, &t.URL, &soap, &t.Major, &t.Minor, &created, &t.Tries)
	t.SOAP, t.Created = soap == 1, time.UnixMilli(created)
	return t, err
}

// insert says whether it went in: it does not where the AP_TransID was used.
func (s *Service) insert(ctx context.Context, t transaction) (inserted bool, err error) {
	var soap, due int64
	if t.SOAP {
		soap = 1
	}
	if t.URL != "" {
		due = t.Created.UnixMilli()
	}
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `insert into mss_transaction (`+columns+`, due) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 0, $14)
			on conflict do nothing`, t.ID, t.Party, t.TransID, t.APID, t.MSISDN, string(t.Profile), string(t.Format), t.Data, t.URL, soap, t.Major, t.Minor,
			t.Created.UnixMilli(), due)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		inserted = n == 1
		return err
	})
	return inserted, err
}

// find returns a party's transaction; nil where it has none of that id.
func (s *Service) find(ctx context.Context, party, id string) (*transaction, error) {
	t, err := scan(s.DB.QueryRow(ctx, `select `+columns+` from mss_transaction where id = $1 and party = $2`, id, party).Scan)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	return &t, err
}

// claim returns transactions whose time has come to be told, of other than the busy applications, and keeps them from other nodes until then.
func (s *Service) claim(ctx context.Context, busy []string, now, until time.Time) (list []transaction, err error) {
	theirs, args := sqldb.In(s.DB.Dialect(), "party", 4, append(busy, "")) // no application's name is empty
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		rows, err := tx.Query(ctx, `update mss_transaction set due = $1 where id in
			(select id from mss_transaction where due > 0 and due <= $2 and not (`+theirs+`) order by due limit $3) returning `+columns,
			append([]any{until.UnixMilli(), now.UnixMilli(), int64(page)}, args...)...)
		list, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (transaction, error) { return scan(rows.Scan) })
		return err
	})
	return list, err
}

// release gives back what was claimed until then, for any node to take up.
func (s *Service) release(ctx context.Context, list []transaction, until time.Time) error {
	ids := make([]string, len(list))
	for i, t := range list {
		ids[i] = t.ID
	}
	mine, args := sqldb.In(s.DB.Dialect(), "id", 3, ids)
	return s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update mss_transaction set due = $1 where due = $2 and `+mine, append([]any{s.Now().UnixMilli(), until.UnixMilli()}, args...)...)
		return err
	})
}

// postpone says when a transaction is told again; the zero time: not any more.
func (s *Service) postpone(ctx context.Context, id string, tries int64, due time.Time) error {
	var ms int64
	if !due.IsZero() {
		ms = due.UnixMilli()
	}
	return s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update mss_transaction set due = $2, tries = $3 where id = $1`, id, ms, tries)
		return err
	})
}
