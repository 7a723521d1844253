package acme

import (
	"context"
	"slices"
)

// lookDNS is dns-01 (RFC 8555, section 8.4). The final dot keeps the name out of the resolver's search list.
func (s *Service) lookDNS(ctx context.Context, p proof) error {
	records, err := s.resolver.LookupTXT(ctx, "_acme-challenge."+p.name+".")
	if err != nil {
		return err
	}
	if !slices.Contains(records, encode(p.digest())) {
		return errIncorrect
	}
	return nil
}
