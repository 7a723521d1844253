package mobileid

import (
	"context"
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
	Wait(ctx context.Context, party, id string, while time.Duration) (simshield.Transaction, error)
	Signer(ctx context.Context, party, id string) (simshield.Key, error)
}

// Parties knows relying parties (access.Door).
type Parties interface {
	// Authenticate returns the application that a relyingPartyName and relyingPartyUUID stand for, called from an address. The errors are
	// of kind unauthenticated and unavailable.
	Authenticate(ctx context.Context, name, uuid string, from netip.Addr) (application string, err error)
	// Admits says whether an application may call from an address. The errors are of kind unauthenticated and unavailable.
	Admits(ctx context.Context, application string, from netip.Addr) error
}

// Deps is what the package stands on.
type Deps struct {
	DB      *sqldb.DB
	Shield  Shield
	Parties Parties
	// Client is the address that a request comes from, which proxies may have passed on.
	Client func(r *http.Request) (netip.AddrPort, error)
	Now    func() time.Time
}
