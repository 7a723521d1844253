package events

import "context"

// Form is how the webhooks of one kind are checked and called.
type Form interface {
	// Check asks the receiver at a URL whether it wants a chatbot's events. Error: KindInvalid with [ReasonUnchecked].
	Check(ctx context.Context, chatbot, url string) error
	// Bring sends events in their order and returns the number of the last that needs no more bringing; 0: not one. With an error what
	// follows comes again later. It has until ctx ends, less than a minute.
	Bring(ctx context.Context, w Webhook, list []Entry) (acked int64, err error)
}

// Speak has webhooks of a kind called in a form of their own, before the service is used.
func (s *Service) Speak(kind Kind, f Form) { s.forms[kind] = f }
