package acme

import (
	"context"
	"log/slog"
	"time"

	"simtrust/ca"
	"simtrust/internal/egress"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// Authority is what issues (ca.Service).
type Authority interface {
	// Profile returns a profile by name.
	Profile(name string) (*ca.Profile, bool)
	// Hierarchy is what it issues from now, and issued from, by which certificates are found.
	Hierarchy() *ca.Hierarchy
	// Issue issues what was authorised here, once per request key. Errors: those of ca.Service; KindUnavailable and
	// KindConflict with ca.ReasonInProgress: asked again, it answers.
	Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error)
	// Certificate returns an issued certificate by its id. Errors: KindNotFound.
	Certificate(ctx context.Context, id string) (ca.Certificate, error)
	// Revoke revokes. Errors: KindConflict with ca.ReasonAlreadyRevoked or ca.ReasonExpired, KindInvalid with ca.ReasonRevocationReason.
	Revoke(ctx context.Context, req ca.RevokeReq) (ca.Certificate, error)
}

// Resolver looks up TXT records for dns-01 (net.Resolver). Several strings of one record come joined.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB        *sqldb.DB
	Authority Authority
	// Network reaches the names that are to be validated, Resolver their TXT records.
	Network  *egress.Network
	Resolver Resolver
	Log      *slog.Logger
	Now      func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// BaseURL is where clients reach the server: http or https, without a slash at the end.
	BaseURL string
	// Secret is what nonces and external account keys are derived from: at least 256 bits, the same on every node and for the life of
	// the installation.
	Secret []byte
	// HTTP01Port and TLSALPN01Port are where challenges are looked for; 0: 80 and 443.
	HTTP01Port, TLSALPN01Port int
	// Orders is how often an account may order, Accounts how often an external account may make accounts; zero: [DefaultOrders] and
	// [DefaultAccounts].
	Orders, Accounts rpc.Rate
	// Waiting bounds the challenges of one external account that are looked at, or wait for it; 0: 500. Names that never answer take
	// their places for the time of Validation each, and everybody waits behind them.
	Waiting int
	// Validation is how long a challenge is looked at; 0: ten seconds.
	Validation time.Duration
}

// The rates without others: what a busy operator does not meet, and a client in a loop does.
var (
	DefaultOrders   = rpc.Rate{PerSecond: 50, Burst: 2000}
	DefaultAccounts = rpc.Rate{PerSecond: 5, Burst: 500}
)

// Fixed times, as the package comment promises them.
const (
	nonceLife       = time.Hour
	orderLife       = 7 * 24 * time.Hour
	validationSlack = 2 * time.Second // longer than a validation is the lease after which another node takes up the challenge
	issuanceTime    = 8 * time.Second
	issuanceLease   = time.Second // after which another node asks for the certificate of an order
	workEvery       = 500 * time.Millisecond
	sweepEvery      = time.Minute
)

// maxValidations bounds the challenges looked at at once, defaultWaiting those of one external account that wait too, defaultValidation
// the time of each.
const (
	maxValidations    = 64
	defaultWaiting    = 500
	defaultValidation = 10 * time.Second
)
