package rbm

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
)

// happened are the states that the standard has an event for. It knows of no message that failed before its time: what it means to an agent
// is that of one that expired, which is not there any more and may go another way. A state that nobody knows is one where a copy may still
// arrive.
var happened = map[dispatch.State]EventType{
	dispatch.StateDelivered: Delivered, dispatch.StateDisplayed: Read,
	dispatch.StateExpired: Expired, dispatch.StateFailed: Expired, dispatch.StateUnknown: ExpiredDoubt,
}

// keys are what the messages were sent under that events tell of.
func (s *Service) keys(ctx context.Context, list []events.Entry) (map[string]string, error) {
	asked := map[string]bool{}
	for _, entry := range list {
		state, ok := strings.CutPrefix(entry.Type, messaging.EventDelivery)
		if !ok || happened[dispatch.State(state)] == "" {
			continue
		}
		var d messaging.DeliveryEvent
		if err := json.Unmarshal(entry.Data, &d); err != nil {
			return nil, err
		}
		asked[d.Message] = true
	}
	if len(asked) == 0 {
		return nil, nil
	}
	return s.Messages.KeysOf(ctx, slices.Sorted(maps.Keys(asked)))
}

// told is an event of the log in this form; ok is false where there is none, or nobody whom it could be about any more. Messages are known by
// their keys.
func (s *Service) told(ctx context.Context, chatbot string, entry events.Entry, keys map[string]string) (e Event, ok bool, err error) {
	var person simtrust.Number
	switch {
	case strings.HasPrefix(entry.Type, messaging.EventDelivery):
		e, person, err = s.ofDelivery(ctx, entry, keys)
	case entry.Type == messaging.EventReply:
		e, person, err = s.ofReply(ctx, chatbot, entry)
	case entry.Type == messaging.EventRefused:
		e.EventType = Unsubscribe
		person, err = s.ofPermission(ctx, chatbot, entry)
	case entry.Type == messaging.EventStarted:
		e.EventType = Subscribe
		person, err = s.ofPermission(ctx, chatbot, entry)
	}
	if err != nil || person.IsZero() {
		return Event{}, false, err
	}
	e.AgentID, e.SendTime = chatbot, entry.At.UTC()
	if e.EventType == Expired || e.EventType == ExpiredDoubt {
		e.PhoneNumber = person.E164()
	} else {
		e.SenderPhoneNumber = person.E164()
	}
	if e.EventType != "" {
		e.EventID = entry.ID
	}
	return e, true, nil
}

// ofDelivery tells of messages that came by this face.
func (s *Service) ofDelivery(ctx context.Context, entry events.Entry, keys map[string]string) (e Event, person simtrust.Number, err error) {
	var d messaging.DeliveryEvent
	if err := json.Unmarshal(entry.Data, &d); err != nil {
		return e, person, err
	}
	kind, ok := happened[d.State]
	if !ok {
		return e, person, nil
	}
	id, ours := strings.CutPrefix(keys[d.Message], keyPrefix)
	if !ours {
		return e, person, nil
	}
	person, err = s.People.Number(ctx, d.Delivery)
	return Event{EventType: kind, MessageID: id}, person, err
}

func (s *Service) ofReply(ctx context.Context, chatbot string, entry events.Entry) (e Event, person simtrust.Number, err error) {
	var r messaging.ReplyEvent
	if err := json.Unmarshal(entry.Data, &r); err != nil {
		return e, person, err
	}
	got := gsma.Received{Response: r.Response, SharedData: r.SharedData}
	if r.Content != nil {
		got.Content = *r.Content
	}
	e, ok := Told(got)
	if !ok {
		return e, person, nil
	}
	person, err = s.People.Talker(ctx, chatbot, r.Conversation)
	e.MessageID = s.inboundID(chatbot, person, entry.ID)
	return e, person, err
}

func (s *Service) ofPermission(ctx context.Context, chatbot string, entry events.Entry) (person simtrust.Number, err error) {
	var p messaging.PermissionEvent
	if err := json.Unmarshal(entry.Data, &p); err != nil {
		return person, err
	}
	return s.People.Talker(ctx, chatbot, p.Conversation)
}
