package esme

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sqldb"
	"simtrust/messaging/dispatch"
)

// Message is a text for one person.
type Message struct {
	Chatbot string
	Class   dispatch.Class
	To      simtrust.Number
	Text    string
	// RCS has it tried as a rich message first.
	RCS bool
	// Expires ends it; zero: as is usual for the class.
	Expires time.Time
}

// Sent is a message that was accepted.
type Sent struct {
	Message, Delivery string
	Expires           time.Time
}

// Event is something that a chatbot's people are told: what became of a delivery, or what a person said.
type Event struct {
	// Seq is its number in the chatbot's log, without gaps.
	Seq int64
	At  time.Time
	// Delivery and its state; both empty for a text.
	Delivery string
	State    dispatch.State
	// Conversation and Text; both empty for what is neither.
	Conversation, Text string
}

// Messages sends and knows what became of it (messaging.Service).
type Messages interface {
	// Send accepts a text. Errors: of kind unprocessable where the person may not be written to; invalid for a text that the channels do
	// not carry; denied where the chatbot may not send; limited with the quota at fault; unavailable.
	Send(ctx context.Context, m Message) (Sent, error)
	// Revoke asks a delivery back and reports whether it was still open.
	Revoke(ctx context.Context, chatbot, message, delivery string) (open bool, err error)
	// Status returns where a delivery stands. Error: not_found.
	Status(ctx context.Context, delivery string) (dispatch.Status, error)
	// Number returns the number that the person of a delivery has now; zero: none.
	Number(ctx context.Context, delivery string) (simtrust.Number, error)
	// Talker returns the number that the person of a chatbot's conversation has now; zero: none.
	Talker(ctx context.Context, chatbot, conversation string) (simtrust.Number, error)
}

// Events reads the logs of chatbots (events.Service).
type Events interface {
	// Head is the number of the last event; 0: there is none.
	Head(ctx context.Context, chatbot string) (int64, error)
	// After returns up to limit events that follow a number, in order.
	After(ctx context.Context, chatbot string, seq int64, limit int) ([]Event, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Messages Messages
	Events   Events
	// Known says whether there is a chatbot; the errors are of kind not_found and unavailable.
	Known func(ctx context.Context, chatbot string) error
	Log   *slog.Logger
	Now   func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// SystemID is the service centre's own name.
	SystemID string
	// Key keys the digests of passwords and numbers: 32 octets or more, the same for good.
	Key []byte
	// Look is how often events are looked for; 0: 500 ms. Young is how long an event waits for the message it is about, which is being
	// answered at the same time; 0: 2 s.
	Look, Young time.Duration
	// Server is how connections are taken; the zero value is good.
	Server smpp.ServerConfig
}
