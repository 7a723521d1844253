package acme

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"simtrust/internal/egress"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// Service is the ACME server. Its methods are safe for concurrent use.
type Service struct {
	db             *sqldb.DB
	authority      Authority
	network        *egress.Network
	resolver       Resolver
	log            *slog.Logger
	now            func() time.Time
	config         Config
	externalSecret []byte
	nonces         *nonces
	orders         *rpc.Pace
	accounts       *rpc.Pace

	life   context.Context // ends with Close; what is under way then stays processing
	end    context.CancelFunc
	flying sync.WaitGroup
	places chan struct{} // taken while a challenge is looked at
}

// New returns the server over its dependencies; Close releases it.
func New(d Deps, c Config) (*Service, error) {
	if c.BaseURL == "" || len(c.Secret) < 32 {
		return nil, errors.New("acme: a base URL and a secret of 256 bits are needed")
	}
	if c.HTTP01Port == 0 {
		c.HTTP01Port = 80
	}
	if c.TLSALPN01Port == 0 {
		c.TLSALPN01Port = 443
	}
	if c.Waiting == 0 {
		c.Waiting = defaultWaiting
	}
	if c.Validation == 0 {
		c.Validation = defaultValidation
	}
	if c.Orders == (rpc.Rate{}) {
		c.Orders = DefaultOrders
	}
	if c.Accounts == (rpc.Rate{}) {
		c.Accounts = DefaultAccounts
	}
	s := &Service{
		db: d.DB, authority: d.Authority, network: d.Network, resolver: d.Resolver, log: d.Log, now: d.Now, config: c,
		externalSecret: derive(c.Secret, "acme external account"), nonces: newNonces(d.DB, c.Secret, d.Now),
		orders: rpc.NewPace(c.Orders, d.Now), accounts: rpc.NewPace(c.Accounts, d.Now),
		places: make(chan struct{}, maxValidations),
	}
	s.life, s.end = context.WithCancel(context.Background())
	return s, nil
}

// Close stops what is under way, which another run takes up again, and the package's workers.
func (s *Service) Close() {
	s.end()
	s.flying.Wait()
	s.nonces.spends.Close()
}
