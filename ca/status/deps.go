package status

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"simtrust/ca"
	"simtrust/internal/sqldb"
)

// Register is what ca knows (ca.Service). All its errors mean that it cannot tell now.
type Register interface {
	// Statuses answers for serial numbers of one issuer, in their order, from what was committed before the call.
	Statuses(ctx context.Context, issuer string, serials [][]byte) ([]ca.Status, error)
	// Shards lists the issuer's shards that have changed at least once, with their counters.
	Shards(ctx context.Context, issuer string) ([]ca.Shard, error)
	// Revocations returns the revocations of a shard whose certificates had not expired at since, and the shard's counter at that
	// moment.
	Revocations(ctx context.Context, issuer string, shard int, since time.Time) ([]ca.Revocation, int64, error)
	// Changes returns what changed in a shard after its counter stood at after, in the order of the changes.
	Changes(ctx context.Context, issuer string, shard int, after int64) ([]ca.Revocation, error)
}

// Deps is what the package stands on.
type Deps struct {
	DB       *sqldb.DB
	Register Register
	Log      *slog.Logger
	Now      func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// CRL is the address of a shard's list, as certificates carry it (ca.URLs).
	CRL func(issuer string, shard int) string
	// Shards is how many shards an issuer has at least (ca.Service.ShardCount). Others exist once something in them changed.
	Shards int
	// Validity is the time from a CRL's thisUpdate to its nextUpdate; 0: 24 h. It is published again after a quarter of it.
	Validity time.Duration
	// OtherLists serves the CRLs of who is no issuer here, a root for example, under the same addresses; nil: there are none.
	OtherLists http.Handler
	// Answers bounds the kept OCSP answers of one issuer, of about 1.5 KB each; 0: 32768.
	Answers int
	// Patience is how long an answer waits for the store; 0: two seconds.
	Patience time.Duration
}

// Fixed times, as doc.go promises them.
const (
	answerValidity = 10 * time.Minute       // from the check of an OCSP answer to its nextUpdate
	answerAge      = 5 * time.Minute        // after which an answer is checked and signed again
	renewEvery     = 30 * time.Second       // how often answers are looked through for old ones
	watchEvery     = 300 * time.Millisecond // how often the register is looked at for changes
	watchTrust     = time.Second            // how long a look is worth something
	publishEvery   = time.Second            // how often lists are looked through for due ones
	publishPause   = 2 * time.Second        // at least between two lists of a shard
	maxAge         = time.Minute            // how long HTTP caches keep an answer
)
