package csp

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/sender"
)

// Messages sends for chatbots (messaging.Service). Errors are its own.
type Messages interface {
	Send(ctx context.Context, req messaging.SendReq) (messaging.Sent, error)
	// Revoke asks deliveries of a client's message back and returns how many were open.
	Revoke(ctx context.Context, client, message string, deliveries []string) (open int, err error)
	// ByKey returns the message under a key, KeyOf the key of a message.
	ByKey(ctx context.Context, chatbot, key string) (message string, found bool, err error)
	KeyOf(ctx context.Context, message string) (key string, found bool, err error)
}

// Talks knows who is in a conversation (messaging.Service).
type Talks interface {
	// Talker returns a tenure; empty where the chatbot has no such conversation.
	Talker(ctx context.Context, chatbot, conversation string) (simtrust.TenureID, error)
}

// Files keeps what chatbots upload (messaging.Service).
type Files interface {
	KeepFile(ctx context.Context, chatbot, contentType string, data []byte) (gsma.FileInfo, error)
}

// Chatbots are senders and how they present themselves (sender.Service). Errors are its own.
type Chatbots interface {
	Owned(ctx context.Context, client, chatbot string) error
	Chatbot(ctx context.Context, chatbot string) (sender.Chatbot, error)
	// SetProfile proposes a profile, which somebody reviews; SetMenu replaces the menu.
	SetProfile(ctx context.Context, chatbot string, p sender.Profile, by string) (sender.Chatbot, error)
	SetMenu(ctx context.Context, chatbot string, m gsma.Menu, by string) (sender.Chatbot, error)
}

// Deliveries know where messages stand (dispatch.Service).
type Deliveries interface {
	Status(ctx context.Context, deliveries ...string) ([]dispatch.Status, error)
	// To returns the delivery of a message to a tenure.
	To(ctx context.Context, message string, tenure simtrust.TenureID) (st dispatch.Status, found bool, err error)
}

// People are who holds numbers now. Error: KindUnavailable.
type People interface {
	// Holder is empty where nobody holds a number, Number zero where a tenure has none any more.
	Holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error)
	Number(ctx context.Context, tenure simtrust.TenureID) (simtrust.Number, error)
}

// Log takes what chatbots' people are told (events.Service).
type Log interface {
	Publish(ctx context.Context, tx *sqldb.Tx, list ...events.Event) error
}

// Deps is what the face stands on.
type Deps struct {
	DB         *sqldb.DB
	Messages   Messages
	Talks      Talks
	Files      Files
	Chatbots   Chatbots
	Deliveries Deliveries
	People     People
	Events     Log
	// Out reaches the URLs that chatbots name (egress); it follows no redirect.
	Out *http.Client
	Log *slog.Logger
	Now func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Root is the server root that chatbots are told, without a slash at its end.
	Root string
	// Key makes the tokens that sign callbacks: 32 octets or more, the same for good.
	Key []byte
	// Zone is where days begin.
	Zone *time.Location
}
