package simshield

import (
	"context"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/csr"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
	"simtrust/simshield/gateway"
	"simtrust/simshield/receipt"
)

// Holders says who holds a number (renumber.Service).
type Holders interface {
	// Current returns the holding of a number now. The errors are of kind not_found and unavailable.
	Current(ctx context.Context, n simtrust.Number) (renumber.Holding, error)
	// Live returns those of the tenures that are current. The error is of kind unavailable.
	Live(ctx context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error)
}

// Authority certifies keys (ca.Service).
type Authority interface {
	// Check says whether Issue would refuse a request for what stands in it; its errors are ca's, of kind invalid.
	Check(req ca.IssueReq, kind csr.Algorithm) error
	// Issue issues a certificate; its errors are ca's.
	Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error)
	// Revoke revokes, holds or releases one; ca.ReasonAlreadyRevoked where that was done before.
	Revoke(ctx context.Context, req ca.RevokeReq) (ca.Certificate, error)
	// Statuses returns what is known of serial numbers of an issuer. The error is of kind unavailable.
	Statuses(ctx context.Context, issuer string, serials [][]byte) ([]ca.Status, error)
}

// Party is who asks for signatures: an application, in the words of the account module.
type Party struct {
	ID string
	// Name is the registered name. It is what the card shows.
	Name      string
	JWKS      []byte
	Suspended bool
	// Confirms: it was registered for ScopeConfirm. Who was not has no requests of its own, and none that others carry.
	Confirms bool
}

// Parties knows who may ask.
type Parties interface {
	// Party returns one; the errors are of kind not_found and unavailable.
	Party(ctx context.Context, id string) (Party, error)
}

// Gateway brings commands to cards (gateway.Service).
type Gateway interface {
	Submit(ctx context.Context, tx *sqldb.Tx, list ...gateway.Submission) error
	Withdraw(ctx context.Context, tx *sqldb.Tx, refs ...string) ([]string, error)
	Settle(ctx context.Context, tx *sqldb.Tx, cause gateway.Cause, packets ...string) ([]string, error)
}

// Evidence makes receipts of what was signed (receipt.Notary and the transparency log, joined by the wiring).
type Evidence interface {
	// Seal stamps a signature and asks for the certificate's status after that. The error is of kind unavailable where either cannot
	// be had, denied where the certificate does not stand.
	Seal(ctx context.Context, f receipt.Facts) ([]byte, error)
	// Include adds the proof that the transparency log has the evidence; it comes back as it is while there is none yet.
	Include(ctx context.Context, id string, evidence []byte) ([]byte, error)
}

// Events takes what others act on (outbox.Outbox).
type Events interface {
	// Append records an event in the transaction of the change.
	Append(ctx context.Context, tx *sqldb.Tx, key simtrust.TenureID, seq int64, event any) error
	// AppendAll records several.
	AppendAll(ctx context.Context, tx *sqldb.Tx, events ...outbox.Event) error
}

// Deps is what the module stands on.
type Deps struct {
	DB        *sqldb.DB
	Holders   Holders
	Authority Authority
	Parties   Parties
	Gateway   Gateway
	Evidence  Evidence
	Outbox    Events
	Log       *slog.Logger
	Metrics   prometheus.Registerer
	Now       func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// Audience is what a party's signed request must be for: the issuer's URL.
	Audience string
	// PersonKey keys what is kept of national identity numbers: 32 octets or more.
	PersonKey []byte
	// Policy bounds transfers.
	Policy Policy
	// Life is the longest time that a person has to answer; 0: 2 minutes.
	Life time.Duration
	// Prompts bound how often a card is asked.
	Prompts Prompts
}
