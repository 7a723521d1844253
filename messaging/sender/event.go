package sender

import "time"

// StateChanged says that a chatbot was suspended, or taken back into use. In the outbox it is ordered per chatbot.
type StateChanged struct {
	Chatbot string    `json:"chatbot"`
	State   State     `json:"state"`
	Cause   string    `json:"cause,omitempty"` // of a suspension
	At      time.Time `json:"at"`
}

// ProfileApproved says that a reviewer put a chatbot's profile in force: that of a draft, or the one that it proposed. In the outbox it is
// ordered with StateChanged.
type ProfileApproved struct {
	Chatbot string    `json:"chatbot"`
	At      time.Time `json:"at"`
}
