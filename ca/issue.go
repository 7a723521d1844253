package ca

import (
	"context"
	"fmt"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Issue issues a certificate, in the order the package comment states. The caller has authorised the request. Errors carry the
// reasons of this package or of ca/csr; KindUnavailable: nothing is known to have been issued, and whatever was begun will be
// revoked.
func (s *Service) Issue(ctx context.Context, req IssueReq) (Certificate, error) {
	cert, err := s.issue(ctx, req)
	if err != nil {
		s.refuse(req.Profile, err)
		return Certificate{}, fmt.Errorf("ca.issue: %w", err)
	}
	return cert, nil
}

func (s *Service) issue(ctx context.Context, req IssueReq) (Certificate, error) {
	if c, ok, err := s.earlier(ctx, req); ok || err != nil {
		return c, err
	}
	d, err := s.plan(req)
	if err != nil {
		return Certificate{}, err
	}
	if err := s.current(ctx, req.Tenure); err != nil {
		return Certificate{}, err
	}
	if err := s.draft(ctx, d); err != nil {
		return Certificate{}, err
	}
	r, err := newRecord(d, s.now())
	if err != nil {
		return Certificate{}, err
	}
	// The place is taken before the record: each that found none after it would be one more to revoke.
	defer s.signing.Add(-1)
	if s.signing.Add(1) > int64(s.config.Signatures) {
		return Certificate{}, errKeyBusy
	}
	switch _, err := s.stages.Do(ctx, stage{record: r}); {
	case sqldb.IsUnique(err):
		return s.collided(ctx, req)
	case err != nil:
		return Certificate{}, err
	}
	// From here on a signature may exist: the caller's leaving must not stop it from being recorded.
	s.flying.Add(1)
	defer s.flying.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.config.SigningTime)
	defer cancel()
	return s.complete(ctx, r)
}

// complete signs a recorded draft and makes the signature durable.
func (s *Service) complete(ctx context.Context, r record) (Certificate, error) {
	raw, signature, err := r.sign(r.tbs)
	if err != nil {
		s.log.ErrorContext(ctx, "ca: signing failed; the certificate will be revoked", "certificate", r.id(), "error", err)
		return Certificate{}, &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "the issuer's key does not sign", Err: err}
	}
	if _, err := s.stages.Do(ctx, stage{record: r, raw: raw, signature: signature}); err != nil {
		if sqldb.IsUnique(err) {
			return Certificate{}, errAbandoned
		}
		return Certificate{}, err
	}
	s.metrics.issued.WithLabelValues(r.profile.Name).Inc()
	return s.withChain(r.certificate(raw)), nil
}

func (s *Service) current(ctx context.Context, tenure simtrust.TenureID) error {
	if tenure == "" {
		return nil
	}
	current, err := s.tenures.Current(ctx, []simtrust.TenureID{tenure})
	if err != nil {
		return err
	}
	if len(current) != 1 || current[0] != tenure {
		return errTenureEnded
	}
	return nil
}

// draft builds the bytes to be signed, once, and lints them under a throw-away signature.
func (s *Service) draft(ctx context.Context, d *draft) error {
	serial := ""
	if d.named.Tenured && d.req.Tenure != "" {
		serial = subjectSerial(s.config.SubjectKey, d.named.Name, d.req.RelyingParty, d.req.Tenure)
	}
	d.serial = newSerial(s.config.Node)
	d.shard = shardOf(d.serial, s.config.Shards)
	if err := d.build(serial); err != nil {
		return err
	}
	raw, err := assemble(d.tbs, d.issuer.Algorithm.Identifier(), throwaways[d.issuer.Algorithm])
	if err != nil {
		return err
	}
	if findings := d.lints.Check(raw); len(findings) > 0 {
		s.metrics.found(d.profile.Name, findings)
		s.log.ErrorContext(ctx, "ca: a certificate was not signed", "profile", d.profile.Name, "issuer", d.issuer.ID, "findings", fmt.Sprint(findings))
		return &simtrust.Error{Kind: simtrust.KindInternal, Reason: ReasonLint, Msg: "the certificate would break its profile: " + findings[0].Lint}
	}
	return nil
}
