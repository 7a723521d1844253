package purchase

import "context"

// Drain does all that is due now, one after the other, and waits for nobody.
func (s *Service) Drain(ctx context.Context) error {
	for {
		now := s.Now()
		list, err := s.claim(ctx, atOnce, now, now.Add(lease))
		if err != nil || len(list) == 0 {
			return err
		}
		for _, p := range list {
			if err := s.advance(ctx, p, 0); err != nil {
				return err
			}
		}
	}
}
