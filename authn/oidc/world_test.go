package oidc_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/authn"
	"simtrust/authn/oidc"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// world is a provider over a real store, real keys and real accounts, in front of a network of fakes.
type world struct {
	t        testing.TB
	now      *clock
	lines    *lines
	accounts *account.Service
	keys     *keys.Ring
	provider *oidc.Provider
	handler  http.Handler
	base     string // where the server listens
	issuer   string // who it says it is: base, unless a test says otherwise
	http     *http.Client
	apps     map[string]account.Registered
	db       *sqldb.DB
	logs     *logs
	phones   *phones
	pace     rpc.Rate
}

const (
	number   = "+8613800000001"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "https://shop.example/callback"
	initiate = "https://shop.example/login"
	purpose  = "dpv:FraudPreventionAndDetection"
)

var schema = []sqldb.Migrations{account.Migrations(), oidc.Migrations()}

func newWorld(t testing.TB, db *sqldb.DB, issuer ...string) *world {
	t.Helper()
	w := &world{
		t: t, now: &clock{at: time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)},
		lines: &lines{
			sessions: map[string]authn.Located{}, holdings: map[simtrust.TenureID]renumber.Holding{},
			doubts: map[simtrust.Number]time.Time{},
		},
		apps: map[string]account.Registered{}, db: db, logs: &logs{}, phones: &phones{shown: map[string]oidc.Code{}},
	}
	srv := httptest.NewUnstartedServer(nil)
	w.base = "http://" + srv.Listener.Addr().String()
	w.issuer = append(issuer, w.base)[0]
	w.open(db)
	srv.Config.Handler = w.handler
	srv.Start()
	t.Cleanup(srv.Close)
	w.http = srv.Client()
	w.http.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	w.lines.attach("1", number, w.now.Now().Add(-time.Hour))
	w.register()
	return w
}

// open starts the server's parts over the store.
func (w *world) open(db *sqldb.DB) {
	w.t.Helper()
	dir := w.t.TempDir()
	var err error
	w.keys, err = keys.Open(w.t.Context(), filepath.Join(dir, "keys"), keys.Options{Secret: filepath.Join(dir, "secret"), CreateSecret: true, Now: w.now.Now})
	w.must(err)
	w.accounts, err = account.New(account.Deps{DB: db, Tenures: w.lines, Now: w.now.Now}, account.Config{SubjectKey: w.keys.HMAC("subjects")})
	w.must(err)
	w.t.Cleanup(w.accounts.Close)
	w.provider, w.handler = w.serveOn(db)
}

// serveOn starts a provider with its router.
func (w *world) serveOn(db *sqldb.DB) (*oidc.Provider, http.Handler) {
	w.t.Helper()
	p, err := oidc.New(oidc.Deps{
		DB: db, Network: w.lines, Accounts: w.accounts, Tenures: w.lines, Keys: w.keys, Now: w.now.Now,
	}, oidc.Config{Issuer: w.issuer, Log: w.logs.logger(), Pace: w.pace, TicketKey: w.keys.HMAC("tickets")})
	w.must(err)
	w.t.Cleanup(p.Close)
	p.ShowCodes(w.phones)
	router := rpc.NewRouter(rpc.Config{Auth: p, Now: w.now.Now, Log: w.logs.logger()})
	p.Mount(router)
	return p, router
}

// node starts another provider over the same store, as another process would.
func (w *world) node() http.Handler {
	w.t.Helper()
	_, handler := w.serveOn(w.db)
	return handler
}

// serve passes a request to a handler without a connection.
func serve(h http.Handler, req *http.Request) reply {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, req)
	return reply{rec.Result(), rec.Body.String()}
}

func (w *world) register() {
	user := []string{"openid", "phone", "number-recycling:check"}
	nv := append([]string{oidc.ScopeVerify, oidc.ScopeShare, purpose, "dpv:Marketing"}, user...)
	for _, reg := range []account.Registration{
		{ID: "shop", Auth: account.AuthNone, Profile: account.ProfileOIDC, Scopes: user, InitiateURI: initiate},
		{ID: "web", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: nv, InitiateURI: initiate},
		{ID: "bank", Auth: account.AuthKey, Profile: account.ProfileFAPI2, Scopes: user, JWKS: bankKey.public()},
		{ID: "camara", Auth: account.AuthKey, Profile: account.ProfileCAMARA, Scopes: nv, JWKS: camaraKey.public(), InitiateURI: initiate,
			LegalBases: map[string]string{purpose: "legitimate-interest"}},
		{ID: "service", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{"number-recycling:check", "openid"}},
		{ID: "inspector", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{oidc.ScopeIntrospect}},
		{ID: "messages", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{oidc.ScopeTicket}},
		{ID: "letters", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{oidc.ScopeTicket}},
	} {
		reg.Name, reg.RedirectURIs = "Demo "+reg.ID, []string{callback}
		app, err := w.accounts.RegisterApp(w.t.Context(), reg)
		w.must(err)
		w.apps[reg.ID] = app
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run is a subtest that reports the world's own failures as its own.
func (w *world) run(t *testing.T, name string, fn func(t *testing.T)) {
	t.Run(name, func(t *testing.T) {
		outer := w.t
		w.t = t
		defer func() { w.t = outer }()
		fn(t)
	})
}

// each runs fn on a world over every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	sqldbtest.Each(t, schema, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// onSQLite runs a test whose outcome does not depend on the store.
func onSQLite(t testing.TB, issuer ...string) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, schema...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db, issuer...)
}

func withdrawal(id simtrust.TenureID, app string) account.WithdrawReq {
	return account.WithdrawReq{Tenure: id, App: app, Everything: true}
}
