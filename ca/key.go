package ca

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"simtrust/internal/sqldb"
)

// keyText is the stored form of a key's hash.
func keyText(hash [32]byte) string { return hex.EncodeToString(hash[:]) }

func keyHash(text string) (hash [32]byte, ok bool) {
	b, err := hex.DecodeString(text)
	return hash, err == nil && copy(hash[:], b) == len(hash)
}

// KeyBlocked reports whether a key was compromised, now or ever; spki is the SHA-256 of its SubjectPublicKeyInfo. Issuing refuses
// such a key by itself.
func (s *Service) KeyBlocked(ctx context.Context, spki [32]byte) (bool, error) {
	return exists(s.db.QueryRow(ctx, `select 1 from ca_blocked_key where key_hash = $1`, keyText(spki)))
}

// BlockKey blocks a key for ever and revokes every certificate for it, for key compromise. cause says why, for the audit trail.
func (s *Service) BlockKey(ctx context.Context, spki [32]byte, cause string) error {
	now := s.now()
	err := s.amend(ctx, func(tx *sqldb.Tx) error { return blockKey(ctx, tx, now, spki, cause) })
	if err != nil {
		return err
	}
	return s.strikeKey(ctx, spki, cause)
}

// blockKey is durable before certificates are looked for: one recorded too late to be found is refused its signature. A key stays
// due to be struck until all its certificates are revoked, whatever happens in between.
func blockKey(ctx context.Context, tx *sqldb.Tx, now time.Time, spki [32]byte, cause string) error {
	res, err := tx.Exec(ctx, `insert into ca_blocked_key (key_hash, cause, at) values ($1, $2, $3) on conflict do nothing`,
		keyText(spki), cause, now.UnixMilli())
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return err
	}
	return appendAudit(ctx, tx, []AuditEntry{newAuditEntry(now, AuditKeyBlocked, keyText(spki), auditDetail{Cause: cause})})
}

// strikeKey revokes the certificates of a blocked key, also those revoked for a lesser reason, page by page: one key can have
// thousands.
func (s *Service) strikeKey(ctx context.Context, spki [32]byte, by string) error {
	for more := true; more; {
		err := s.amend(ctx, func(tx *sqldb.Tx) (err error) {
			more, err = s.strikePage(ctx, tx, spki, by)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) strikePage(ctx context.Context, tx *sqldb.Tx, spki [32]byte, by string) (more bool, err error) {
	now := s.now()
	found, err := certificates(ctx, tx, `c.key_hash = $1 and c.not_after >= $2 and (r.reason is null or r.reason <> 1) order by c.id limit $3`,
		keyText(spki), now.UnixMilli(), int64(bulkPage))
	if err != nil {
		return false, err
	}
	var entries []AuditEntry
	for _, c := range found {
		if err := s.writeRevocation(ctx, tx, c, now, KeyCompromise, by); err != nil {
			return false, err
		}
		entries = append(entries, revokedEntry(now, c.ID, KeyCompromise, by))
	}
	if len(found) < bulkPage {
		if _, err := tx.Exec(ctx, `update ca_blocked_key set struck = $2 where key_hash = $1 and struck is null`, keyText(spki), now.UnixMilli()); err != nil {
			return false, err
		}
	}
	return len(found) == bulkPage, appendAudit(ctx, tx, entries)
}

// strikeKeys strikes the blocked keys that are due: those that a crash, or a store that was away, left.
func (s *Service) strikeKeys(ctx context.Context) error {
	type blocked struct{ hash, cause string }
	rows, err := s.db.Query(ctx, `select key_hash, cause from ca_blocked_key where struck is null order by key_hash limit $1`, int64(sweepPage))
	due, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (b blocked, err error) { return b, rows.Scan(&b.hash, &b.cause) })
	if err != nil {
		return err
	}
	var failed []error
	for _, b := range due {
		hash, _ := keyHash(b.hash)
		failed = append(failed, s.strikeKey(ctx, hash, b.cause))
	}
	return errors.Join(failed...)
}
