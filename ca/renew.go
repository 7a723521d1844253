package ca

import (
	"bytes"
	"context"
	"crypto/x509"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

// renewalRate is how often the holders of one name may renew: often enough for a fleet that shares it, and no more.
var renewalRate = rpc.Rate{PerSecond: 1, Burst: 100}

// Renew issues a certificate like the one a client proved to hold on its TLS connection, for the key of a CSR. The old one must be
// ours, valid and not revoked, and its profile renewable; it stays valid. Errors: KindUnauthenticated with
// [ReasonClientCertificate]; KindDenied with [ReasonNotRenewable]; KindLimited.
func (s *Service) Renew(ctx context.Context, peer *x509.Certificate, csr []byte) (Certificate, error) {
	old, err := s.Holder(ctx, peer)
	if err != nil {
		return Certificate{}, err
	}
	// Every renewal can be renewed itself, so it is the name that is counted.
	if err := s.renewals.Take(old.Profile + "/" + nameOf(old.Subject, old.SANs)); err != nil {
		return Certificate{}, err
	}
	return s.Reissue(ctx, old, csr, "renewal of "+old.ID)
}

// Reissue issues a certificate like an old one, whose holder the caller has authenticated, for the key of a CSR. It lives as long as
// the old one did: who was given a day has no right to the years that the profile allows. Errors: those of Issue; KindDenied with
// [ReasonNotRenewable].
func (s *Service) Reissue(ctx context.Context, old Certificate, csr []byte, requester string) (Certificate, error) {
	p, ok := s.Profile(old.Profile)
	if !ok || !p.Renew {
		return Certificate{}, denied(ReasonNotRenewable, "certificates of this profile are not renewed")
	}
	req := IssueReq{Profile: old.Profile, CSR: csr, Subject: old.Subject, SANs: old.SANs, Tenure: old.Tenure, RelyingParty: old.RelyingParty, Requester: requester}
	if life := old.NotAfter.Sub(old.NotBefore); life < p.Validity-time.Second {
		req.NotAfter = s.now().Add(life - backdate)
	}
	return s.Issue(ctx, req)
}

var errClientCertificate = error(&simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonClientCertificate,
	Msg: "a client certificate of this authority is needed, valid and not revoked"})

// Holder finds the row of a certificate that a client proved to hold, and says whether it is valid now. Errors:
// KindUnauthenticated with [ReasonClientCertificate].
func (s *Service) Holder(ctx context.Context, peer *x509.Certificate) (Certificate, error) {
	if peer == nil || peer.SerialNumber.Sign() <= 0 {
		return Certificate{}, errClientCertificate
	}
	for _, i := range s.Hierarchy().Issuers {
		if !bytes.Equal(peer.RawIssuer, i.Subject) || !bytes.Equal(peer.AuthorityKeyId, i.KeyID) {
			continue
		}
		c, err := s.Certificate(ctx, CertificateID(i.ID, peer.SerialNumber.Bytes()))
		if simtrust.KindOf(err) == simtrust.KindNotFound {
			return Certificate{}, errClientCertificate
		}
		if err != nil {
			return Certificate{}, err
		}
		now := s.now()
		if !bytes.Equal(c.Raw, peer.Raw) || !c.Revoked.IsZero() || now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return Certificate{}, errClientCertificate
		}
		return c, nil
	}
	return Certificate{}, errClientCertificate
}
