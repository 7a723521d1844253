package messaging

import (
	"cmp"
	"context"
	"slices"
	"strconv"

	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
)

// The types of events. That of a delivery is EventDelivery and its state.
const (
	EventReply     = "reply"
	EventRefused   = "opt-in.refused"
	EventStarted   = "opt-in.started"
	EventSpam      = "spam.reported"
	EventSuspended = "sender.suspended"
	EventResumed   = "sender.resumed"
	EventDelivery  = "message."
)

// DeliveryEvent is what a chatbot's people are told of a delivery. At is when the state came to be.
type DeliveryEvent struct {
	Message  string `json:"message"`
	Delivery string `json:"delivery"`
	// Recipient is the recipient's place in the request, from 0.
	Recipient         int              `json:"recipient"`
	State             dispatch.State   `json:"state"`
	Channel           dispatch.Channel `json:"channel,omitempty"`
	Reason            string           `json:"reason,omitempty"`
	PossibleDuplicate bool             `json:"possible_duplicate,omitempty"`
}

// Changed implements dispatch.Listener: it tells senders, and keeps what typed answers will refer to.
func (s *Service) Changed(ctx context.Context, tx *sqldb.Tx, changes []dispatch.Update) error {
	list := make([]events.Event, len(changes))
	for i, u := range changes {
		place, err := strconv.Atoi(u.Key)
		if err != nil {
			return err
		}
		list[i] = events.Event{Chatbot: u.Chatbot, Type: EventDelivery + string(u.State), At: u.At, Data: DeliveryEvent{
			Message: u.Message, Delivery: u.Delivery, Recipient: place, State: u.State, Channel: u.Channel, Reason: u.Reason, PossibleDuplicate: u.PossibleDuplicate,
		}}
	}
	taken := slices.DeleteFunc(slices.Clone(changes), func(u dispatch.Update) bool {
		return u.State != dispatch.StateSubmitted && u.State != dispatch.StateDelivered
	})
	if err := s.remember(ctx, tx, talks, taken); err != nil {
		return err
	}
	return s.Events.Publish(ctx, tx, list...)
}

// Begun implements dispatch.Listener: a person may answer a copy before it is known that the bearer has taken it. Not all are taken, so what
// was shown before is kept beside it.
func (s *Service) Begun(ctx context.Context, tx *sqldb.Tx, copies []dispatch.Update) error {
	return s.remember(ctx, tx, begunTalks, copies)
}

// remember keeps which message with answers each recipient got last on a channel without buttons, or may get.
func (s *Service) remember(ctx context.Context, tx *sqldb.Tx, in talkTable, copies []dispatch.Update) error {
	typed := slices.DeleteFunc(slices.Clone(copies), func(u dispatch.Update) bool { return gsma.Channel(u.Channel).Rich() })
	if len(typed) == 0 {
		return nil
	}
	ids := make([]string, len(typed))
	for i, u := range typed {
		ids[i] = u.Message
	}
	slices.Sort(ids)
	with, err := answerable(ctx, tx, slices.Compact(ids))
	if err != nil {
		return err
	}
	last := map[string]talk{}
	for _, u := range typed {
		id := conversation(s.Key, u.Chatbot, u.Tenure)
		if old, there := last[id]; with[u.Message] && (!there || !u.At.Before(old.at)) {
			last[id] = talk{id: id, chatbot: u.Chatbot, tenure: u.Tenure, message: u.Message, delivery: u.Delivery, at: u.At}
		}
	}
	return keepTalks(ctx, tx, in, sorted(last))
}

// sorted are conversations in the order in which rows are locked.
func sorted(talks map[string]talk) []talk {
	list := make([]talk, 0, len(talks))
	for _, t := range talks {
		list = append(list, t)
	}
	slices.SortFunc(list, func(a, b talk) int { return cmp.Compare(a.id, b.id) })
	return list
}
