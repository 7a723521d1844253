package app

import (
	"context"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.step.sm/crypto/jose"

	"simtrust/account"
	"simtrust/authn"
	"simtrust/authn/oidc"
	"simtrust/ca"
	"simtrust/ca/acme"
	"simtrust/ca/est"
	"simtrust/ca/status"
	"simtrust/ca/tlog"
	"simtrust/ca/tsa"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/messaging"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
	"simtrust/messaging/events"
	"simtrust/messaging/maap"
	"simtrust/messaging/onetap"
	"simtrust/messaging/optin"
	"simtrust/messaging/parts"
	"simtrust/messaging/purchase"
	"simtrust/messaging/rbm"
	"simtrust/messaging/redenvelope"
	"simtrust/messaging/sender"
	"simtrust/messaging/smsc"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/access"
	"simtrust/simshield/document"
	"simtrust/simshield/gateway"
	"simtrust/simshield/mobileid"
	"simtrust/simshield/mss"
)

// schemas are the tables of every module, in the order in which they are made.
func schemas() []sqldb.Migrations {
	return []sqldb.Migrations{outbox.Migrations(), renumber.Migrations(), account.Migrations(), authn.Migrations(), oidc.Migrations(),
		ca.Migrations(), status.Migrations(), est.Migrations(), tsa.Migrations(), acme.Migrations(), tlog.Migrations(),
		gateway.Migrations(), simshield.Migrations(), access.Migrations(), mobileid.Migrations(), mss.Migrations(), document.Migrations(),
		sender.Migrations(), optin.Migrations(), dispatch.Migrations(), events.Migrations(), messaging.Migrations(), onetap.Migrations(), parts.Migrations(), smsc.Migrations(), maap.Migrations(), esme.Migrations(), csp.Migrations(), rbm.Migrations(), purchase.Migrations(), redenvelope.Migrations()}
}

// modules are the wired services.
type modules struct {
	outbox   *outbox.Outbox
	renumber *renumber.Service
	account  *account.Service
	authn    *authn.Service
	provider *oidc.Provider
	// authority and shield are nil where they are not configured.
	authority *authority
	shield    *shield
	messages  *messages // nil where no bearer of messages is configured
	closers   []func()
}

// Close stops the modules that were built, the upper floors first.
func (m *modules) Close() {
	for _, c := range slices.Backward(m.closers) {
		c()
	}
}

// metrics are what operators watch of modules that do not register it themselves.
func (m *modules) metrics() []prometheus.Collector {
	all := m.outbox.Metrics()
	if m.authority != nil {
		all = append(all, m.authority.metrics()...)
	}
	if m.messages != nil {
		all = append(all, m.messages.dispatch.Metrics()...)
		if m.messages.smsc != nil {
			all = append(all, m.messages.smsc.Metrics()...)
		}
	}
	return all
}

// wire builds the modules bottom up and mounts their operations.
func (a *App) wire(ctx context.Context) error {
	m := &modules{outbox: outbox.New(a.db, time.Now, a.obs.Log)}
	a.modules = m
	holders, err := a.cfg.Renumber.config()
	if err != nil {
		return err
	}
	m.renumber = renumber.New(renumber.Deps{DB: a.db, Outbox: m.outbox, Now: time.Now}, holders)
	m.closers = append(m.closers, m.renumber.Close)
	if m.account, err = account.New(account.Deps{DB: a.db, Tenures: m.renumber, Log: a.obs.Log, Now: time.Now},
		account.Config{SubjectKey: a.keys.HMAC("account pairwise subject"), Scopes: a.scopes}); err != nil {
		return err
	}
	m.closers = append(m.closers, m.account.Close)
	network, err := a.cfg.authn(a.issuer)
	if err != nil {
		return err
	}
	if m.authn, err = authn.New(authn.Deps{DB: a.db, Tenures: m.renumber, Devices: m.renumber, Now: time.Now, Log: a.obs.Log,
		Metrics: a.obs.Registry}, network); err != nil {
		return err
	}
	m.closers = append(m.closers, m.authn.Close)
	if m.provider, err = oidc.New(oidc.Deps{DB: a.db, Network: m.authn, Accounts: m.account, Tenures: m.renumber, Keys: a.keys, Now: time.Now},
		oidc.Config{Issuer: a.issuer, Log: a.obs.Log, Scopes: []string{renumber.ScopeCheck, account.ScopeMove, account.ScopeConsent}, Pace: logins,
			TicketKey: a.keys.HMAC("oidc tickets")}); err != nil {
		return err
	}
	m.closers = append(m.closers, m.provider.Close)
	outbox.On(m.outbox, "account", m.account.TenureEnded)
	if err := a.wireAuthority(ctx, m); err != nil {
		return err
	}
	if err := a.wireShield(m); err != nil {
		return err
	}
	if m.shield != nil {
		m.provider.ShowCodes(codes{m.shield.Service})
	}
	a.router = a.mount(m)
	if err := a.wireMessaging(m, a.router); err != nil {
		return err
	}
	for _, c := range m.metrics() {
		if err := a.obs.Registry.Register(c); err != nil {
			return err
		}
	}
	return nil
}

// Limits that a single client or number meets on every operation. They stop enumeration, not a busy bank.
var limits = rpc.Limits{
	Client: rpc.Rate{PerSecond: 5000, Burst: 10000},
	Number: rpc.Rate{PerSecond: 5, Burst: 50},
}

// logins is how often one holder may come to be logged in: far more than a person does, far less than would fill the store.
var logins = rpc.Rate{PerSecond: 200, Burst: 2000}

// scopes are what an application can be registered for: the provider's own, and those of the mounted operations, but for what only modules
// do for others.
func (a *App) scopes() []string {
	known := []string{oidc.ScopeOpenID, oidc.ScopePhone, oidc.ScopeIntrospect}
	for _, op := range a.router.Ops() {
		known = append(known, op.Scopes...)
	}
	return slices.DeleteFunc(known, func(s string) bool { return s == simshield.ScopeRelay })
}

func (a *App) mount(m *modules) *rpc.Router {
	r := rpc.NewRouter(rpc.Config{
		Auth: gate{admin: sha256.Sum256([]byte(a.adminToken)), messaging: sha256.Sum256([]byte(a.messagingToken)), provider: m.provider},
		Log:  a.obs.Log, Registry: a.obs.Registry, Tracer: a.obs.Tracer, Limits: limits,
	})
	m.renumber.Mount(r)
	m.account.Mount(r)
	m.provider.Mount(r)
	if m.authority != nil {
		m.authority.mount(r)
	}
	if m.shield != nil {
		m.shield.mount(r)
	}
	a.mountAdmin(r)
	return r
}

// handler is the whole HTTP face: the probes, and all else behind the filter for enrichment headers. No ServeMux stands in front of
// the router: it would redirect a path that is not in canonical form, and repeat the query.
func (a *App) handler() http.Handler {
	probes := map[string]http.Handler{
		"/metrics": a.obs.MetricsHandler(), "/healthz": a.obs.Health.LiveHandler(), "/readyz": a.obs.Health.ReadyHandler(),
	}
	rest := status.KeepSlashes(a.modules.authn.StripEnrichment(a.router))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if probe, ok := probes[r.URL.Path]; ok && (r.Method == http.MethodGet || r.Method == http.MethodHead) {
			probe.ServeHTTP(w, r)
			return
		}
		rest.ServeHTTP(w, r)
	})
}

func (c Renumber) config() (renumber.Config, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return renumber.Config{}, fmt.Errorf("renumber.zone: %w; name a zone such as Asia/Shanghai", err)
	}
	covered, err := time.ParseInLocation(time.DateOnly, c.CoveredSince, zone)
	if err != nil {
		return renumber.Config{}, fmt.Errorf("renumber.covered_since: write a day such as 2010-01-01")
	}
	return renumber.Config{Zone: zone, Covered: covered}, nil
}

func (c Config) authn(issuer string) (authn.Config, error) {
	out := authn.Config{Proxies: c.Proxies, Realm: c.Authn.Realm, URL: issuer}
	for _, n := range c.Authn.RADIUS.NAS {
		out.NASes = append(out.NASes, authn.NAS{Name: n.Name, Interim: n.Interim, Retransmit: n.Retransmit})
	}
	for _, r := range c.Authn.Realms {
		out.Realms = append(out.Realms, authn.PeerRealm(r))
	}
	for _, e := range c.Authn.Enrichment {
		enricher, err := e.enricher()
		if err != nil {
			return out, fmt.Errorf("authn.enrichment %s: %w", e.Issuer, err)
		}
		out.Enrichers = append(out.Enrichers, enricher)
	}
	return out, nil
}

func (e Enrichment) enricher() (authn.Enricher, error) {
	out := authn.Enricher{Issuer: e.Issuer, Keys: map[string]crypto.PublicKey{}}
	text, err := os.ReadFile(e.JWKSFile)
	if err != nil {
		return out, err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		return out, fmt.Errorf("%s is not a JWK set: %w", e.JWKSFile, err)
	}
	for _, k := range set.Keys {
		if !k.IsPublic() {
			return out, fmt.Errorf("%s holds a private key; keep it at the proxy and give the public one", e.JWKSFile)
		}
		out.Keys[k.KeyID] = k.Key
	}
	for _, digest := range e.Certificates {
		sum, err := hex.DecodeString(digest)
		if err != nil || len(sum) != sha256.Size {
			return out, fmt.Errorf("certificates: %q is not a SHA-256 digest in hex", digest)
		}
		out.Certificates = append(out.Certificates, [sha256.Size]byte(sum))
	}
	return out, nil
}
