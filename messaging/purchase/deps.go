package purchase

import (
	"context"
	"log/slog"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/events"
	"simtrust/simshield"
	"simtrust/simshield/request"
)

// Shield asks the SIM on behalf of the party that signed a request (simshield.Relay).
type Shield interface {
	// Check reads a request and asks nobody. Its errors are simshield's, of kind invalid, unauthenticated, denied and unavailable.
	Check(ctx context.Context, signed string) (request.Request, error)
	// Confirm asks the tenure that is meant, once for an order. Its errors are simshield's.
	Confirm(ctx context.Context, signed string, meant simtrust.TenureID) (simshield.Transaction, error)
	// Wait returns a transaction when it has ended, or as it stands after a while. Error: KindNotFound with simshield.ReasonUnknown.
	Wait(ctx context.Context, r simshield.Relayed, while time.Duration) (simshield.Transaction, error)
	// Cancel takes one back. Error: KindConflict with simshield.ReasonEnded.
	Cancel(ctx context.Context, r simshield.Relayed) (simshield.Transaction, error)
}

// Messages sends notices (messaging.Service).
type Messages interface {
	// Send accepts a message; the same key again answers the same.
	Send(ctx context.Context, req messaging.SendReq) (messaging.Sent, error)
}

// Chatbots knows whose a chatbot is.
type Chatbots interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
	// Known refuses a chatbot that there is not: KindNotFound; KindUnavailable.
	Known(ctx context.Context, chatbot string) error
	// Client returns whose it is; KindNotFound; KindUnavailable.
	Client(ctx context.Context, chatbot string) (string, error)
}

// Holders says who holds a number now.
type Holders interface {
	// Holder returns the tenure of a number; empty: nobody holds it. Error: KindUnavailable.
	Holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error)
	// Number returns the number of a tenure; zero: it has none any more. Error: KindUnavailable.
	Number(ctx context.Context, tenure simtrust.TenureID) (simtrust.Number, error)
	// SIMSince returns since when the SIM of a tenure serves; zero: the tenure is not current, or its line is barred. Error: KindUnavailable.
	SIMSince(ctx context.Context, tenure simtrust.TenureID) (time.Time, error)
}

// Log takes what chatbots' people are told (events.Service).
type Log interface {
	Publish(ctx context.Context, tx *sqldb.Tx, list ...events.Event) error
}

// Signer signs results (keys.Ring).
type Signer interface {
	// SignJWT signs with the active key; typ is the header's media type.
	SignJWT(typ string, claims jwt.Claims) (string, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Shield   Shield
	Messages Messages
	Chatbots Chatbots
	Holders  Holders
	Events   Log
	Signer   Signer
	Log      *slog.Logger
	Now      func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Issuer is the server's URL, iss of results.
	Issuer string
	// Zone is that of times on notices.
	Zone *time.Location
	// Key keys the answers on notices: 32 octets or more, the same on every node.
	Key []byte
	// SIMAbove is the amount by currency above which the SIM must confirm where the bank does not say. In a currency that is missing it
	// always must.
	SIMAbove map[string]string
}
