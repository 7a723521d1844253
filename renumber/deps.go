package renumber

import (
	"context"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Deps is what the module stands on.
type Deps struct {
	DB     *sqldb.DB
	Outbox Events
	Now    func() time.Time
}

// Events takes what happened to a tenure, to be told once the transaction is committed. seq rises with every event of one tenure.
// An error undoes the transaction.
type Events interface {
	Append(ctx context.Context, tx *sqldb.Tx, tenure simtrust.TenureID, seq int64, event any) error
}

// Config is what the operator decides.
type Config struct {
	// Zone is where the operator's days begin and end; UTC when nil.
	Zone *time.Location
	// Covered is where the record begins: the past before it is not answered for. Zero: the record is complete.
	Covered time.Time
}
