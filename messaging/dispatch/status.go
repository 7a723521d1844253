package dispatch

import (
	"context"

	"simtrust"
)

// Statuses returns where the deliveries of a message stand, up to limit of them, in the order of their tenures; after is the last
// tenure of the page before.
func (s *Service) Statuses(ctx context.Context, message string, after simtrust.TenureID, limit int) ([]Status, error) {
	return statuses(ctx, s.db, message, after, limit)
}

// Status returns where deliveries stand, in any order. Those that there are not, or not any more, are missing.
func (s *Service) Status(ctx context.Context, deliveries ...string) ([]Status, error) {
	return statusesOf(ctx, s.db, deliveries)
}
