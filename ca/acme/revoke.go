package acme

import (
	"bytes"
	"context"
	"crypto/x509"
	"net/http"
	"slices"

	"simtrust"
	"simtrust/ca"
)

// reasons are those that subscribers give.
var reasons = []int{ca.Unspecified, ca.KeyCompromise, ca.Superseded, ca.CessationOfOperation}

func badReason(detail string) *problem {
	return newProblem(http.StatusBadRequest, "badRevocationReason", detail)
}

// revoke is RFC 8555, section 7.6: by the account that a certificate was issued to, by one that has proven all its names, or by the
// certificate's own key.
func (s *Service) revoke(ctx context.Context, r *request) (*reply, error) {
	var p struct {
		Certificate string `json:"certificate"`
		Reason      int    `json:"reason"`
	}
	if err := r.into(&p); err != nil {
		return nil, err
	}
	if !slices.Contains(reasons, p.Reason) {
		return nil, badReason("the reasons are 0, 1, 4 and 5")
	}
	c, leaf, err := s.certificateIn(ctx, p.Certificate)
	if err != nil {
		return nil, err
	}
	by, err := s.mayRevoke(ctx, r, c, leaf, p.Reason)
	if err != nil {
		return nil, err
	}
	_, err = s.authority.Revoke(ctx, ca.RevokeReq{ID: c.ID, Reason: p.Reason, By: by, KeyProof: r.account.id == ""})
	switch simtrust.ReasonOf(err) {
	case ca.ReasonAlreadyRevoked:
		return nil, newProblem(http.StatusBadRequest, "alreadyRevoked", "the certificate is revoked already")
	case ca.ReasonRevocationReason:
		return nil, badReason("the certificate's profile does not have this reason")
	case ca.ReasonExpired:
		return nil, malformed("the certificate has expired")
	}
	return &reply{status: http.StatusOK}, err
}

// certificateIn finds a certificate of ours by its DER.
func (s *Service) certificateIn(ctx context.Context, text string) (ca.Certificate, *x509.Certificate, error) {
	der, ok := decode(text)
	if !ok {
		return ca.Certificate{}, nil, malformed("certificate is DER in base64url without padding")
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return ca.Certificate{}, nil, malformed("certificate is no certificate")
	}
	notOurs := newProblem(http.StatusNotFound, "malformed", "the certificate is none of this server")
	issuer, ok := s.issuerOf(leaf.AuthorityKeyId)
	if !ok {
		return ca.Certificate{}, nil, notOurs
	}
	c, err := s.authority.Certificate(ctx, ca.CertificateID(issuer, serialOf(leaf)))
	if simtrust.KindOf(err) == simtrust.KindNotFound || err == nil && !bytes.Equal(c.Raw, der) {
		return ca.Certificate{}, nil, notOurs
	}
	return c, leaf, err
}

// serialOf is the content of the serial number's INTEGER.
func serialOf(c *x509.Certificate) []byte {
	raw := c.SerialNumber.Bytes()
	if len(raw) == 0 || raw[0]&0x80 != 0 {
		raw = append([]byte{0}, raw...)
	}
	return raw
}

// mayRevoke says who revokes, for the audit trail. Who has only proven the names cannot say what became of another's key.
func (s *Service) mayRevoke(ctx context.Context, r *request, c ca.Certificate, leaf *x509.Certificate, reason int) (string, error) {
	if r.account.id == "" {
		if !r.key.is(leaf.PublicKey) {
			return "", unauthorized("the key is neither the certificate's nor an account's")
		}
		return "acme:certificate-key", nil
	}
	owner, err := ownerOf(ctx, s.db, c.ID)
	if err != nil || owner == r.account.id {
		return requester(owner), err
	}
	proven, err := s.proven(ctx, r.account.id, c.SANs.DNS)
	switch {
	case err != nil:
		return "", err
	case !proven || len(c.SANs.IPs)+len(c.SANs.Emails)+len(c.SANs.URIs) > 0:
		return "", unauthorized("the certificate is another account's")
	case reason == ca.KeyCompromise:
		return "", badReason("key compromise is said by the account of the certificate, or with its key")
	}
	return requester(r.account.id), nil
}

// proven reports whether an account has a valid authorization for every one of names.
func (s *Service) proven(ctx context.Context, account string, names []string) (bool, error) {
	for _, n := range names {
		base, wildcard := baseName(n)
		var count int64
		err := s.db.QueryRow(ctx, `select count(*) from acme_authorization where account = $1 and status = 'valid' and name = $2 and wildcard = $3 and expires > $4`,
			account, base, wildcard, s.now().UnixMilli()).Scan(&count)
		if err != nil || count == 0 {
			return false, err
		}
	}
	return len(names) > 0, nil
}
