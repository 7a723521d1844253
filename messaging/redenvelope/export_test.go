package redenvelope

import (
	"context"

	"simtrust"
	"simtrust/internal/sqldb"
)

// ClaimWithin claims within a transaction of the test's.
func (s *Service) ClaimWithin(ctx context.Context, tx *sqldb.Tx, campaign string, tenures ...simtrust.TenureID) error {
	batch := make([]claim, len(tenures))
	for i, t := range tenures {
		batch[i] = claim{campaign: campaign, tenure: t}
	}
	_, err := s.claimBatch(ctx, tx, batch)
	return err
}
