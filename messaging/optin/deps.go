package optin

import (
	"context"
	"log/slog"
	"time"

	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Holders says who holds numbers (the operations renumber.holders and renumber.live). It takes pages of renumber.MaxPage.
type Holders interface {
	// Holders returns the tenures of numbers, now or at an instant. Errors: KindInvalid with renumber.ReasonOutOfWindow for an
	// instant that the record does not answer for; KindUnavailable.
	Holders(ctx context.Context, req renumber.HoldersReq) (renumber.HoldersRes, error)
	// Live returns those of the tenures that are current. Error: KindUnavailable.
	Live(ctx context.Context, req renumber.LiveReq) (renumber.HoldersRes, error)
}

// Chatbots knows the chatbots and whose they are.
type Chatbots interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
	// Named returns the id of the chatbot with an id or a service id (sip:…). Errors: KindNotFound, KindUnavailable.
	Named(ctx context.Context, name string) (chatbot string, err error)
}

// Events takes what others act on (outbox.Outbox).
type Events interface {
	// AppendAll records events in the transaction of the change.
	AppendAll(ctx context.Context, tx *sqldb.Tx, events ...outbox.Event) error
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Holders  Holders
	Chatbots Chatbots
	Outbox   Events
	Log      *slog.Logger // nil: the default one
	Now      func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// NumberKey keys the hashes of numbers: 32 octets or more, the same for good.
	NumberKey []byte
	// RenewalsPerDay is how many renewed opt-ins a chatbot may state on one day (UTC); 0: 100.
	RenewalsPerDay int64
	// ChangesPerDay is of how many numbers a chatbot may be told on one day (UTC) that the recipient changed; 0: 1000.
	ChangesPerDay int64
	// Keep is how long what shows a permission is kept after its tenure has ended, and a change after another took its place; 0: 3 years.
	Keep time.Duration
}
