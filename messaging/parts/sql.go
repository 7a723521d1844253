package parts

import (
	"context"
	"database/sql"
	"embed"

	"simtrust/internal/sqldb"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's table.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_parts", FS: migrations}
}

// keep keeps a piece and returns all that there are of its text, in their order. Two that come at once are put one after the other by the
// store, so that one of them sees both.
func (s *Store) keep(ctx context.Context, seal string, p piece) (all []piece, err error) {
	now := s.now()
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		if _, err := tx.Exec(ctx, `delete from messaging_part where digest = $1 and at < $2`, seal, now.Add(-Life).UnixMilli()); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `insert into messaging_part (digest, part, coding, body, at) values ($1, $2, $3, $4, $5)
			on conflict (digest, part) do update set coding = excluded.coding, body = excluded.body, at = excluded.at`,
			seal, int64(p.number), int64(p.coding), p.body, now.UnixMilli()); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select part, coding, body from messaging_part where digest = $1 order by part`, seal)
		all, err = sqldb.Collect(rows, err, func(rows *sql.Rows) (p piece, err error) {
			err = rows.Scan(&p.number, &p.coding, &p.body)
			return p, err
		})
		return err
	})
	return all, err
}

// Done removes the segments of a text that was taken over.
func (s *Store) Done(ctx context.Context, t *Text) error {
	if t.seal == "" {
		return nil
	}
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `delete from messaging_part where digest = $1`, t.seal)
		return err
	})
}

// Prune removes the segments whose text was not completed in time.
func (s *Store) Prune(ctx context.Context) error {
	return s.db.InDefaultTx(ctx, func(tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, `delete from messaging_part where at < $1`, s.now().Add(-Life).UnixMilli())
		return err
	})
}
