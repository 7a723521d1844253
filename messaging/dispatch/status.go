package dispatch

import (
	"context"

	"simtrust"
)

// Status returns where deliveries stand, in any order. Those that there are not, or not any more, are missing.
func (s *Service) Status(ctx context.Context, deliveries ...string) ([]Status, error) {
	return statusesOf(ctx, s.db, deliveries)
}

// To returns where the delivery of a message to a tenure stands; false where there is none.
func (s *Service) To(ctx context.Context, message string, tenure simtrust.TenureID) (Status, bool, error) {
	list, err := statusTo(ctx, s.db, message, tenure)
	if err != nil || len(list) == 0 {
		return Status{}, false, err
	}
	return list[0], true, nil
}

// Counts returns how many deliveries of a message are in each state.
func (s *Service) Counts(ctx context.Context, message string) (map[State]int64, error) {
	return countStates(ctx, s.db, message)
}
