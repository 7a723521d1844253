package messaging

import (
	"context"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/optin"
)

// Still implements dispatch.Recipients: a message leaves the queue only for a chatbot that is live then, to who may be written to then. With
// a chatbot that is not, nobody may, on any channel, but for the platform's own notices about it.
func (s *Service) Still(ctx context.Context, q dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	out := make(map[simtrust.TenureID]dispatch.Standing, len(ids))
	ask := optin.Question{Chatbot: q.Chatbot, Class: optin.Class(q.Class), SIMChangedWithin: q.SIMChangedWithin}
	if q.Class == dispatch.ClassNotice {
		ask.Class = optin.ClassService
	} else if _, err := s.Senders.Live(ctx, q.Chatbot); err != nil {
		for _, id := range ids {
			out[id] = dispatch.Standing{Err: err}
		}
		return out, nil
	}
	list, err := s.Recipients.Still(ctx, ask, ids)
	for _, r := range list {
		out[r.Tenure] = dispatch.Standing{Number: r.Number, Err: r.Err}
	}
	return out, err
}
