package messaging

import (
	"context"

	"simtrust"
)

// Talker returns who a chatbot's conversation is with; empty where it has no such conversation.
func (s *Service) Talker(ctx context.Context, chatbot, conversation string) (simtrust.TenureID, error) {
	found, err := tenuresOf(ctx, s.DB, chatbot, []string{conversation})
	return found[conversation], err
}

// Conversation is the name of a chatbot's talk with a tenure, whether or not they have talked.
func (s *Service) Conversation(chatbot string, tenure simtrust.TenureID) string {
	return conversation(s.Key, chatbot, tenure)
}

// Words are what a person said, as a text: what they typed, or what stood on the button; empty for what is neither.
func (e ReplyEvent) Words() string {
	switch {
	case e.Typed != "":
		return e.Typed
	case e.Content != nil:
		return e.Content.Text
	case e.Response != nil && e.Response.Reply != nil:
		return e.Response.Reply.DisplayText
	case e.Response != nil && e.Response.Action != nil:
		return e.Response.Action.DisplayText
	}
	return ""
}
