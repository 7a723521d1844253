package events

import "context"

// Head returns the number of a chatbot's last event; 0: it has none.
func (s *Service) Head(ctx context.Context, chatbot string) (int64, error) {
	return s.head(ctx, chatbot)
}

// After returns up to limit events of a chatbot that follow a number, in order: for who keeps a place in the log of their own.
func (s *Service) After(ctx context.Context, chatbot string, seq int64, limit int) ([]Entry, error) {
	return s.after(ctx, chatbot, seq, limit)
}
