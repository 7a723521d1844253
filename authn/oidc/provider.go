package oidc

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
)

// Deps is what the provider stands on.
type Deps struct {
	DB       *sqldb.DB
	Network  Network
	Accounts Accounts
	Tenures  Tenures
	Keys     Keys
	Now      func() time.Time
}

// Config is how the provider is set up.
type Config struct {
	// Issuer is the provider's identifier and the origin of its endpoints, such as https://id.example.com: https, or http on a
	// loopback host, without path and trailing slash.
	Issuer string
	// Scopes are those of the program's APIs, to be listed in discovery beside the provider's own.
	Scopes []string
	// TicketKey keys the tickets of links that log a person in, and the codes for them: at least 256 bits, the same on every node.
	TicketKey []byte
	// Pace is how often one holder may come to the authorization endpoint, which leaves a row each time; zero does not limit.
	Pace rpc.Rate
	// Log takes what must not go to a client; by default nothing does.
	Log *slog.Logger
}

// Provider is the OpenID Provider. It is an [rpc.Authenticator].
type Provider struct {
	network   Network
	accounts  Accounts
	tenures   Tenures
	keys      Keys
	now       func() time.Time
	log       *slog.Logger
	db        *sqldb.DB
	issuer    string
	endpoints endpoints
	metadata  document
	pace      *rpc.Pace
	ticketKey []byte
	screen    Screen // nil: no code can be shown

	ledger     *ledger
	parser     *jwt.Parser
	verified   verifiedTokens
	clientKeys keys.Clients
}

var _ rpc.Authenticator = (*Provider)(nil)

// New returns a provider whose tables exist. Close it when no request is under way any more.
func New(d Deps, c Config) (*Provider, error) {
	if err := checkIssuer(c.Issuer); err != nil {
		return nil, err
	}
	if len(c.TicketKey) < 32 {
		return nil, errors.New("oidc: the ticket key has fewer than 256 bits")
	}
	p := &Provider{
		network: d.Network, accounts: d.Accounts, tenures: d.Tenures, keys: d.Keys, now: d.Now, log: c.Log, db: d.DB,
		issuer: c.Issuer, endpoints: endpointsOf(c.Issuer), ledger: newLedger(d.DB, d.Now),
		parser: newAccessParser(c.Issuer, d.Now), pace: rpc.NewPace(c.Pace, d.Now), ticketKey: c.TicketKey,
	}
	if p.log == nil {
		p.log = slog.New(slog.DiscardHandler)
	}
	p.metadata = metadataOf(c.Issuer, p.endpoints, c.Scopes)
	return p, nil
}

// checkIssuer accepts an origin in its one written form, so that it can be compared with an Origin header.
func checkIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	switch {
	case err != nil || u.Host == "" || u.Scheme+"://"+u.Host != issuer:
		return errors.New("oidc: the issuer must be a bare origin, such as https://id.example.com")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return nil
	default:
		return errors.New("oidc: the issuer must be https; http is for a loopback host only")
	}
}

func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// ShowCodes has codes for tickets shown by s, where no network tells who is there. It comes before Mount.
func (p *Provider) ShowCodes(s Screen) { p.screen = s }

// Close waits for the writes under way.
func (p *Provider) Close() { p.ledger.close() }

// Mount adds the provider's endpoints and the CAMARA API to r.
func (p *Provider) Mount(r *rpc.Router) {
	raw := func(op, pattern string, h http.HandlerFunc) { r.Raw("oidc."+op, pattern, h, rpc.Public()) }
	raw("discovery", "GET /.well-known/openid-configuration", p.serveMetadata)
	raw("metadata", "GET /.well-known/oauth-authorization-server", p.serveMetadata)
	raw("jwks", "GET "+pathJWKS, p.serveJWKS)
	raw("authorize", "GET "+pathAuthorize, p.serveAuthorize)
	raw("authorize-post", "POST "+pathAuthorize, p.serveAuthorize)
	raw("consent", "POST "+pathConsent, p.serveConsent)
	raw("token", "POST "+pathToken, p.serveToken)
	raw("userinfo", "GET "+pathUserInfo, p.serveUserInfo)
	raw("userinfo-post", "POST "+pathUserInfo, p.serveUserInfo)
	raw("introspect", "POST "+pathIntrospect, p.serveIntrospection)
	raw("revoke", "POST "+pathRevoke, p.serveRevocation)
	raw("tap", "GET "+pathTap, p.serveTap)
	raw("tap-post", "POST "+pathTap, p.serveTapAnswer)
	rpc.Handle(r, "authn.ticket", patternTicket, p.Ticket, rpc.Scope(ScopeTicket))
	p.mountNumberVerification(r)
}

// refuse answers an endpoint that clients call, and logs what the client is not told.
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, e *oauthError) {
	p.note(r.Context(), e)
	e.write(w, r)
}

func (p *Provider) note(ctx context.Context, e *oauthError) {
	if e.cause != nil {
		p.log.WarnContext(ctx, "oauth request failed", "error", e.code, "cause", e.cause)
	}
}
