package sender

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// Authority knows certificates (ca.Client, or the operation ca.show under messaging's credential).
type Authority interface {
	// Certificate returns a certificate with its DER and its standing now. Errors: KindNotFound with ca.ReasonUnknownCertificate;
	// KindUnavailable.
	Certificate(ctx context.Context, id string) (ca.Certificate, error)
}

// Deliveries knows what reached whom.
type Deliveries interface {
	// Delivered reports whether a message was delivered to a tenure. Errors: KindUnavailable.
	Delivered(ctx context.Context, message string, tenure simtrust.TenureID) (bool, error)
}

// Outbox takes events (internal/outbox).
type Outbox interface {
	Append(ctx context.Context, tx *sqldb.Tx, key simtrust.TenureID, seq int64, event any) error
}

// Deps is what the package stands on.
type Deps struct {
	DB         *sqldb.DB
	Authority  Authority
	Deliveries Deliveries
	Outbox     Outbox
	Log        *slog.Logger
	Now        func() time.Time
}
