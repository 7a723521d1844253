package app

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"simtrust/account"
	"simtrust/authn"
	"simtrust/ca/tlog"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/simshield"
	"simtrust/simshield/bip"
	"simtrust/simshield/document"
	"simtrust/simshield/gateway"
	"simtrust/simshield/receipt"
)

// Simshield configures the SIM as a signing device. Without a bearer there is none; it stands on the certificate authority.
type Simshield struct {
	Bearer Bearer `yaml:"bearer,omitempty"`
	// Retry is how long a card may take to answer before the question is sent again. Default: 30s.
	Retry time.Duration `yaml:"retry,omitempty"`
	// OTAGap is how far the counters of the cards jump ahead after a restore. Default: 1000.
	OTAGap uint32 `yaml:"ota_gap,omitempty"`
	// Life is the longest time that a person has to answer. Default: 2m.
	Life time.Duration `yaml:"life,omitempty"`
	// PromptsPerMinute is how often a card is asked. Default: 6.
	PromptsPerMinute int64 `yaml:"prompts_per_minute,omitempty"`
	// PartyPromptsPerMinute is how many of them may be one party's. Default: half.
	PartyPromptsPerMinute int64 `yaml:"party_prompts_per_minute,omitempty"`
	// UnheededPerHour is how many of one party's questions to a card may end without a signature in an hour before the others are refused.
	// Default: five times party_prompts_per_minute.
	UnheededPerHour int64 `yaml:"unheeded_per_hour,omitempty"`
	// PollsPerMinute is how often an address may ask for the packets of a card that polls. Default: 60.
	PollsPerMinute int64 `yaml:"polls_per_minute,omitempty"`
	// AllowLoopback lets callbacks (AP_URL) reach 127.0.0.1 on ports from 1024 up by plain HTTP: for a sandbox.
	AllowLoopback bool `yaml:"allow_loopback,omitempty"`
	// Policy bounds transfers, in minor units; its day is that of renumber.zone.
	Policy simshield.Policy `yaml:"policy"`
}

func (c Simshield) prompts() simshield.Prompts {
	return simshield.Prompts{Card: c.PromptsPerMinute, Party: c.PartyPromptsPerMinute, Unheeded: c.UnheededPerHour}
}

// Bearer is the operator's short message gateway: its URL, and the file with the token that it is called with.
type Bearer struct {
	URL       string `yaml:"url,omitempty"`
	TokenFile string `yaml:"token_file,omitempty"`
}

// bearer reads what it takes to reach the short message gateway.
func (b Bearer) bearer() (gateway.Bearer, error) {
	token, err := b.token("simshield.bearer")
	if err != nil {
		return nil, err
	}
	return gateway.HTTPBearer{URL: b.URL, Token: token, Client: &http.Client{
		Transport: &http.Transport{MaxIdleConns: bearerConnections, MaxIdleConnsPerHost: bearerConnections},
	}}, nil
}

// bearerConnections are kept open to the short message gateway.
const bearerConnections = 64

// shield is the SIM as a signing device, with the way to the cards.
type shield struct {
	*simshield.Service
	gateway   *gateway.Service
	polls     *bip.Server
	documents *document.Service
	faces     *faces
}

// wireShield builds the module, if a bearer is configured.
func (a *App) wireShield(m *modules) (err error) {
	c := a.cfg.Simshield
	if c.Bearer.URL == "" {
		return nil
	}
	if m.authority == nil || m.authority.stamps == nil {
		return errors.New("simshield needs the certificate authority with time stamps: configure ca.dir")
	}
	bearer, err := c.Bearer.bearer()
	if err != nil {
		return err
	}
	m.shield = &shield{}
	m.shield.gateway, err = gateway.New(gateway.Deps{DB: a.db, Bearer: gateway.Bearers{SMS: bearer, Polling: polling{m.shield}}, Log: a.obs.Log,
		Metrics: a.obs.Registry, Now: time.Now}, gateway.Config{CardKey: a.keys.HMAC("simshield card keys"), Gap: c.OTAGap, Retry: c.Retry})
	if err != nil {
		return err
	}
	m.closers = append(m.closers, m.shield.gateway.Close)
	m.shield.polls, err = bip.New(bip.Deps{Platform: m.shield.gateway, Client: authn.Proxies(a.cfg.Proxies).Client, Log: a.obs.Log, Metrics: a.obs.Registry,
		Now: time.Now}, bip.Config{PerMinute: c.PollsPerMinute})
	if err != nil {
		return err
	}
	if c.Policy.Zone, err = time.LoadLocation(a.cfg.Renumber.Zone); err != nil {
		return err
	}
	notary := receipt.New(receipt.Deps{Stamper: m.authority.stamps, Statuses: m.authority.status, Log: m.authority.log,
		CardKey: a.keys.HMAC("simshield receipts: names of cards")})
	m.shield.Service, err = simshield.New(simshield.Deps{
		DB: a.db, Holders: m.renumber, Authority: m.authority.Service, Parties: parties{m.account}, Gateway: m.shield.gateway, Evidence: notary,
		Outbox: m.outbox, Log: a.obs.Log, Metrics: a.obs.Registry, Now: time.Now,
	}, simshield.Config{Audience: a.issuer, PersonKey: a.keys.HMAC("simshield national identity numbers"), Policy: c.Policy, Life: c.Life, Prompts: c.prompts()})
	if err != nil {
		return err
	}
	m.closers = append(m.closers, m.shield.Close)
	m.shield.gateway.Handle(m.shield.Service)
	outbox.On(m.outbox, "simshield", m.shield.TenureEnded)
	outbox.On(m.outbox, "simshield", m.shield.SIMChanged)
	outbox.On(m.outbox, "simshield ca", m.shield.KeyEnded)
	outbox.On(m.outbox, "ca log receipts", func(ctx context.Context, e simshield.Signed) error {
		return m.authority.log.Record(ctx, tlog.Receipt{ID: e.ID, SHA256: e.SHA256})
	}, outbox.Gathered(logGather, 64))
	m.shield.documents = document.New(document.Deps{DB: a.db, Shield: m.shield.Service, Stamper: m.authority.stamps,
		OrderKey: a.keys.HMAC("documents: orders"), Log: a.obs.Log, Now: time.Now})
	outbox.On(m.outbox, "document", m.shield.documents.Signed)
	m.shield.faces = a.faces(m, c)
	return nil
}

// run does the work of the module until ctx ends.
func (s *shield) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return s.Run(ctx) })
	g.Go(func() error { return s.gateway.Run(ctx) })
	g.Go(func() error { return s.polls.Run(ctx) })
	g.Go(func() error { return s.documents.Run(ctx) })
	g.Go(func() error { return s.faces.mss.Run(ctx) })
	return g.Wait()
}

// closeWaiting answers those who wait, when the server stops.
func (s *shield) closeWaiting() {
	s.polls.Close()
	s.faces.Close()
}

func (s *shield) mount(r *rpc.Router) {
	s.Mount(r)
	s.gateway.Mount(r)
	s.polls.Mount(r)
	s.documents.Mount(r)
	s.faces.mount(r)
}

// polling is the bearer to cards that come for their packets.
type polling struct{ *shield }

// Deliver implements gateway.Bearer: the packet waits, and the card learns of it if it is there.
func (p polling) Deliver(_ context.Context, m gateway.Message) (gateway.Delivery, error) {
	p.polls.Wake(m.ICCID)
	return gateway.Delivery{State: gateway.Accepted}, nil
}

// parties are the applications as those who ask for signatures.
type parties struct{ apps *account.Service }

// Party implements simshield.Parties.
func (p parties) Party(ctx context.Context, id string) (simshield.Party, error) {
	app, err := p.apps.App(ctx, id)
	return simshield.Party{ID: app.ID, Name: app.Name, JWKS: app.JWKS, Suspended: app.Suspended,
		Confirms: slices.Contains(app.Scopes, simshield.ScopeConfirm)}, err
}
