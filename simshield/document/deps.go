package document

import (
	"context"
	"log/slog"
	"time"

	"simtrust/internal/sqldb"
	"simtrust/simshield"
)

// Shield is what asks cards (simshield.Service). The errors are its own.
type Shield interface {
	Key(ctx context.Context, req simshield.KeyReq) (simshield.Key, error)
	SignHash(ctx context.Context, req simshield.HashReq) (simshield.Transaction, error)
	Transaction(ctx context.Context, party, id string) (simshield.Transaction, error)
	Cancel(ctx context.Context, party, id string) (simshield.Transaction, error)
	Wait(ctx context.Context, party, id string, while time.Duration) (simshield.Transaction, error)
	Signer(ctx context.Context, party, id string) (simshield.Key, error)
}

// Stamper is a time-stamping authority (tsa.Service).
type Stamper interface {
	// Stamp answers a TimeStampReq with a TimeStampResp, both DER (RFC 3161).
	Stamp(ctx context.Context, query []byte) []byte
}

// Deps is what the package stands on.
type Deps struct {
	DB      *sqldb.DB
	Shield  Shield
	Stamper Stamper
	// OrderKey keys the digests by which orders are known again: 32 octets or more.
	OrderKey []byte
	Log      *slog.Logger
	Now      func() time.Time
}
