package messaging

import (
	"fmt"
	"log/slog"
	"time"

	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

// SendWire is a message to be sent, as it travels. Content is that of messaging/gsma; times are RFC 3339, durations seconds.
type SendWire struct {
	Chatbot  string        `json:"chatbot"`
	Key      string        `json:"key,omitempty"`
	To       []string      `json:"to"`
	Class    string        `json:"class,omitempty"`
	Content  gsma.Content  `json:"content,omitzero"`
	Template string        `json:"template,omitempty"`
	Values   []string      `json:"values,omitempty"`
	Channels []ChannelWire `json:"channels,omitempty"`
	Expires  time.Time     `json:"expires,omitzero"`
	HoldBack int64         `json:"hold_if_sim_changed_within,omitzero"`
	Language string        `json:"language,omitempty"`
	Logins   []LoginWire   `json:"logins,omitempty"`
}

// LoginWire has what opens the URL open it logged in, at the app of that client_id.
type LoginWire struct {
	App string `json:"client_id"`
	URL string `json:"url"`
}

// Format hides recipients and content under every verb.
func (w SendWire) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{%s to %d}", w.Chatbot, len(w.To))
}

// LogValue hides them in structured logs.
func (w SendWire) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(w)) }

// ChannelWire is one channel of a plan: rcs, enhanced, card-sms or sms. When is what it is taken after: absent (any end of the one before
// without delivery), failed or unreachable. After is how long it may go undelivered.
type ChannelWire struct {
	Channel string `json:"channel"`
	When    string `json:"when,omitempty"`
	After   int64  `json:"after,omitzero"`
}

// SentWire is the answer: recipients in the order of the request.
type SentWire struct {
	Message    string          `json:"message"`
	Expires    time.Time       `json:"expires"`
	Accepted   int             `json:"accepted"`
	Repeated   bool            `json:"repeated,omitzero"`
	Recipients []RecipientWire `json:"recipients"`
}

// RecipientWire is a delivery, or the reason why there is none.
type RecipientWire struct {
	Delivery string `json:"delivery,omitempty"`
	Reason   string `json:"reason,omitempty"`
}

// Wire is the answer as it travels.
func (s Sent) Wire() SentWire {
	out := SentWire{Message: s.Message, Expires: s.Expires, Repeated: s.Repeated, Recipients: make([]RecipientWire, len(s.Recipients))}
	for i, r := range s.Recipients {
		out.Recipients[i] = RecipientWire(r)
		if r.Delivery != "" {
			out.Accepted++
		}
	}
	return out
}

// StatusWire counts a message's deliveries by state.
type StatusWire struct {
	Message string                   `json:"message"`
	Chatbot string                   `json:"chatbot"`
	Class   string                   `json:"class"`
	Created time.Time                `json:"created"`
	Expires time.Time                `json:"expires"`
	Total   int                      `json:"total"`
	Refused int                      `json:"refused"`
	States  map[dispatch.State]int64 `json:"states"`
}

// DeliveryWire is where one delivery stands. Recipient is the place in the request, from 0.
type DeliveryWire struct {
	Delivery          string    `json:"delivery"`
	Recipient         int       `json:"recipient"`
	State             string    `json:"state"`
	Channel           string    `json:"channel,omitempty"`
	Reason            string    `json:"reason,omitempty"`
	Attempts          int       `json:"attempts"`
	PossibleDuplicate bool      `json:"possible_duplicate,omitzero"`
	Revoking          bool      `json:"revoking,omitzero"`
	Changed           time.Time `json:"changed"`
}

// DeliveriesWire is a page of deliveries; next is the from of the following one, absent after the last.
type DeliveriesWire struct {
	Deliveries []DeliveryWire `json:"deliveries"`
	Next       int            `json:"next,omitzero"`
}

type (
	messageWire struct {
		Message string `path:"message" json:"-"`
	}
	listWire struct {
		messageWire
		From  int `query:"from" json:"-"`
		Limit int `query:"limit" json:"-"`
	}
	revokeWire struct {
		messageWire
		Deliveries []string `json:"deliveries,omitempty"`
	}
	revokedWire struct {
		Open int `json:"open"`
	}
)
