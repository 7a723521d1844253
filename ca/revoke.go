package ca

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Revoke revokes a certificate in whatever state, and returns it as it is then. A certificate on hold can be revoked for good, or
// released with [RemoveFromCRL]. What is revoked already is a conflict with [ReasonAlreadyRevoked], except that key compromise
// replaces any other reason where the request proves it, or an officer says so. Key compromise blocks the key for ever and
// revokes whatever else has it.
//
// The instant of the first revocation stays. Errors: KindNotFound; KindInvalid with [ReasonRevocationReason]; KindConflict with
// ReasonAlreadyRevoked, [ReasonNotOnHold] or [ReasonExpired].
func (s *Service) Revoke(ctx context.Context, req RevokeReq) (Certificate, error) {
	if req.ID == "" {
		req.ID = CertificateID(req.Issuer, req.Serial)
	}
	var c Certificate
	now := s.now()
	err := s.amend(ctx, func(tx *sqldb.Tx) (err error) {
		if c, err = certificateByID(ctx, tx, req.ID); err != nil {
			return err
		}
		if err := s.mayRevoke(c, req, now); err != nil {
			return err
		}
		if err := s.writeRevocation(ctx, tx, c, now, req.Reason, req.By); err != nil {
			return err
		}
		if req.Reason == KeyCompromise {
			if err := blockKey(ctx, tx, now, c.KeyHash, req.ID); err != nil {
				return err
			}
		}
		if err := appendAudit(ctx, tx, []AuditEntry{revokedEntry(now, c.ID, req.Reason, req.By)}); err != nil {
			return err
		}
		c, err = certificateByID(ctx, tx, req.ID)
		return err
	})
	if err == nil && req.Reason == KeyCompromise {
		err = s.strikeKey(ctx, c.KeyHash, req.By)
	}
	if err != nil {
		return Certificate{}, fmt.Errorf("ca.revoke: %w", err)
	}
	return s.withChain(c), nil
}

// mayRevoke says whether a certificate can go from where it stands to the reason asked for.
func (s *Service) mayRevoke(c Certificate, req RevokeReq, now time.Time) error {
	switch held := !c.Revoked.IsZero() && c.Reason == CertificateHold; {
	case !s.allows(c.Profile, req):
		return invalid(ReasonRevocationReason, "the profile does not allow this reason")
	case req.Reason == RemoveFromCRL && !held:
		return conflict(ReasonNotOnHold, "the certificate is not on hold")
	case now.After(c.NotAfter):
		return conflict(ReasonExpired, "the certificate has expired")
	case c.Revoked.IsZero() || held && req.Reason != CertificateHold:
		return nil
	case req.Reason == KeyCompromise && c.Reason != KeyCompromise && (req.KeyProof || req.Officer):
		return nil
	}
	return conflict(ReasonAlreadyRevoked, "the certificate is revoked already")
}

// allows holds a reason against the profile. A certificate of a profile that is gone can still be revoked.
func (s *Service) allows(profile string, req RevokeReq) bool {
	p, known := s.Profile(profile)
	switch {
	case req.Reason == KeyCompromise:
		return true
	case req.Reason == CertificateHold || req.Reason == RemoveFromCRL:
		return known && p.Hold
	case !known:
		return slices.Contains([]int{Unspecified, Superseded, CessationOfOperation}, req.Reason)
	}
	return slices.Contains(p.Reasons, req.Reason)
}

const amendAttempts = 8

// errOvertaken says that a revocation changed between being read and being written.
var errOvertaken = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "others change the same certificate; try again"}

// amend runs fn in a transaction that writes to the audit chain. It is not serializable: issuing moves the chain on all the time, and
// would undo a longer transaction again and again. Instead what is overwritten must still be as fn read it, or fn runs again.
func (s *Service) amend(ctx context.Context, fn func(tx *sqldb.Tx) error) (err error) {
	for range amendAttempts {
		if err = s.db.InDefaultTx(ctx, fn); !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return err
}

// writeRevocation writes the one row of a certificate's revocation and counts the change of its shard. A revocation keeps the
// instant of the one before, unless that had been released. Where the certificate is no longer as c was read it
// is errOvertaken.
func (s *Service) writeRevocation(ctx context.Context, tx *sqldb.Tx, c Certificate, now time.Time, reason int, by string) error {
	var change int64
	err := tx.QueryRow(ctx, `insert into ca_shard (issuer, shard, change) values ($1, $2, 1)
		on conflict (issuer, shard) do update set change = ca_shard.change + 1 returning change`, c.Issuer, int64(c.Shard)).Scan(&change)
	if err != nil {
		return err
	}
	before := RemoveFromCRL
	if !c.Revoked.IsZero() {
		before = c.Reason
	}
	res, err := tx.Exec(ctx, `
		insert into ca_revocation (id, issuer, shard, serial, at, reason, revoked_by, expires, change) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		on conflict (id) do update set
			at = case when ca_revocation.reason = 8 then excluded.at else ca_revocation.at end,
			reason = excluded.reason, revoked_by = excluded.revoked_by, change = excluded.change
		where ca_revocation.reason = $10`,
		c.ID, c.Issuer, int64(c.Shard), c.Serial, now.UnixMilli(), int64(reason), by, c.NotAfter.UnixMilli(), change, int64(before))
	if err != nil {
		return err
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		return errors.Join(errOvertaken, err)
	}
	tx.OnCommit(func() {
		s.metrics.revocations.WithLabelValues(RevocationWord(reason)).Inc()
		s.onChange(c.Issuer, c.Serial)
	})
	return nil
}

func revokedEntry(now time.Time, id string, reason int, by string) AuditEntry {
	kind := AuditRevoked
	if reason == RemoveFromCRL {
		kind = AuditReleased
	}
	return newAuditEntry(now, kind, id, auditDetail{Reason: &reason, By: by})
}
