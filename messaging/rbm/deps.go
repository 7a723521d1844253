package rbm

import (
	"context"
	"embed"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrations returns the package's tables.
func Migrations() sqldb.Migrations {
	return sqldb.Migrations{Module: "messaging_rbm", FS: migrations}
}

// Messages sends, and knows what became of it (messaging.Service).
type Messages interface {
	Send(ctx context.Context, req messaging.SendReq) (messaging.Sent, error)
	// ByKey returns the message that was sent under a key.
	ByKey(ctx context.Context, chatbot, key string) (id string, found bool, err error)
	// KeysOf returns what messages were sent under, by message; one without a key is not among them.
	KeysOf(ctx context.Context, ids []string) (map[string]string, error)
	// Original returns what a message was accepted with.
	Original(ctx context.Context, id string) (messaging.Original, bool, error)
	// Revoke asks a client's message back.
	Revoke(ctx context.Context, client, id string, deliveries []string) (open int, err error)
	// Reach says whom a chatbot may write to and a channel reaches.
	Reach(ctx context.Context, chatbot string, class dispatch.Class, channel gsma.Channel, numbers []simtrust.Number) ([]bool, error)
	// KeepFile keeps a chatbot's file.
	KeepFile(ctx context.Context, chatbot, contentType string, data []byte) (gsma.FileInfo, error)
	// KeptFiles returns those of a chatbot's files that URLs name.
	KeptFiles(ctx context.Context, chatbot string, urls []string) (map[string]gsma.FileInfo, error)
}

// People are the persons behind deliveries and conversations; always as of now, so that who gave a number up is told of to nobody.
type People interface {
	// Number returns the number that the person of a delivery has now; zero: none, or there is no such delivery.
	Number(ctx context.Context, delivery string) (simtrust.Number, error)
	// Talker returns the number that the person of a chatbot's conversation has now; zero: none.
	Talker(ctx context.Context, chatbot, conversation string) (simtrust.Number, error)
}

// Agents are the chatbots.
type Agents interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
	// Known refuses what is no chatbot: KindNotFound.
	Known(ctx context.Context, chatbot string) error
	// Sole returns a client's only chatbot; empty where it has none or several.
	Sole(ctx context.Context, client string) (chatbot string, err error)
	// Degrades reports whether text messages may take the place of a chatbot's rich ones. Error: KindDenied for one that may not send now.
	Degrades(ctx context.Context, chatbot string) (bool, error)
}

// Deps is what the face stands on.
type Deps struct {
	DB       *sqldb.DB
	Messages Messages
	People   People
	Agents   Agents
	// Out reaches the URLs that agents name (egress); it follows no redirect.
	Out *http.Client
	Log *slog.Logger
	Now func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Issuer is the server's URL.
	Issuer string
	// Key keys client tokens: 32 octets or more, the same for good.
	Key []byte
}

// Service is the face. Its methods are safe for concurrent use.
type Service struct {
	Deps
	Config
}

// New returns the face over a migrated store.
func New(d Deps, c Config) *Service { return &Service{d, c} }
