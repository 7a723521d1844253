package ca

import (
	"context"

	"simtrust/internal/sqldb"
)

// Changes returns what changed in a shard after its counter stood at after, in the order of the changes: revocations,
// re-revocations and releases, of each certificate the last.
func (s *Service) Changes(ctx context.Context, issuer string, shard int, after int64) ([]Revocation, error) {
	rows, err := s.db.Query(ctx, `select serial, at, reason, expires, change from ca_revocation
		where issuer = $1 and shard = $2 and change > $3 order by change`, issuer, int64(shard), after)
	return sqldb.Collect(rows, err, scanRevocation)
}

// OnChange has fn told of every change to a revocation that this process commits, before the change is reported to whoever asked
// for it. It is set before the service is used; fn must not block.
func (s *Service) OnChange(fn func(issuer string, serial []byte)) { s.onChange = fn }
