package simshield

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/waiters"
)

// Service is the module. Its methods are safe for concurrent use.
type Service struct {
	db        *sqldb.DB
	holders   Holders
	authority Authority
	parties   Parties
	gateway   Gateway
	evidence  Evidence
	outbox    Events
	log       *slog.Logger
	now       func() time.Time
	metrics   *metrics

	audience string
	policy   Policy
	life     time.Duration
	prompts  Prompts
	person   []byte

	clients  keys.Clients
	waiting  waiters.Waiters[Transaction]
	openings *sqldb.Coalescer[*opening, Transaction]
	ends     *sqldb.Coalescer[end, *Transaction]
	pending  *sqldb.Coalescer[string, pending]
	states   *sqldb.Coalescer[string, *Transaction]
	active   *sqldb.Coalescer[slot, *Key]
}

// New returns the module over its dependencies; Close releases it.
func New(d Deps, c Config) (*Service, error) {
	if c.Policy.Zone == nil || c.Audience == "" {
		return nil, errors.New("simshield: the policy's time zone and the audience of requests are missing")
	}
	if len(c.PersonKey) < 32 {
		return nil, errors.New("simshield: a key for national identity numbers of 32 octets or more is missing")
	}
	m, err := newMetrics(d.Metrics)
	if err != nil {
		return nil, err
	}
	s := &Service{
		db: d.DB, holders: d.Holders, authority: d.Authority, parties: d.Parties, gateway: d.Gateway, evidence: d.Evidence, outbox: d.Outbox,
		log: d.Log, now: d.Now, metrics: m, audience: c.Audience, policy: c.Policy, life: c.Life, prompts: c.Prompts.orDefault(),
		person: c.PersonKey,
	}
	if s.life == 0 {
		s.life = 2 * time.Minute
	}
	s.openings = sqldb.NewCoalescer(d.DB, "simshield.open", s.open, sqldb.WithOneBatch())
	s.ends = sqldb.NewCoalescer(d.DB, "simshield.end", s.finish, sqldb.WithOneBatch())
	s.pending = sqldb.NewReadCoalescer(d.DB, "simshield.pending", readPending)
	s.active = sqldb.NewReadCoalescer(d.DB, "simshield.active", readActiveKeys)
	s.states = sqldb.NewReadCoalescer(d.DB, "simshield.states", readTransactions)
	return s, nil
}

// Close stops what runs behind the methods.
func (s *Service) Close() {
	s.openings.Close()
	s.ends.Close()
	s.pending.Close()
	s.states.Close()
	s.active.Close()
}

// party returns the one who asks, if it may.
func (s *Service) party(ctx context.Context, id string) (Party, error) {
	p, err := s.parties.Party(ctx, id)
	if err != nil {
		return Party{}, err
	}
	if p.Suspended {
		return Party{}, &simtrust.Error{Kind: simtrust.KindDenied, Reason: ReasonPartySuspended, Msg: "the application is suspended"}
	}
	return p, nil
}
