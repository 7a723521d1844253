package gateway

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/simshield/ota"
)

// Cause is why a packet ended.
type Cause string

// The ends of packets.
const (
	Answered  Cause = "answered"  // the card answered
	Withdrawn Cause = "withdrawn" // by the one who asked
	Expired   Cause = "expired"   // no answer in time
	Absent    Cause = "absent"    // the phone cannot be reached
	Refused   Cause = "refused"   // the card refused the packet, with an authentic status
	Unsent    Cause = "unsent"    // the card's counters are used up, its keys do not open, or the bearer refuses the message for good
)

// Reply is a card's answer, authentic and matched.
type Reply struct {
	Packet, Ref, ICCID string
	TAR                ota.TAR
	Counter            ota.Counter
	Status             ota.Status // OK
	Data               []byte
	// Command and Response are the packets as they were sent and received.
	Command, Response []byte
}

// Failure is the end of a packet without an answer.
type Failure struct {
	Packet, Ref, ICCID string
	TAR                ota.TAR
	Cause              Cause
}

// Handler is the one who asked. Each method settles the packet (Service.Settle) in the transaction of its own change; an error means
// that nothing was settled, and the method is called again. It may be called more than once for the same packet.
type Handler interface {
	Replied(ctx context.Context, r Reply) error
	Failed(ctx context.Context, f Failure) error
}

// Deps is what the package stands on.
type Deps struct {
	DB      *sqldb.DB
	Bearer  Bearer
	Log     *slog.Logger
	Metrics prometheus.Registerer
	Now     func() time.Time
}

// Config is what the operator sets.
type Config struct {
	// CardKey seals the keys of cards: 256 bits, the same for the life of the installation.
	CardKey []byte
	// Gap is how far a counter jumps after a restore; 0: 1,000.
	Gap uint32
	// Retry is how long an answer may take before the packet is sent again, with the next counter; 0: 30 s. The applet shows it again
	// only if it was not answered. A card that polls and has not come for a packet by then is absent,
	// but not before this node has run for as long.
	Retry time.Duration
}

// Service is the platform. Its methods are safe for concurrent use.
type Service struct {
	db       *sqldb.DB
	bearer   Bearer
	handler  Handler
	log      *slog.Logger
	now      func() time.Time
	metrics  *metrics
	custody  custody
	nobody   cardRow
	gap      uint32
	retry    time.Duration
	wake     chan struct{}
	begun    func() time.Time // when this node first looked for packets
	outcomes *sqldb.Coalescer[outcome, bool]
	cards    *sqldb.Coalescer[string, *cardRow]
	origins  *sqldb.Coalescer[sentAs, *sending]
	polled   *sqldb.Coalescer[string, *[]byte]
}

// New returns the platform over its dependencies; Close releases it. Handle says who asks, before Run.
func New(d Deps, c Config) (*Service, error) {
	keys, err := newCustody(c.CardKey)
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, err
	}
	g := &Service{db: d.DB, bearer: d.Bearer, log: d.Log, now: d.Now, metrics: m, custody: keys, nobody: newNobody(keys), gap: c.Gap, retry: c.Retry,
		wake: make(chan struct{}, 1), begun: sync.OnceValue(d.Now)}
	if g.gap == 0 {
		g.gap = 1000
	}
	if g.retry == 0 {
		g.retry = 30 * time.Second
	}
	g.outcomes = sqldb.NewCoalescer(d.DB, "gateway.outcome", g.record, sqldb.WithOneBatch())
	g.cards = sqldb.NewReadCoalescer(d.DB, "gateway.cards", readCards)
	g.origins = sqldb.NewReadCoalescer(d.DB, "gateway.origins", readOrigins)
	g.polled = sqldb.NewReadCoalescer(d.DB, "gateway.polled", g.readPolled)
	return g, nil
}

// Handle names the one who asks and is answered.
func (g *Service) Handle(h Handler) { g.handler = h }

// Close stops what runs in the background of Service's methods.
func (g *Service) Close() {
	g.outcomes.Close()
	g.cards.Close()
	g.origins.Close()
	g.polled.Close()
}

// Submission is something to be said to an applet.
type Submission struct {
	ICCID string
	TAR   ota.TAR
	Data  []byte
	// Expires ends it. Until then it is repeated.
	Expires time.Time
	// Ref is the asker's own name for it.
	Ref string
}

// Submit queues within the caller's transaction; sending begins when that commits. ReasonUnknownCard where one of the cards is not
// known: nothing is queued then.
func (g *Service) Submit(ctx context.Context, tx *sqldb.Tx, list ...Submission) error {
	if err := knowCards(ctx, tx, list); err != nil {
		return err
	}
	rows := make([]packetRow, len(list))
	for i, s := range list {
		rows[i] = packetRow{id: simtrust.NewID("ota"), iccid: s.ICCID, tar: s.TAR[:], ref: s.Ref, data: append([]byte{}, s.Data...), expires: s.Expires.UnixMilli()}
	}
	tx.OnCommit(g.rouse)
	return insertPackets(ctx, tx, rows, g.now())
}

// Withdraw ends what was submitted under the references, and returns those of which nothing has left. Of the others the card may have
// a packet already; an answer to it changes nothing any more.
func (g *Service) Withdraw(ctx context.Context, tx *sqldb.Tx, refs ...string) (unsent []string, err error) {
	tx.OnCommit(g.rouse)
	return withdraw(ctx, tx, refs)
}

// Settle ends packets and returns those of them that had not ended before: the caller's change for the others is void.
func (g *Service) Settle(ctx context.Context, tx *sqldb.Tx, cause Cause, packets ...string) ([]string, error) {
	tx.OnCommit(g.rouse)
	return finish(ctx, tx, packets, cause)
}

// rouse has Run look for packets at once: there are new ones, or a card is free.
func (g *Service) rouse() {
	select {
	case g.wake <- struct{}{}:
	default:
	}
}
