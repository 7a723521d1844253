package document

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
func Migrations() sqldb.Migrations { return sqldb.Migrations{Module: "document", FS: migrations} }

// row is a document as it is kept.
type row struct {
	ID, Party, Ref string
	Digest         []byte
	Format         Format
	Title          string
	Key            string
	Hash           []byte
	Algorithm      applet.HashAlgorithm
	draft
	Transaction string
	Signed      []byte
	Kept        bool
	Created     time.Time
}

const columns = `id, party, ref, digest, format, title, key, hash, algorithm, head, content, sum, gap_start, gap_end, txn, signed, octets, created`

// find returns the row that a condition names; nil where there is none.
func (s *Service) find(ctx context.Context, where string, args ...any) (*row, error) {
	r := row{}
	var algorithm string
	var octets, created int64
	err := s.DB.QueryRow(ctx, `select `+columns+` from document where `+where, args...).Scan(&r.ID, &r.Party, &r.Ref, &r.Digest, &r.Format, &r.Title,
		&r.Key, &r.Hash, &algorithm, &r.Head, &r.Content, &r.Sum, &r.GapStart, &r.GapEnd, &r.Transaction, &r.Signed, &octets, &created)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if len(r.Sum) == 0 {
		r.Sum = nil
	}
	r.Algorithm, _ = applet.ParseHashAlgorithm(algorithm)
	r.Kept, r.Created = octets > 0, time.UnixMilli(created).UTC()
	return &r, err
}

// insert keeps a new row, unless the party's order is known: known is then true.
func (s *Service) insert(ctx context.Context, r *row) (known bool, err error) {
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		var kept int64
		err := tx.QueryRow(ctx, `select cast(coalesce(sum(octets), 0) as bigint) from document where party = $1 and octets > 0`, r.Party).Scan(&kept)
		if err != nil {
			return err
		}
		if kept+int64(r.octets()) > maxKept {
			return errTooMuch
		}
		_, err = tx.Exec(ctx, `insert into document (`+columns+`) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, '', $15, $16, $17)`,
			r.ID, r.Party, r.Ref, r.Digest, string(r.Format), r.Title, r.Key, r.Hash, r.Algorithm.String(), r.Head, present(r.Content), present(r.Sum),
			r.GapStart, r.GapEnd, []byte{}, r.octets(), r.Created.UnixMilli())
		return err
	})
	if sqldb.IsUnique(err) {
		return true, nil
	}
	return false, err
}

// present is octets as a column has them that is never null.
func present(octets []byte) []byte {
	if octets == nil {
		return []byte{}
	}
	return octets
}

// asked records the transaction that asks the card; known is false where the order was forgotten meanwhile.
func (s *Service) asked(ctx context.Context, id, transaction string) (known bool, err error) {
	err = s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		res, err := tx.Exec(ctx, `update document set txn = $1 where id = $2`, transaction, id)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		known = n == 1
		return err
	})
	return known, err
}

// forget deletes an order for which no card was asked, and none can be.
func (s *Service) forget(ctx context.Context, id string) error {
	return s.exec(ctx, `delete from document where id = $1 and txn = ''`, id)
}

// keep records the signed document in place of what it was made of, unless there is one already, or it was removed.
func (s *Service) keep(ctx context.Context, id string, signed []byte) error {
	return s.exec(ctx, `update document set signed = $1, head = $2, content = $2, octets = $3 where id = $4 and octets > 0 and length(signed) = 0`,
		signed, []byte{}, len(signed), id)
}

// remove empties the rows that a condition names.
func (s *Service) remove(ctx context.Context, where string, args ...any) error {
	return s.exec(ctx, `update document set signed = $1, head = $1, content = $1, octets = 0 where octets > 0 and `+where, append([]any{[]byte{}}, args...)...)
}

func (s *Service) exec(ctx context.Context, statement string, args ...any) error {
	return s.DB.InTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	})
}
