package status

import (
	"context"

	"simtrust"
)

// Fresh answers an OCSP request to an issuer as the register stands now: nothing that was kept goes into it, so its thisUpdate is not
// before the call, to the second. Evidence asks so. The errors are of kind not found (ReasonUnknownIssuer), invalid where the request is
// malformed or about another issuer's certificates, and unavailable where the register or the delegate's key does not answer.
func (s *Service) Fresh(ctx context.Context, issuer string, request []byte) ([]byte, error) {
	a, ok := s.authority(issuer)
	if !ok {
		return nil, errUnknownIssuer
	}
	req, ok := parseRequest(request)
	if !ok {
		return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Op: "status.fresh", Msg: "not an OCSP request"}
	}
	for _, id := range req.ids {
		if !a.issued(id) {
			return nil, &simtrust.Error{Kind: simtrust.KindInvalid, Op: "status.fresh", Msg: "a certificate of another issuer"}
		}
	}
	answers, _, err := s.check(ctx, a, req.ids)
	if err != nil {
		return nil, away(err)
	}
	r, err := s.compose(a, req.nonce, answers)
	if err != nil {
		return nil, away(err)
	}
	return r.der, nil
}

func away(err error) error {
	return &simtrust.Error{Kind: simtrust.KindUnavailable, Op: "status.fresh", Msg: "the status of certificates is not known now", Err: err}
}
