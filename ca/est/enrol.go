package est

import (
	"context"
	"crypto/x509"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
)

// enrol issues a certificate for the names of a request to the holder of a credential.
func (s *Service) enrol(ctx context.Context, p *ca.Profile, c Credential, r *csr.Request) (ca.Certificate, error) {
	n, err := s.granted(p, c, r)
	if err != nil {
		return ca.Certificate{}, err
	}
	return s.authority.Issue(ctx, ca.IssueReq{Profile: p.Name, CSR: r.Raw, Subject: n.subject, SANs: n.sans, Requester: c.requester(), AuthorisedBy: c.CreatedBy})
}

// granted are the names of a request that a credential authorises.
func (s *Service) granted(p *ca.Profile, c Credential, r *csr.Request) (n names, err error) {
	if c.Profile != p.Name {
		return n, denied(ReasonOtherLabel, "the credential is for another label")
	}
	if err := s.enrolments.Take(c.requester()); err != nil {
		return n, err
	}
	if n, err = namesOf(r); err != nil {
		return n, err
	}
	return n, n.authorise(c)
}

// reenrol renews a certificate that the credential obtained, found by its names.
func (s *Service) reenrol(ctx context.Context, p *ca.Profile, c Credential, r *csr.Request) (ca.Certificate, error) {
	n, err := s.granted(p, c, r)
	if err != nil {
		return ca.Certificate{}, err
	}
	old, err := s.obtained(ctx, c, n)
	if err != nil {
		return ca.Certificate{}, err
	}
	return s.authority.Reissue(ctx, old, r.Raw, c.requester())
}

var errNothingLike = denied(ReasonNothingLike, "there is no valid certificate of these names; enrol instead")

// obtained finds a certificate of exactly these names that was obtained with the credential and is valid.
func (s *Service) obtained(ctx context.Context, c Credential, n names) (ca.Certificate, error) {
	if n.first() == "" {
		return ca.Certificate{}, errNothingLike // without a name the search would go through the whole register
	}
	no := false
	q := ca.Query{Profile: c.Profile, Name: n.first(), ExpiresFrom: s.now(), Revoked: &no}
	for page := (ca.Page{}); ; {
		found, next, err := s.authority.Search(ctx, q, page)
		if err != nil {
			return ca.Certificate{}, err
		}
		for _, old := range found {
			if old.State == ca.StateIssued && old.Requester == c.requester() && n.same(old) {
				return old, nil
			}
		}
		if page.After = next; next == "" {
			return ca.Certificate{}, errNothingLike
		}
	}
}

// renew renews the certificate that a client holds, for the same names.
func (s *Service) renew(ctx context.Context, p *ca.Profile, peer *x509.Certificate, r *csr.Request) (ca.Certificate, error) {
	old, err := s.authority.Holder(ctx, peer)
	if err != nil {
		return ca.Certificate{}, err
	}
	if old.Profile != p.Name {
		return ca.Certificate{}, denied(ReasonOtherLabel, "the client certificate is of another label")
	}
	if err := s.enrolments.Take("certificate:" + old.ID); err != nil {
		return ca.Certificate{}, err
	}
	n, err := namesOf(r)
	if err != nil {
		return ca.Certificate{}, err
	}
	if !n.same(old) {
		return ca.Certificate{}, denied(ReasonOtherNames, "a renewal has the subject and the alternative names of the certificate renewed")
	}
	return s.authority.Renew(ctx, peer, r.Raw)
}

// labelled returns what is served at a label, "" for none. Errors: KindNotFound with [ReasonLabel].
func (s *Service) labelled(name string) (label, error) {
	if name == "" {
		name = s.fallback
	}
	l, ok := s.labels[name]
	if !ok {
		return label{}, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ReasonLabel, Op: "est", Msg: "no such label"}
	}
	return l, nil
}
