package ca

import (
	"context"
	"encoding/hex"
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
	err := s.db.InTx(ctx, func(tx *sqldb.Tx) error { return blockKey(ctx, tx, now, spki, cause) })
	if err != nil {
		return err
	}
	return s.revokeKey(ctx, spki, cause)
}

// blockKey is durable before certificates are looked for: one recorded too late to be found is refused its signature.
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

// revokeKey revokes the certificates of a blocked key, also those revoked for a lesser reason.
func (s *Service) revokeKey(ctx context.Context, spki [32]byte, by string) error {
	found, err := certificates(ctx, s.db, `c.key_hash = $1`, keyText(spki))
	if err != nil {
		return err
	}
	now := s.now()
	return s.db.InTx(ctx, func(tx *sqldb.Tx) error {
		var entries []AuditEntry
		for _, c := range found {
			if !c.Revoked.IsZero() && c.Reason == KeyCompromise || c.NotAfter.Before(now) {
				continue
			}
			if err := s.writeRevocation(ctx, tx, c, now, KeyCompromise, by); err != nil {
				return err
			}
			entries = append(entries, revokedEntry(now, c.ID, KeyCompromise, by))
		}
		return appendAudit(ctx, tx, entries)
	})
}
