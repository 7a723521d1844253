package ca

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"simtrust/internal/sqldb"
)

// Statuses answers for serial numbers of one issuer, in their order. It reads after the question arrived: a revocation committed
// before is seen.
func (s *Service) Statuses(ctx context.Context, issuer string, serials [][]byte) ([]Status, error) {
	if len(serials) == 1 {
		st, err := s.statuses.Do(ctx, CertificateID(issuer, serials[0]))
		return []Status{st}, err
	}
	out := make([]Status, 0, len(serials))
	for page := range slices.Chunk(serials, maxPage) {
		ids := make([]string, len(page))
		for i, serial := range page {
			ids[i] = CertificateID(issuer, serial)
		}
		found, err := readStatuses(ctx, s.db, ids)
		if err != nil {
			return nil, err
		}
		for _, r := range found {
			out = append(out, r.Value)
		}
	}
	return out, nil
}

// Shards lists the shards of an issuer that have changed, with their counters.
func (s *Service) Shards(ctx context.Context, issuer string) ([]Shard, error) {
	rows, err := s.db.Query(ctx, `select shard, change from ca_shard where issuer = $1 order by shard`, issuer)
	return sqldb.Collect(rows, err, func(rows *sql.Rows) (Shard, error) {
		sh := Shard{Issuer: issuer}
		return sh, rows.Scan(&sh.Number, &sh.Change)
	})
}

// ShardCount is the number of shards that certificates issued now are spread over, 0 to ShardCount-1. Older ones may lie beyond.
func (s *Service) ShardCount() int { return s.config.Shards }

// Revocations returns what a shard's CRL must know: everything revoked whose certificate had not expired at since, with the
// shard's counter, read at one moment. Changes after the counter belong to the next CRL.
func (s *Service) Revocations(ctx context.Context, issuer string, shard int, since time.Time) (list []Revocation, change int64, err error) {
	err = s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		err := tx.QueryRow(ctx, `select change from ca_shard where issuer = $1 and shard = $2`, issuer, int64(shard)).Scan(&change)
		if errors.Is(err, sql.ErrNoRows) {
			list, change = nil, 0
			return nil
		}
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `select serial, at, reason, expires, change from ca_revocation
			where issuer = $1 and shard = $2 and expires >= $3 order by id`, issuer, int64(shard), since.UnixMilli())
		list, err = sqldb.Collect(rows, err, scanRevocation)
		return err
	})
	return list, change, err
}

func scanRevocation(rows *sql.Rows) (r Revocation, err error) {
	var at, expires int64
	err = rows.Scan(&r.Serial, &at, &r.Reason, &expires, &r.Change)
	r.At, r.Expires = instant(at), instant(expires)
	return r, err
}

// Certificate returns a row of the register. Errors: KindNotFound with [ReasonUnknownCertificate].
func (s *Service) Certificate(ctx context.Context, id string) (Certificate, error) {
	c, err := certificateByID(ctx, s.db, id)
	return s.withChain(c), err
}

func (s *Service) withChain(c Certificate) Certificate {
	if i, ok := s.Hierarchy().Issuer(c.Issuer); ok {
		c.Chain = i.Chain
	}
	return c
}
