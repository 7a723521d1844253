package messaging

import (
	"context"
	"maps"

	"simtrust"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
)

// ByKey returns the message that a chatbot's client sent under a key.
func (s *Service) ByKey(ctx context.Context, chatbot, key string) (id string, found bool, err error) {
	m, found, err := messageByKey(ctx, s.DB, chatbot, key)
	return m.id, found, err
}

// KeyOf returns what a message was sent under; empty for one without a key.
func (s *Service) KeyOf(ctx context.Context, id string) (key string, found bool, err error) {
	key, found, err = keyByID(ctx, s.DB, id)
	if key == id {
		key = ""
	}
	return key, found, err
}

// KeysOf returns what messages were sent under, by message; one without a key is not among them, and neither is one that there is not.
func (s *Service) KeysOf(ctx context.Context, ids []string) (map[string]string, error) {
	keys, err := keysByID(ctx, s.DB, ids)
	maps.DeleteFunc(keys, func(id, key string) bool { return key == id })
	return keys, err
}

// Reach says which of those numbers a chatbot may write to, in messages of a class, whom a channel reaches now. One that it may not write to
// is not told from one that the channel does not reach. Error: KindUnavailable.
func (s *Service) Reach(ctx context.Context, chatbot string, class dispatch.Class, channel gsma.Channel, numbers []simtrust.Number) ([]bool, error) {
	found, err := s.Recipients.Recipients(ctx, optin.Question{Chatbot: chatbot, Class: optin.Class(class)}, numbers)
	if err != nil {
		return nil, err
	}
	var to []dispatch.Recipient
	var places []int
	for i, r := range found {
		if r.Err == nil {
			to, places = append(to, dispatch.Recipient{Tenure: r.Tenure, Number: r.Number, Chatbot: chatbot}), append(places, i)
		}
	}
	reached, err := s.Distribution.Reach(ctx, dispatch.Channel(channel), to)
	out := make([]bool, len(numbers))
	for k, yes := range reached {
		out[places[k]] = yes
	}
	return out, err
}
