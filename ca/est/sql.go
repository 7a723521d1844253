package est

import (
	"context"
	"database/sql"
	"embed"
	"encoding/json"
	"errors"
	"time"

	"simtrust/ca"
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
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `insert into est_credential (id, secret, profile, names, subject, created, created_by) values ($1, $2, $3, $4, $5, $6, $7)`,
			c.Username, secret[:], c.Profile, string(names), string(subject), c.Created.UnixMilli(), c.CreatedBy)
		if err != nil {
			return err
		}
		return ca.AuditCredential(ctx, tx, c.Created, ca.AuditCredentialMade, c.requester(), c.CreatedBy)
	})
}

// find returns a credential in use, with the SHA-256 of its password; false where there is none.
func (s *Service) find(ctx context.Context, username string) (c Credential, secret []byte, ok bool, err error) {
	c, err = scanCredential(s.db.QueryRow(ctx, `select `+columns+`, secret from est_credential where id = $1 and withdrawn is null`, username), &secret)
	if errors.Is(err, sql.ErrNoRows) {
		return Credential{}, nil, false, nil
	}
	return c, secret, err == nil, err
}

// page returns up to limit credentials whose user names follow after.
func (s *Service) page(ctx context.Context, after string, limit int) ([]Credential, error) {
	rows, err := s.db.Query(ctx, `select `+columns+` from est_credential where id > $1 order by id limit $2`, after, int64(limit))
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Credential, error) { return scanCredential(rows) })
}

const columns = `id, profile, names, subject, created, created_by, last_used, withdrawn, withdrawn_by`

func scanCredential(row interface{ Scan(...any) error }, more ...any) (c Credential, err error) {
	var names, subject string
	var created int64
	var used, withdrawn sql.NullInt64
	err = row.Scan(append([]any{&c.Username, &c.Profile, &names, &subject, &created, &c.CreatedBy, &used, &withdrawn, &c.WithdrawnBy}, more...)...)
	if err != nil {
		return Credential{}, err
	}
	c.Created, c.LastUsed, c.Withdrawn = time.UnixMilli(created).UTC(), instant(used), instant(withdrawn)
	return c, errors.Join(json.Unmarshal([]byte(names), &c.Names), json.Unmarshal([]byte(subject), &c.Subject))
}

func instant(ms sql.NullInt64) time.Time {
	if !ms.Valid {
		return time.Time{}
	}
	return time.UnixMilli(ms.Int64).UTC()
}

// use notes that a credential was authenticated with. Of several nodes the latest stands.
func (s *Service) use(ctx context.Context, username string, at time.Time) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `update est_credential set last_used = $1 where id = $2 and (last_used is null or last_used < $1)`, at.UnixMilli(), username)
		return err
	})
}

func (s *Service) withdraw(ctx context.Context, username, by string) (found bool, err error) {
	now := s.now()
	err = s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `update est_credential set withdrawn = $1, withdrawn_by = $3 where id = $2 and withdrawn is null`,
			now.UnixMilli(), username, by)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		if found = n > 0; err != nil || !found {
			return err
		}
		return ca.AuditCredential(ctx, tx, now, ca.AuditCredentialWithdrawn, Credential{Username: username}.requester(), by)
	})
	return found, err
}
