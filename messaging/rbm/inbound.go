package rbm

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"simtrust"
)

// inboundID names what a person sent: the event, and a MAC by which it is known again as theirs without being kept.
func (s *Service) inboundID(chatbot string, from simtrust.Number, event string) string {
	h := hmac.New(sha256.New, s.Key)
	_, _ = fmt.Fprintf(h, "inbound message %s %s %s", chatbot, from.E164(), event)
	return event + "." + base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
}

// sentBy reports whether an id names what the person with that number sent to an agent.
func (s *Service) sentBy(chatbot string, from simtrust.Number, id string) bool {
	event, _, _ := strings.Cut(id, ".")
	return hmac.Equal([]byte(id), []byte(s.inboundID(chatbot, from, event)))
}
