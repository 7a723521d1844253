package access

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's table.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "simshield_access", FS: migrations}
}

const columns = `face, name, application, networks, created, created_by, withdrawn`

func scan(into func(...any) error, more ...any) (a Access, err error) {
	var networks string
	var created, withdrawn int64
	if err = into(append([]any{&a.Face, &a.Name, &a.Application, &networks, &created, &a.CreatedBy, &withdrawn}, more...)...); err != nil {
		return a, err
	}
	a.Created = time.UnixMilli(created).UTC()
	if withdrawn != 0 {
		a.Withdrawn = time.UnixMilli(withdrawn).UTC()
	}
	return a, json.Unmarshal([]byte(networks), &a.Networks)
}

func (s *Service) insert(ctx context.Context, a Access, secret [32]byte) (made bool, err error) {
	networks, err := json.Marshal(a.Networks)
	if err != nil {
		return false, err
	}
	return s.change(ctx, `insert into simshield_access (folded, secret, `+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, 0) on conflict do nothing`,
		strings.ToLower(a.Name), secret[:], string(a.Face), a.Name, a.Application, string(networks), a.Created.UnixMilli(), a.CreatedBy)
}

func (s *Service) withdraw(ctx context.Context, face Face, name string) (bool, error) {
	return s.change(ctx, `update simshield_access set withdrawn = $3 where face = $1 and folded = $2 and withdrawn = 0`,
		string(face), strings.ToLower(name), s.Now().UnixMilli())
}

// change says whether a row was changed.
func (s *Service) change(ctx context.Context, text string, args ...any) (changed bool, err error) {
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		changed = n == 1
		return err
	})
	return changed, err
}

// find returns a name that is in use, with the digest of its secret; nil where there is none.
func (s *Service) find(ctx context.Context, face Face, name string) (*Access, []byte, error) {
	var secret []byte
	a, err := scan(s.DB.QueryRow(ctx, `select `+columns+`, secret from simshield_access where face = $1 and folded = $2 and withdrawn = 0`,
		string(face), strings.ToLower(name)).Scan, &secret)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil, nil
	}
	return &a, secret, err
}

// of returns the names in use of an application on a face.
func (s *Service) of(ctx context.Context, face Face, application string) ([]Access, error) {
	return s.list(ctx, `face = $1 and application = $2 and withdrawn = 0`, string(face), application)
}

// List returns the names of all faces, those withdrawn too.
func (s *Service) List(ctx context.Context) ([]Access, error) {
	return s.list(ctx, `face <> '' order by face, folded`)
}

func (s *Service) list(ctx context.Context, where string, args ...any) ([]Access, error) {
	rows, err := s.DB.Query(ctx, `select `+columns+` from simshield_access where `+where, args...)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Access, error) { return scan(rows.Scan) })
}
