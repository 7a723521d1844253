package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/authn"
	"simtrust/authn/oidc"
	"simtrust/ca"
	"simtrust/internal/egress"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/messaging"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/dispatch/jetstream"
	"simtrust/messaging/esme"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/maap"
	"simtrust/messaging/onetap"
	"simtrust/messaging/optin"
	"simtrust/messaging/purchase"
	"simtrust/messaging/rbm"
	"simtrust/messaging/rcs"
	"simtrust/messaging/redenvelope"
	"simtrust/messaging/sender"
	"simtrust/messaging/smsc"
	"simtrust/messaging/statement"
	"simtrust/renumber"
	"simtrust/simshield"
)

// Messaging configures business messages. Without a bearer there are none; they stand on the certificate authority.
type Messaging struct {
	// RCS is the operator's gateway for rich messages.
	RCS Bearer `yaml:"rcs,omitempty"`
	// Upstream is chatbots' accounts at other operators' messaging platforms.
	Upstream []Upstream `yaml:"upstream,omitempty"`
	// SMSC is the operator's service centre for text messages.
	SMSC SMSC `yaml:"smsc,omitempty"`
	// SMPP is the face for enterprises that send over SMPP.
	SMPP SMPP `yaml:"smpp,omitempty"`
	// RedEnvelopes are paid by the operator.
	RedEnvelopes RedEnvelopes `yaml:"red_envelopes,omitempty"`
	// Purchases are confirmed in banks' messages.
	Purchases Purchases `yaml:"purchases,omitempty"`
	// Queue is for more nodes than the table of deliveries serves well.
	Queue Queue `yaml:"queue,omitempty"`
	// Links is the URL that short links begin with; default: the issuer's /m.
	Links string `yaml:"links,omitempty"`
	// Domain is where chatbots' service ids are made; default: botplatform. and the issuer's host.
	Domain string `yaml:"domain,omitempty"`
	// AllowLoopback lets webhooks reach 127.0.0.1 on ports from 1024 up by plain HTTP: for a sandbox.
	AllowLoopback bool `yaml:"allow_loopback,omitempty"`
}

// Queue is an external NATS JetStream cluster: its URL, how many replicas it keeps (default 1), and a file of NATS credentials where it asks
// for them.
type Queue struct {
	URL             string `yaml:"url,omitempty"`
	Replicas        int    `yaml:"replicas,omitempty"`
	CredentialsFile string `yaml:"credentials_file,omitempty"`
}

func (c Messaging) on() bool { return c.RCS.URL != "" || c.SMSC.Address != "" || len(c.Upstream) > 0 }

// messagingScopes is what messaging may ask of the identity core.
var messagingScopes = []string{renumber.ScopeTenures, ca.ScopeRead, simshield.ScopeRelay, oidc.ScopeTicket}

// messagingClient is its name in logs and rate limits.
const messagingClient = "module:messaging"

// webhookTime is how long a chatbot's webhook may take.
const webhookTime = 10 * time.Second

// messages is the module with its parts.
type messages struct {
	*messaging.Service
	senders   *sender.Service
	optins    *optin.Service
	dispatch  *dispatch.Service
	events    *events.Service
	statement *statement.Notary
	purchases *purchase.Service // nil without simshield
	onetap    *onetap.Service
	envelopes *redenvelope.Service
	csp       *csp.Service
	rbm       *rbm.Service
	// rcs, upstream and smsc are nil where they are not configured.
	rcs      *rcs.Gateway
	upstream *maap.Bearer
	smsc     *smsc.Bearer
	// esme listens at esmeSocket; both are nil where it is not configured.
	esme       *esme.Service
	esmeSocket net.Listener
	holders    localHolders
}

// wireMessaging builds the module over the operations that are mounted on r, which is all that it gets of the identity core.
func (a *App) wireMessaging(m *modules, r *rpc.Router) error {
	c := a.cfg.Messaging
	if !c.on() {
		return nil
	}
	if m.authority == nil {
		return errors.New("messaging needs the certificate authority: configure ca.dir")
	}
	issuer, err := url.Parse(a.issuer)
	if err != nil {
		return err
	}
	if c.Domain == "" {
		c.Domain = "botplatform." + issuer.Hostname()
	}
	zone, err := time.LoadLocation(a.cfg.Renumber.Zone)
	if err != nil {
		return err
	}
	x := &messages{}
	m.messages = x
	holders := localHolders{
		holders: rpc.Local[renumber.HoldersReq, renumber.HoldersRes](r, "renumber.holders", a.messagingToken),
		live:    rpc.Local[renumber.LiveReq, renumber.HoldersRes](r, "renumber.live", a.messagingToken),
	}
	x.holders = holders
	x.senders = sender.New(sender.Deps{DB: a.db, Authority: certificates(ca.Local(r, a.messagingToken)), Deliveries: x, Outbox: m.outbox, Log: a.obs.Log, Now: time.Now},
		sender.Config{Issuer: a.issuer, Domain: c.Domain, Zone: zone})
	if x.optins, err = optin.New(optin.Deps{DB: a.db, Holders: holders, Chatbots: chatbots{x.senders}, Outbox: m.outbox, Log: a.obs.Log, Now: time.Now},
		optin.Config{NumberKey: a.keys.HMAC("messaging opt-ins: numbers")}); err != nil {
		return err
	}
	m.closers = append(m.closers, x.optins.Close)
	x.events = events.New(events.Deps{DB: a.db, Chatbots: x.senders, Signer: a.keys, Log: a.obs.Log, Now: time.Now,
		Out: egress.New(egress.Options{Loopback: c.AllowLoopback}).Client(egress.Manner{Timeout: webhookTime})}, events.Config{Issuer: a.issuer, Plain: c.AllowLoopback})
	x.dispatch = dispatch.New(dispatch.Deps{DB: a.db, Recipients: x, Listener: x, Log: a.obs.Log, Now: time.Now}, dispatch.Config{})
	m.closers = append(m.closers, x.dispatch.Close)
	if err := wireQueue(a.obs.Log, m, x.dispatch, c.Queue); err != nil {
		return err
	}
	a.wireOnetap(x, r)
	x.statement = statement.New(statement.Deps{Keys: a.keys, Senders: x, Now: time.Now, Issuer: a.issuer, Client: authn.Proxies(a.cfg.Proxies).Client})
	x.Service = messaging.New(messaging.Deps{DB: a.db, Senders: x.senders, Recipients: x.optins, Holders: holders, Distribution: x.dispatch, Events: x.events,
		Notary: x.statement, Logins: x.onetap, Log: a.obs.Log, Now: time.Now}, messaging.Config{Issuer: a.issuer, Links: c.Links, Key: a.keys.HMAC("messaging conversations and requests")})
	m.closers = append(m.closers, x.Close)
	outbox.On(m.outbox, "messaging opt-ins", x.optins.TenureEnded)
	outbox.On(m.outbox, "messaging opt-ins", x.optins.SIMChanged)
	outbox.On(m.outbox, "messaging", x.Renewed)
	outbox.On(m.outbox, "messaging", x.Refused)
	outbox.On(m.outbox, "messaging", x.SenderChanged)
	outbox.On(m.outbox, "messaging", x.TenureEnded)
	if err := errors.Join(a.wireRCS(x, c.RCS), a.carryRich(x, c.Upstream), a.wireSMSC(m, x, c.SMSC), a.wireSMPP(m, x, c.SMPP), a.wirePurchases(m, x, r, c.Purchases), a.wireRedEnvelopes(m, x, r, c.RedEnvelopes)); err != nil {
		return err
	}
	a.wireCSP(m, x, zone)
	a.wireRBM(x)
	x.mount(r)
	return nil
}

// wireRCS names the gateway as the way of enhanced messages, and a way of rich ones.
func (a *App) wireRCS(x *messages, c Bearer) error {
	if c.URL == "" {
		return nil
	}
	token, err := c.token("messaging.rcs")
	if err != nil {
		return err
	}
	x.rcs = rcs.New(rcs.Deps{Client: &http.Client{Transport: &http.Transport{MaxIdleConns: bearerConnections, MaxIdleConnsPerHost: bearerConnections}},
		Envelopes: envelopes{x.Service}, Reports: x.dispatch, Inbox: rcsInbox{x.Service}, Log: a.obs.Log, Now: time.Now}, rcs.Config{URL: c.URL, Token: token})
	x.carry("rcs", x.rcs, rcs.Enhanced)
	return nil
}

func (x *messages) mount(r *rpc.Router) {
	x.Mount(r)
	x.senders.Mount(r)
	x.optins.Mount(r)
	x.events.Mount(r)
	x.statement.Mount(r)
	x.onetap.Mount(r)
	x.envelopes.Mount(r)
	x.csp.Mount(r)
	x.rbm.Mount(r)
	if x.rcs != nil {
		x.rcs.Mount(r)
	}
	if x.upstream != nil {
		x.upstream.Mount(r)
	}
	if x.esme != nil {
		x.esme.Mount(r)
	}
	if x.purchases != nil {
		x.purchases.Mount(r)
	}
}

// run does the work of the module until ctx ends.
func (x *messages) run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return x.Run(ctx) })
	g.Go(func() error { return x.dispatch.Run(ctx) })
	g.Go(func() error { return x.events.Run(ctx) })
	g.Go(func() error { return x.optins.Run(ctx) })
	g.Go(func() error { return x.envelopes.Run(ctx) })
	g.Go(func() error { return x.onetap.Run(ctx) })
	g.Go(func() error { return x.csp.Run(ctx) })
	g.Go(func() error { return x.rbm.Run(ctx) })
	if x.upstream != nil {
		g.Go(func() error { return x.upstream.Run(ctx) })
	}
	if x.smsc != nil {
		g.Go(func() error { return x.smsc.Run(ctx) })
	}
	if x.purchases != nil {
		g.Go(func() error { return x.purchases.Run(ctx) })
	}
	return g.Wait()
}

// serve takes messages over SMPP until ctx ends, where that is configured.
func (x *messages) serve(ctx context.Context) error {
	if x.esme == nil {
		return nil
	}
	return x.esme.Serve(ctx, x.esmeSocket)
}

// wireQueue has the nodes learn of new deliveries from a cluster instead of looking into the table. A cluster that is away is joined when it
// comes.
func wireQueue(log *slog.Logger, m *modules, d *dispatch.Service, c Queue) error {
	if c.URL == "" {
		return nil
	}
	var opts []nats.Option
	if c.CredentialsFile != "" {
		opts = append(opts, nats.UserCredentials(c.CredentialsFile))
	}
	queue, err := jetstream.Open(c.URL, max(c.Replicas, 1), log, opts...)
	if err != nil {
		return fmt.Errorf("messaging.queue: %w", err)
	}
	m.closers = append(m.closers, queue.Close)
	d.Follow(queue, m.outbox)
	outbox.On(m.outbox, "messaging queue", d.Announce)
	return nil
}

// localHolders are the operations of renumber under messaging's credential.
type localHolders struct {
	holders func(context.Context, renumber.HoldersReq) (renumber.HoldersRes, error)
	live    func(context.Context, renumber.LiveReq) (renumber.HoldersRes, error)
}

// Holders implements optin.Holders.
func (h localHolders) Holders(ctx context.Context, req renumber.HoldersReq) (renumber.HoldersRes, error) {
	return h.holders(ctx, req)
}

// Live implements optin.Holders.
func (h localHolders) Live(ctx context.Context, req renumber.LiveReq) (renumber.HoldersRes, error) {
	return h.live(ctx, req)
}

// Holder implements messaging.Holders.
func (h localHolders) Holder(ctx context.Context, n simtrust.Number) (simtrust.TenureID, error) {
	tenure, _, err := h.since(ctx, n)
	return tenure, err
}

// Number returns the number of a tenure; zero: it has none any more.
func (h localHolders) Number(ctx context.Context, tenure simtrust.TenureID) (simtrust.Number, error) {
	res, err := h.live(ctx, renumber.LiveReq{Tenures: []string{string(tenure)}})
	if err != nil || len(res.Holders) == 0 {
		return simtrust.Number{}, err
	}
	return simtrust.ParseNumber(res.Holders[0].Number)
}

// certificates is the operation of ca under messaging's credential.
type certificates func(ctx context.Context, id string) (ca.Certificate, error)

// Certificate implements sender.Authority.
func (c certificates) Certificate(ctx context.Context, id string) (ca.Certificate, error) {
	return c(ctx, id)
}

// chatbots are senders as those who give permissions know them.
type chatbots struct{ *sender.Service }

// Named implements optin.Chatbots.
func (c chatbots) Named(ctx context.Context, name string) (string, error) {
	bot, err := c.ByService(ctx, name)
	if simtrust.KindOf(err) == simtrust.KindNotFound {
		bot, err = c.Chatbot(ctx, name)
	}
	return bot.ID, err
}

// envelopes are sender statements as rich messages carry them.
type envelopes struct{ *messaging.Service }

// Envelope implements rcs.Envelopes.
func (e envelopes) Envelope(ctx context.Context, s dispatch.Submission) (rcs.Envelope, error) {
	sealed, err := e.Seal(ctx, s)
	return rcs.Envelope{Sender: rcs.Sender{ID: sealed.Sender.ID, Name: sealed.Sender.Name, ServiceID: sealed.Sender.ServiceID},
		Statement: sealed.Statement, Salt: sealed.Salt}, err
}

// rcsInbox takes what comes back over RCS.
type rcsInbox struct{ *messaging.Service }

// Received implements rcs.Inbox.
func (i rcsInbox) Received(ctx context.Context, m rcs.Inbound) error {
	return i.Service.Received(ctx, messaging.Inbound{ID: "rcs:" + m.ID, From: m.From, To: m.To, InReplyTo: m.InReplyTo, Channel: gsma.RCS,
		Part: gsma.Part{ContentType: m.ContentType, Data: m.Body}})
}

// Reported implements rcs.Inbox.
func (i rcsInbox) Reported(ctx context.Context, s rcs.Spam) error {
	return i.Spam(ctx, s.From, s.Delivery, s.Type)
}

// token reads the token of a gateway.
func (b Bearer) token(name string) (string, error) {
	if u, err := url.Parse(b.URL); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return "", fmt.Errorf("%s.url: write an http or https URL", name)
	}
	token, err := os.ReadFile(b.TokenFile)
	if err != nil {
		return "", fmt.Errorf("%s.token_file: %w", name, err)
	}
	return strings.TrimSpace(string(token)), nil
}
