package mobileid

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield/applet"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's table.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "mobileid", FS: migrations} }

// session is what a relying party polls.
type session struct {
	ID          string
	Party       string
	Kind        applet.Kind
	Hash        applet.HashAlgorithm
	Transaction string
	Result      string
	Created     time.Time
}

// insert records a session, and forgets those of long ago.
func (s *Service) insert(ctx context.Context, ss session) error {
	return s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `delete from mobileid_session where created < $1`, ss.Created.Add(-2*life).UnixMilli()); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into mobileid_session (id, party, kind, hash, txn, result, created) values ($1, $2, $3, $4, $5, $6, $7)`,
			ss.ID, ss.Party, ss.Kind.String(), ss.Hash.String(), ss.Transaction, ss.Result, ss.Created.UnixMilli())
		return err
	})
}

// read returns a session; nil where there is none.
func (s *Service) read(ctx context.Context, id string) (*session, error) {
	ss := session{ID: id}
	var kind, hash string
	var created int64
	err := s.DB.QueryRow(ctx, `select party, kind, hash, txn, result, created from mobileid_session where id = $1`, id).
		Scan(&ss.Party, &kind, &hash, &ss.Transaction, &ss.Result, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	ss.Kind, _ = applet.ParseKind(kind)
	ss.Hash, _ = applet.ParseHashAlgorithm(hash)
	ss.Created = time.UnixMilli(created)
	return &ss, err
}
