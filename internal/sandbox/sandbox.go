package sandbox

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"simtrust/internal/rpc"
)

// Config says where the server is and what the world holds.
type Config struct {
	// Dir keeps the world; JSON is where sandbox.json goes.
	Dir, JSON string
	// Subscribers is the size of a new world.
	Subscribers int
	// Issuer and AdminToken reach the server; Accounting and Secret its RADIUS listener.
	Issuer, AdminToken, Accounting string
	Secret                         []byte
	// Interim is how often the gateway repeats what it knows of a session.
	Interim time.Duration
	// Handset is where the subscribers' phones are reached (ListenHandset), BearerToken what the server calls their short message
	// gateway with.
	Handset     net.Listener
	BearerToken string
	// RCSToken is what the server calls the gateway for rich messages with.
	RCSToken string
	// Upstream is how another operator's platform proves itself to the server.
	Upstream Upstream
	// SMSC is the service centre that it sends text messages through (ListenSMSC).
	SMSC ServiceCentre
	// SMPP is where the server listens to enterprises that send over SMPP.
	SMPP string
	// HTTP01Port is where the server looks for the http-01 challenges of ACME.
	HTTP01Port int
	Log        *slog.Logger
	Now        func() time.Time
}

// Sandbox is a running world.
type Sandbox struct {
	Contract Contract
	dir      string
	operator *operator
	servers  []*http.Server
	interim  time.Duration
	log      *slog.Logger
}

// Start opens or makes the world, tells the server of it and waits until every session is announced.
func Start(ctx context.Context, c Config) (*Sandbox, error) {
	world, err := openWorld(c.Dir, c.Subscribers)
	if err != nil {
		return nil, err
	}
	nas, err := newGateway(c.Accounting, c.Secret)
	if err != nil {
		return nil, err
	}
	phones, err := openHandsets(c)
	if err != nil {
		return nil, errors.Join(err, nas.Close())
	}
	messages, err := openExchange(c, phones)
	if err != nil {
		return nil, errors.Join(err, phones.close(), nas.Close())
	}
	s := &Sandbox{dir: c.Dir, interim: c.Interim, log: c.Log, operator: &operator{world: world, nas: nas, handsets: phones, exchange: messages, now: clock(c.Now),
		admin: rpc.NewClient(c.Issuer, http.DefaultClient, c.AdminToken)}}
	if err := s.start(ctx, c); err != nil {
		return nil, errors.Join(err, s.Close(ctx))
	}
	return s, nil
}

func (s *Sandbox) start(ctx context.Context, c Config) error {
	world := s.operator.world
	desk, err := listen(&world.Operator, 8081)
	if err != nil {
		return err
	}
	store, err := listen(&world.Shop, 8083)
	if err != nil {
		return err
	}
	if err := s.switchOn(c); err != nil {
		return err
	}
	if err := s.populate(ctx); err != nil {
		return err
	}
	if err := s.openChatbots(ctx, c.Issuer); err != nil {
		return err
	}
	if err := world.writeCampaign(c.Dir, c.Now()); err != nil {
		return err
	}
	if err := s.enrol(ctx, c.Issuer); err != nil {
		return err
	}
	deskMux := http.NewServeMux()
	s.operator.routes(deskMux)
	s.operator.deskRoutes(deskMux)
	s.serve(desk, deskMux)
	shop, err := newShop(ctx, c.Issuer, world.Shop, c.Dir, world.client("shop"), c.Now)
	if err != nil {
		return err
	}
	shopMux := http.NewServeMux()
	shop.routes(shopMux)
	s.serve(store, shopMux)
	s.Contract = contractOf(c, world)
	if s.Contract.CALogKey, err = fetchLogKey(ctx, s.Contract.URLs["ca_log"]); err != nil {
		return err
	}
	return s.Contract.write(c.JSON)
}

// switchOn has the phones and the short message gateway answer, before anything happens that the server would tell them of.
func (s *Sandbox) switchOn(c Config) error {
	o := s.operator
	o.world.Handset = "http://" + c.Handset.Addr().String()
	if err := o.handsets.follow(o.world.Subscribers); err != nil {
		return err
	}
	mux := http.NewServeMux()
	o.mountHandsets(mux, c.BearerToken)
	o.exchange.routes(mux, c.RCSToken)
	o.exchange.start(c.SMSC.Listener, c.Log)
	s.serve(c.Handset, mux)
	return nil
}

// populate registers the clients, feeds the subscribers and announces every session, each only where it is not done yet.
func (s *Sandbox) populate(ctx context.Context) error {
	o := s.operator
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.registerClients(ctx); err != nil {
		return err
	}
	if err := o.openACME(ctx); err != nil {
		return err
	}
	if err := o.makeESTCredential(ctx); err != nil {
		return err
	}
	if err := o.makeParties(ctx); err != nil {
		return err
	}
	if !o.world.Seeded {
		if err := o.seed(ctx); err != nil {
			return err
		}
	}
	if err := o.resume(ctx); err != nil {
		return err
	}
	if err := o.announce(ctx); err != nil {
		return err
	}
	return o.keep()
}

// openChatbots makes the enterprises known whose messages the subscribers get.
func (s *Sandbox) openChatbots(ctx context.Context, issuer string) error {
	o := s.operator
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.openChatbots(ctx, issuer); err != nil {
		return err
	}
	if err := o.allowShop(ctx); err != nil {
		return err
	}
	if err := o.openPurchases(ctx); err != nil {
		return err
	}
	if err := o.openCSP(ctx); err != nil {
		return err
	}
	if err := o.learnClientTokens(ctx, issuer); err != nil {
		return err
	}
	return o.openSMPP(ctx)
}

// registerClients makes the four clients known. A shop whose port has moved needs a new registration, for redirect URIs match exactly; and so
// does one from before messages opened it.
func (o *operator) registerClients(ctx context.Context) error {
	for _, c := range defaultClients(o.world.Shop) {
		have := o.world.client(c.Name)
		if have.ClientID != "" && (c.Name != "shop" || have.RedirectURIs[0] == c.RedirectURIs[0] && have.InitiateURI == c.InitiateURI) {
			continue
		}
		made, err := register(ctx, o.admin, c)
		if err != nil {
			return err
		}
		o.world.setClient(made)
		if err := o.world.save(); err != nil {
			return err
		}
	}
	return nil
}

// announce opens a session for every phone that is on, and repeats those that the gateway still holds.
func (o *operator) announce(ctx context.Context) error {
	return each(o.world.Subscribers, gatewayClients, func(i int, s *Subscriber) error {
		switch {
		case len(s.Sessions) > 0:
			return o.nas.interim(ctx, s)
		case s.reachable():
			return o.nas.start(ctx, s, i == 0)
		default:
			return nil
		}
	})
}

// Run repeats the sessions every interim interval until ctx ends.
func (s *Sandbox) Run(ctx context.Context) {
	tick := time.NewTicker(s.interim)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.operator.mu.Lock()
			err := s.operator.resume(ctx)
			if err == nil {
				err = s.operator.announce(ctx)
			}
			s.operator.mu.Unlock()
			if err != nil && ctx.Err() == nil {
				s.log.Warn("the gateway got no answer to its interim updates", "error", err)
			}
		}
	}
}

// Close stops the world's own pages. Its sessions stay open on the server, as a gateway's do when its operator's desk goes home.
func (s *Sandbox) Close(ctx context.Context) error {
	var errs []error
	s.operator.exchange.inbox.hangUp() // streams end by nothing else
	for _, server := range s.servers {
		errs = append(errs, server.Shutdown(ctx))
	}
	return errors.Join(append(errs, s.operator.exchange.close(), s.operator.handsets.close(), s.operator.nas.Close())...)
}

// serve answers on l, but not to what a page from elsewhere has a browser of this machine send.
func (s *Sandbox) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: http.NewCrossOriginProtection().Handler(h), ReadHeaderTimeout: 10 * time.Second}
	rpc.SendAwayNewcomers(server)
	s.servers = append(s.servers, server)
	go func() {
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("a page of the sandbox stopped", "error", err)
		}
	}()
}

// listen takes the address of an earlier run, else the usual one, else one near it, else any free one, and writes down which as a
// URL. A port near the usual one stays free for the next run; one that the system picks may be a client's by then.
func listen(base *string, usual int) (net.Listener, error) {
	addrs := []string{trimScheme(*base)}
	for port := usual; port < usual+neighbours*10; port += 10 {
		addrs = append(addrs, loopback(port))
	}
	for _, addr := range append(addrs, loopback(0)) {
		if addr == "" {
			continue
		}
		l, err := net.Listen("tcp", addr)
		if err == nil {
			*base = "http://" + l.Addr().String()
			return l, nil
		}
	}
	return nil, errors.New("sandbox: no free port on 127.0.0.1")
}

// ListenHandset opens the address of the subscribers' phones: that of the last run on the folder, where it is free. The server has to know
// it before it starts.
func ListenHandset(dir string) (net.Listener, error) {
	return listenAgain(filepath.Join(dir, "handset"), 8082)
}

// listenAgain is listen, where file keeps the address.
func listenAgain(file string, usual int) (net.Listener, error) {
	last, _ := os.ReadFile(file) // absent before the first run
	base := strings.TrimSpace(string(last))
	l, err := listen(&base, usual)
	if err != nil {
		return nil, err
	}
	return l, os.WriteFile(file, []byte(base+"\n"), 0o600)
}

// neighbours is how many ports near the usual one are tried, ten apart.
const neighbours = 50

func loopback(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

func trimScheme(base string) string {
	if len(base) > len("http://") {
		return base[len("http://"):]
	}
	return ""
}

func (w *World) client(name string) Client {
	for _, c := range w.Clients {
		if c.Name == name {
			return c
		}
	}
	return Client{}
}

func (w *World) setClient(c Client) {
	for i := range w.Clients {
		if w.Clients[i].Name == c.Name {
			w.Clients[i] = c
			return
		}
	}
	w.Clients = append(w.Clients, c)
}

func contractOf(c Config, w *World) Contract {
	out := Contract{
		Version: 1, Issuer: c.Issuer, AdminToken: c.AdminToken,
		RADIUS:   ContractRADIUS{Accounting: c.Accounting, Secret: string(c.Secret)},
		Operator: w.Operator, Handset: w.Handset, Shop: w.Shop, Desk: w.Operator + "/",
		URLs: map[string]string{"admin": c.Issuer, "ca_roots": c.Issuer + "/ca/roots.pem", "ca_api": c.Issuer + "/ca/v1", "ca_log": c.Issuer + "/ca/log",
			"est": c.Issuer + "/.well-known/est", "ocsp": c.Issuer + "/ocsp", "crl": c.Issuer + "/crl", "tsa": c.Issuer + "/tsa",
			"simshield": c.Issuer + "/simshield/v1", "mobile_id": c.Issuer + "/mid-api", "mss": c.Issuer + "/mss/v1", "messaging": c.Issuer + "/messaging/v1", "rbm": c.Issuer + "/rbm", "csp": c.Issuer + "/csp", "acme_directory": c.Issuer + "/acme/directory"},
		EAB: w.EAB, HTTP01Port: c.HTTP01Port,
		EST: w.EST, MobileID: w.MobileID, MSS: w.MSS.at(c.Issuer + "/mss/v1"),
		Clients:  w.Clients,
		SMPP:     ContractSMPP{c.SMPP, *w.SMPP},
		Upstream: c.Upstream.contract(c.Issuer),
		SMSC:     ContractSMSC{c.SMSC.Listener.Addr().String(), c.SMSC.SystemID, c.SMSC.Password},
	}
	for _, b := range w.Chatbots {
		out.Chatbots = append(out.Chatbots, b.contract())
	}
	for _, s := range w.Subscribers {
		out.Subscribers = append(out.Subscribers, s.contract())
	}
	return out
}

// clock rounds down to the milliseconds that the server keeps, so that both say the same of an instant.
func clock(now func() time.Time) func() time.Time {
	return func() time.Time { return now().UTC().Truncate(time.Millisecond) }
}

// DefaultJSON is where sandbox.json goes without --json.
func DefaultJSON(dir string) string { return filepath.Join(dir, "sandbox.json") }
