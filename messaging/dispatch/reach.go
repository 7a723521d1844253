package dispatch

import (
	"context"

	"simtrust"
)

// ReasonBearer says that a bearer does not answer now.
const ReasonBearer = "bearer_unavailable"

// Reach says which recipients a channel reaches now with a message of their chatbot. Error: KindUnavailable with [ReasonBearer] where its
// bearer cannot say, or there is none.
func (s *Service) Reach(ctx context.Context, c Channel, to []Recipient) ([]bool, error) {
	l := s.lanes[c]
	if l == nil {
		return nil, silent("no bearer carries the channel "+string(c), nil)
	}
	if len(to) == 0 {
		return nil, nil
	}
	reached, err := l.askReach(ctx, to)
	if err != nil {
		return nil, silent("the bearer of the channel "+string(c)+" does not say whom it reaches", err)
	}
	return reached, nil
}

func silent(msg string, err error) error {
	return &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: ReasonBearer, Op: "dispatch.reach", Msg: msg, Err: err}
}
