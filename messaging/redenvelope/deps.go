package redenvelope

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/renumber"
)

// Chatbots knows who sends (sender.Service).
type Chatbots interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
	// Client returns the client of a chatbot. Errors: KindNotFound for a chatbot that there is not; KindUnavailable.
	Client(ctx context.Context, chatbot string) (client string, err error)
}

// Holders are operations of renumber. Errors: KindUnavailable, and then nobody gets a share.
type Holders interface {
	// Live answers for tenures that are current, up to renumber.MaxPage.
	Live(ctx context.Context, req renumber.LiveReq) (renumber.HoldersRes, error)
	// Devices says of tenures how many numbers their telephones serve, up to renumber.MaxPage.
	Devices(ctx context.Context, req renumber.DevicesReq) (renumber.DevicesRes, error)
}

// Messages sends and knows messages (messaging.Service).
type Messages interface {
	Send(ctx context.Context, req messaging.SendReq) (messaging.Sent, error)
	// ByKey returns the message that a chatbot's client sent under a key.
	ByKey(ctx context.Context, chatbot, key string) (message string, found bool, err error)
	// Delivered reports whether a message is on the handset of a tenure.
	Delivered(ctx context.Context, message string, tenure simtrust.TenureID) (bool, error)
	// Conversation names a chatbot's talk with a tenure.
	Conversation(chatbot string, tenure simtrust.TenureID) string
}

// Fulfiller is the operator's system that pays what people got.
type Fulfiller interface {
	// Fulfil takes shares down for good, each once by its ID however often it comes, or returns an error: then all of them come again.
	Fulfil(ctx context.Context, list []Payment) error
}

// Deps is what the module stands on. Without a Fulfiller nobody is told; shares wait until there is one.
type Deps struct {
	DB        *sqldb.DB
	Chatbots  Chatbots
	Holders   Holders
	Messages  Messages
	Fulfiller Fulfiller
	Log       *slog.Logger
	Now       func() time.Time
}
