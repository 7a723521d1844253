package authn

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// Tenures knows who holds a number.
type Tenures interface {
	// Current returns the holding of n as recorded now. KindNotFound if nobody holds it or it is not ours; KindUnavailable.
	Current(ctx context.Context, n simtrust.Number) (renumber.Holding, error)
	// Live returns the holdings of those ids that are current as recorded; one that is missing is not current. KindUnavailable.
	Live(ctx context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error)
}

// Devices learns of phones.
type Devices interface {
	// ObserveDevice says that the tenure's primary SIM was seen in the phone at that instant. It is idempotent, and an
	// observation older than what is known is no error. KindUnavailable if it was not recorded.
	ObserveDevice(ctx context.Context, id simtrust.TenureID, imei string, at time.Time) error
}

// Deps is what the service stands on.
type Deps struct {
	DB      *sqldb.DB
	Tenures Tenures
	Devices Devices
	Now     func() time.Time
	Log     *slog.Logger
	Metrics prometheus.Registerer
}
