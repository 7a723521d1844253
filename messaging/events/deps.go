package events

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/sqldb"
)

// Chatbots knows whose a chatbot is.
type Chatbots interface {
	// Owned refuses a client that is not the chatbot's: KindDenied, the same for a chatbot that there is not; KindUnavailable.
	Owned(ctx context.Context, client, chatbot string) error
}

// Signer signs what webhooks get (keys.Ring).
type Signer interface {
	// SignJWT signs with the active key; typ is the header's media type.
	SignJWT(typ string, claims jwt.Claims) (string, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Chatbots Chatbots
	Signer   Signer
	// Out reaches the URLs that chatbots name (egress); it follows no redirect.
	Out *http.Client
	Log *slog.Logger
	Now func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Issuer is the server's URL, iss of signatures.
	Issuer string
	// Plain allows webhooks of http: for a sandbox.
	Plain bool
}
