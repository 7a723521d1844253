package esme

import (
	"context"

	"simtrust/internal/smpp"
	"simtrust/messaging/dispatch"
)

// states are those of deliveries as SMPP has them.
var states = map[dispatch.State]smpp.State{
	dispatch.StateQueued: smpp.StateEnroute, dispatch.StateSubmitted: smpp.StateEnroute, dispatch.StateDelivered: smpp.StateDelivered,
	dispatch.StateDisplayed: smpp.StateDelivered, dispatch.StateFailed: smpp.StateUndeliverable, dispatch.StateExpired: smpp.StateExpired,
	dispatch.StateRevoked: smpp.StateDeleted, dispatch.StateRefused: smpp.StateRejected, dispatch.StateUnknown: smpp.StateUnknown,
}

// owned returns a message of the account; none where its source is another's.
func (s *Service) owned(ctx context.Context, a *Account, id, source string, refusal smpp.Status) (sentRow, error) {
	if source != "" && source != a.address().Value && source != a.Source {
		return sentRow{}, smpp.StatusInvalidSource
	}
	row, found, err := s.sentBy(ctx, a.SystemID, id)
	switch {
	case err != nil:
		return row, smpp.StatusSystemError
	case !found:
		return row, refusal
	}
	return row, nil
}

// query says where a message stands.
func (s *Service) query(ctx context.Context, a *Account, q *smpp.QuerySM) (smpp.PDU, error) {
	row, err := s.owned(ctx, a, q.MessageID, q.Source.Value, smpp.StatusQueryFailed)
	if err != nil {
		return nil, err
	}
	st, err := s.Messages.Status(ctx, row.id)
	if err != nil {
		return nil, smpp.StatusQueryFailed
	}
	answer := &smpp.QuerySMResp{MessageID: row.id, State: states[st.State]}
	if st.State.Terminal() {
		answer.FinalDate = smpp.AbsoluteTime(st.At)
	}
	return answer, nil
}

// cancel has no further copy of a message made. What becomes of the one that may be on its way the receipt tells.
func (s *Service) cancel(ctx context.Context, a *Account, c *smpp.CancelSM) error {
	row, err := s.owned(ctx, a, c.MessageID, c.Source.Value, smpp.StatusCancelFailed)
	if err != nil {
		return err
	}
	switch open, err := s.Messages.Revoke(ctx, a.Chatbot, row.message, row.id); {
	case err != nil:
		return smpp.StatusSystemError
	case !open:
		return smpp.StatusCancelFailed
	}
	return nil
}
