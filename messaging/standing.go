package messaging

import (
	"context"
	"strconv"

	"simtrust/messaging/events"
	"simtrust/messaging/sender"
)

// StandingEvent is what a chatbot's people are told when it is suspended, or taken back into use.
type StandingEvent struct {
	State sender.State `json:"state"`
	Cause string       `json:"cause,omitempty"` // of a suspension
}

// SenderChanged tells a chatbot's people that it was suspended, or taken back into use. The same change again changes nothing.
func (s *Service) SenderChanged(ctx context.Context, e sender.StateChanged) error {
	kind := EventResumed
	if e.State == sender.Suspended {
		kind = EventSuspended
	}
	id := kind + ":" + e.Chatbot + ":" + strconv.FormatInt(e.At.UnixMilli(), 10)
	return s.publishOnce(ctx, id, events.Event{Chatbot: e.Chatbot, Type: kind, At: e.At, Data: StandingEvent{e.State, e.Cause}})
}
