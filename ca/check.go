package ca

import "simtrust/ca/csr"

// Check says whether Issue would refuse a request for what stands in it, whatever key of that kind and whatever CSR come with it: so that
// nobody makes a key for nothing. Errors: KindInvalid with [ReasonUnknownProfile], [ReasonKeyKind], [ReasonSubject], [ReasonName],
// [ReasonBinding], [ReasonUnknownIssuer]. It asks no store, so Issue may refuse all the same.
func (s *Service) Check(req IssueReq, kind csr.Algorithm) error {
	in := s.issuance.Load()
	p, ok := in.profiles[req.Profile]
	if !ok {
		return errUnknownProfile
	}
	if err := p.accepts(kind); err != nil {
		return err
	}
	if err := p.check(&req); err != nil {
		return err
	}
	_, err := in.issuerFor(p, kind, &req)
	return err
}
