package dispatch

import (
	"cmp"
	"context"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/sqldb"
)

// Service is the distribution system. Its methods are safe for concurrent use.
type Service struct {
	db         *sqldb.DB
	recipients Recipients
	listener   Listener
	log        *slog.Logger
	now        func() time.Time
	metrics    *metrics
	cfg        Config

	lanes   map[Channel]*lane
	order   []*lane // as they were named
	early   chan struct{}
	claims  *sqldb.Coalescer[claimReq, []row]
	changes *sqldb.Coalescer[[]fact, []bool]
}

// New returns the service over its dependencies; Close releases it. Carry names the bearers, before Run.
func New(d Deps, c Config) *Service {
	c.Lease = cmp.Or(c.Lease, 30*time.Second)
	c.Grace = cmp.Or(c.Grace, 5*time.Minute)
	c.Batch = cmp.Or(c.Batch, 256)
	c.Parallel = cmp.Or(c.Parallel, 4)
	c.Keep = cmp.Or(c.Keep, 30*24*time.Hour)
	s := &Service{
		db: d.DB, recipients: d.Recipients, listener: d.Listener, log: d.Log, now: d.Now, metrics: newMetrics(), cfg: c,
		lanes: map[Channel]*lane{}, early: make(chan struct{}, 1),
	}
	s.claims = sqldb.NewCoalescer(d.DB, "dispatch.claim", s.claim)
	s.changes = sqldb.NewCoalescer(d.DB, "dispatch.change", s.change, sqldb.WithMaxBatch(16))
	return s
}

// Carry has a bearer carry channels. The name is stable over restarts: references are kept under it. A channel that is carried twice
// panics.
func (s *Service) Carry(name string, b Bearer, channels ...Channel) {
	for _, c := range channels {
		if s.lanes[c] != nil {
			panic("dispatch: two bearers for the channel " + string(c))
		}
		l := newLane(s, name, b, c)
		s.lanes[c] = l
		s.order = append(s.order, l)
	}
}

// Close ends what runs in the background of Service's methods; Run has ended before.
func (s *Service) Close() {
	s.claims.Close()
	s.changes.Close()
}

// Accept queues a message to its recipients within the caller's transaction; sending begins when that commits. Once it has, every
// recipient's delivery comes to an end. [ReasonPlan] where the plan or the recipients are not right, among that a channel that nobody
// carries and a tenure that is named twice: nothing is queued then.
func (s *Service) Accept(ctx context.Context, tx *sqldb.Tx, plan Plan, to []Target) error {
	return s.AcceptAll(ctx, tx, Order{plan, to})
}

// Order is a message with its recipients.
type Order struct {
	Plan Plan
	To   []Target
}

// AcceptAll is Accept for several messages at once, in few statements. One that is not right, which Check tells before, has nothing of
// them queued.
func (s *Service) AcceptAll(ctx context.Context, tx *sqldb.Tx, orders ...Order) error {
	now := s.now()
	for _, o := range orders {
		if err := s.check(&o.Plan, o.To, now); err != nil {
			return err
		}
		tx.OnCommit(s.lanes[o.Plan.Steps[0].Channel].rouse)
	}
	if err := insertMessages(ctx, tx, orders); err != nil {
		return err
	}
	return insertDeliveries(ctx, tx, orders, now)
}

// Carries reports whether a bearer was named for a channel.
func (s *Service) Carries(c Channel) bool { return s.lanes[c] != nil }

// Check tells whether a message can be accepted now; the error is that of Accept.
func (s *Service) Check(o Order) error { return s.check(&o.Plan, o.To, s.now()) }

func (s *Service) check(plan *Plan, to []Target, now time.Time) error {
	if err := plan.check(now); err != nil {
		return err
	}
	for _, step := range plan.Steps {
		if !s.Carries(step.Channel) {
			return invalid("a step's channel: one that is carried")
		}
	}
	return checkTargets(to)
}

func checkTargets(to []Target) error {
	tenures := make(map[simtrust.TenureID]bool, len(to))
	for _, t := range to {
		switch {
		case t.Delivery == "" || len(t.Delivery) > maxName || t.Tenure == "" || len(t.Key) > maxName:
			return invalid("recipients: a delivery's id and a tenure each")
		case tenures[t.Tenure]:
			return invalid("recipients: each tenure once")
		}
		tenures[t.Tenure] = true
	}
	if len(to) == 0 {
		return invalid("recipients: at least one")
	}
	return nil
}

// Revoke asks deliveries of a message back within the caller's transaction, all of them where none is named, and returns how many were
// still open. Once it commits no further copy is made; where one is out its bearer is asked to take it back, and the end says whether
// that was in time. Repeating it changes nothing.
func (s *Service) Revoke(ctx context.Context, tx *sqldb.Tx, message string, deliveries ...string) (int, error) {
	for _, l := range s.order {
		tx.OnCommit(l.rouse)
	}
	return markRevoked(ctx, tx, message, deliveries, s.now())
}
