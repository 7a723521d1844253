package rbm

import (
	"context"
	"math/rand/v2"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// features are what every client of the operator's gateway shows: RCC.07's schema has all of them.
var features = []Feature{RichCardStandalone, RichCardCarousel, ActionCreateEvent, ActionDial, ActionOpenURL, ActionShareLocation, ActionViewLocation,
	ActionOpenURLWebView, Revocation}

func (s *Service) capableWire(ctx context.Context, w capableWire) (Capabilities, error) {
	chatbot, n, err := s.about(ctx, w.Agent, w.Phone)
	if err != nil {
		return Capabilities{}, err
	}
	return Capabilities{features}, s.reaches(ctx, chatbot, dispatch.ClassService, gsma.RCS, n)
}

// eventWire takes word from an agent to a person it can reach. It is checked and acknowledged; telephones of this operator's gateway show
// neither who is typing nor what was read.
func (s *Service) eventWire(ctx context.Context, w eventWire) (AgentEvent, error) {
	chatbot, n, err := s.about(ctx, w.Agent, w.Phone)
	if err != nil {
		return AgentEvent{}, err
	}
	switch {
	case !validID(w.Event):
		return AgentEvent{}, argument("eventId: a UUID")
	case w.EventType != IsTyping && w.EventType != Read:
		return AgentEvent{}, argument("eventType: is none of IS_TYPING, READ")
	case (w.EventType == Read) != (w.MessageID != ""):
		return AgentEvent{}, argument("messageId: the message that was read, and only with READ")
	case w.EventType == Read && !s.sentBy(chatbot, n, w.MessageID):
		return AgentEvent{}, argument("messageId: no message of this user to this agent")
	}
	if err := s.reaches(ctx, chatbot, dispatch.ClassService, gsma.RCS, n); err != nil {
		return AgentEvent{}, err
	}
	return AgentEvent{Name: "phones/" + n.E164() + "/agentEvents/" + w.Event, EventType: w.EventType, MessageID: w.MessageID, SendTime: s.Now().UTC()}, nil
}

// A sample of those asked about is three quarters of them, where there are so many that it says something.
const (
	leastSampled   = 500
	sampledOfFours = 3
)

func (s *Service) batchWire(ctx context.Context, w batchWire) (Reachable, error) {
	numbers, err := s.asked(ctx, &w)
	if err != nil {
		return Reachable{}, err
	}
	reached, err := s.Messages.Reach(ctx, w.Agent, dispatch.ClassService, gsma.RCS, numbers)
	if err != nil {
		return Reachable{}, err
	}
	var out Reachable
	for i, yes := range reached {
		if yes {
			out.Users = append(out.Users, numbers[i].E164())
		}
	}
	if len(numbers) >= leastSampled {
		out.Sample = len(numbers) * sampledOfFours / 4
		for _, i := range rand.Perm(len(numbers))[:out.Sample] {
			if reached[i] {
				out.ReachableSample++
			}
		}
	}
	return out, nil
}

// asked are the numbers of a request, and puts its agent in the place of none.
func (s *Service) asked(ctx context.Context, w *batchWire) (numbers []simtrust.Number, err error) {
	if w.Agent == "" {
		w.Agent = w.AgentID
	}
	if w.AgentID != "" && w.AgentID != w.Agent {
		return nil, argument("agentId: two of them")
	}
	if w.Agent, err = s.agent(ctx, w.Agent); err != nil {
		return nil, err
	}
	if len(w.Users) == 0 || len(w.Users) > maxBatch {
		return nil, argument("users: 1 to 10,000 numbers")
	}
	seen := make(map[simtrust.Number]bool, len(w.Users))
	for _, u := range w.Users {
		n, err := simtrust.ParseNumber(u)
		if err != nil {
			return nil, argument("users: numbers in E.164 format")
		}
		if !seen[n] {
			seen[n], numbers = true, append(numbers, n)
		}
	}
	return numbers, nil
}
