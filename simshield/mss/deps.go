package mss

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield"
)

// Shield is what asks cards (simshield.Service). The errors are its own.
type Shield interface {
	Key(ctx context.Context, req simshield.KeyReq) (simshield.Key, error)
	SignHash(ctx context.Context, req simshield.HashReq) (simshield.Transaction, error)
	Transaction(ctx context.Context, party, id string) (simshield.Transaction, error)
	Wait(ctx context.Context, party, id string, while time.Duration) (simshield.Transaction, error)
	Signer(ctx context.Context, party, id string) (simshield.Key, error)
}

// Parties knows application providers (access.Door).
type Parties interface {
	// Authenticate returns the application that an AP_ID and AP_PWD stand for, called from an address. The errors are of kind
	// unauthenticated and unavailable.
	Authenticate(ctx context.Context, id, password string, from netip.Addr) (application string, err error)
}

// Deps is what the package stands on.
type Deps struct {
	DB      *sqldb.DB
	Shield  Shield
	Parties Parties
	// Client is the address that a request comes from, which proxies may have passed on.
	Client func(r *http.Request) (netip.AddrPort, error)
	// Callbacks reaches AP_URLs (egress).
	Callbacks *http.Client
	Log       *slog.Logger
	Now       func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// ID is the MSSP_ID: a URI.
	ID string
	// Life is the longest time that a person has to answer, as simshield has it; 0: 2 minutes.
	Life time.Duration
	// PlainCallbacks allows AP_URLs of http: for a sandbox.
	PlainCallbacks bool
}
