package ca

import "encoding/asn1"

// Policy returns the identifier of a profile's policy; false where there is no such profile.
func (s *Service) Policy(profile string) (asn1.ObjectIdentifier, bool) {
	p, ok := s.Profile(profile)
	if !ok {
		return nil, false
	}
	w := wording{}
	arc := w.oid(s.config.PolicyArc)
	return append(arc, p.Policy), w.err == nil
}
