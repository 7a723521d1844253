package sandbox

import (
	"time"

	"simtrust/internal/smpp"
	"simtrust/internal/sms"
)

// message is one that a gateway took, or that a person wrote.
type message struct {
	ID      string `json:"id"`  // that of the inbox, never given twice
	Key     string `json:"key"` // the gateway's
	Tenure  string `json:"tenure"`
	Number  string `json:"number"`
	Channel string `json:"channel"` // rcs, enhanced, card-sms or sms
	// Sender is the chatbot's service id, or the source address of a text message; of what a person wrote it is who it went to.
	Sender string `json:"sender"`
	Name   string `json:"name,omitempty"`
	// Reference is the same on copies of which a phone shows one.
	Reference   string    `json:"reference,omitempty"`
	ContentType string    `json:"content_type"`
	Body        string    `json:"body"`
	Statement   string    `json:"statement,omitempty"`
	Salt        string    `json:"salt,omitempty"`
	Taken       time.Time `json:"taken"`
	Expires     time.Time `json:"expires,omitzero"`
	Own         bool      `json:"own,omitempty"` // written by the person
	SMS         *smsFacts `json:"sms,omitempty"`
	fate

	told    string    // the state that the gateway's client knows
	arrived time.Time // when the phone got it
}

// smsFacts is what the service centre knows of a text message.
type smsFacts struct {
	System      string          `json:"system"` // whose it is
	Source      sms.Address     `json:"source"`
	Destination sms.Address     `json:"destination"`
	Registered  smpp.Registered `json:"registered"`
	Part        *smsPart        `json:"part,omitempty"`
}

// smsPart is the place of a segment in a long message.
type smsPart struct {
	Reference uint16 `json:"reference"`
	Total     int    `json:"total"`
	Number    int    `json:"number"`
}

// asked reports whether the client wants a receipt of a state.
func (f *smsFacts) asked(state string) bool {
	got := state == mailDelivered || state == mailDisplayed
	return f.Registered&smpp.RegisteredFinal != 0 || f.Registered&smpp.RegisteredFailure != 0 && !got
}

// fate is what has become of a message.
type fate struct {
	State    string    `json:"state"`
	At       time.Time `json:"at"`
	Verified bool      `json:"verified,omitempty"`
}

// States of a message, in the words of the RCS gateway.
const (
	mailAccepted  = "accepted"
	mailDelivered = "delivered"
	mailDisplayed = "displayed"
	mailFailed    = "failed"
	mailExpired   = "expired"
	mailRevoked   = "revoked"
	mailSent      = "sent" // by the person
)

// news reports whether the gateway's client is to be told of the state: of a text message only how it ended, and only if it asked.
func (msg *message) news() bool {
	switch {
	case msg.Own:
		return false
	case msg.SMS != nil:
		return msg.told == "" && msg.SMS.asked(msg.State)
	default:
		return msg.told != msg.State
	}
}
