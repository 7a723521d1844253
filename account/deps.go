package account

import (
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Deps is what the module stands on.
type Deps struct {
	DB      *sqldb.DB
	Tenures Tenures
	Log     *slog.Logger
	Now     func() time.Time
}

// Tenures tells whether tenures are current.
type Tenures interface {
	// Live returns those of ids that are current as recorded; a missing one is not current. KindUnavailable: it cannot tell, and
	// the use must fail.
	Live(ctx context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error)
}
