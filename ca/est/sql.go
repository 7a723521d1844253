package est

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

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "est", FS: migrations} }

func (s *Service) insert(ctx context.Context, c Credential, secret [32]byte) error {
	names, err := json.Marshal(c.Names)
	if err != nil {
		return err
	}
	subject, err := json.Marshal(c.Subject)
	if err != nil {
		return err
	}
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into est_credential (id, secret, profile, names, subject, created, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
			c.Username, secret[:], c.Profile, string(names), string(subject), c.Created.UnixMilli(), c.CreatedBy)
		return err
	})
}

// find returns a credential in use, with the SHA-256 of its password; false where there is none.
func (s *Service) find(ctx context.Context, username string) (c Credential, secret []byte, ok bool, err error) {
	var names, subject string
	var created int64
	err = s.db.QueryRow(ctx, `select id, secret, profile, names, subject, created, created_by from est_credential
		where id = $1 and withdrawn is null`, username).Scan(&c.Username, &secret, &c.Profile, &names, &subject, &created, &c.CreatedBy)
	if errors.Is(err, sql.ErrNoRows) {
		return Credential{}, nil, false, nil
	}
	if err != nil {
		return Credential{}, nil, false, err
	}
	c.Created = time.UnixMilli(created).UTC()
	if err := json.Unmarshal([]byte(names), &c.Names); err != nil {
		return Credential{}, nil, false, err
	}
	return c, secret, true, json.Unmarshal([]byte(subject), &c.Subject)
}

func (s *Service) withdraw(ctx context.Context, username string) (found bool, err error) {
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `update est_credential set withdrawn = $1 where id = $2 and withdrawn is null`, s.now().UnixMilli(), username)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		found = n > 0
		return err
	})
	return found, err
}
