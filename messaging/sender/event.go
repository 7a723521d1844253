package sender

import "time"

// StateChanged says that a chatbot was suspended, or taken back into use. In the outbox it is ordered per chatbot.
type StateChanged struct {
	Chatbot string    `json:"chatbot"`
	State   State     `json:"state"`
	Cause   string    `json:"cause,omitempty"` // of a suspension
	At      time.Time `json:"at"`
}
