package oidc_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
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
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.at = c.at.Add(d) }

// logs is what was logged.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) { l.mu.Lock(); defer l.mu.Unlock(); return l.text.Write(p) }

func (l *logs) String() string { l.mu.Lock(); defer l.mu.Unlock(); return l.text.String() }

func (l *logs) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// lineHeader tells the fake network which line a request comes over; without it, over none.
const lineHeader = "X-Test-Line"

// lines is the network and the record of tenures.
type lines struct {
	mu       sync.Mutex
	sessions map[string]authn.Located
	holdings map[simtrust.TenureID]renumber.Holding
	doubts   map[simtrust.Number]time.Time
	down     bool
}

func (l *lines) Locate(_ context.Context, r *http.Request) (authn.Located, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.sessions[r.Header.Get(lineHeader)]
	switch {
	case l.down:
		return authn.Located{}, errAway
	case !ok:
		return authn.Located{}, &simtrust.Error{Kind: simtrust.KindDenied, Reason: authn.ReasonNoSession}
	}
	return at, nil
}

func (l *lines) Doubted(_ context.Context, n simtrust.Number, since time.Time) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at, ok := l.doubts[n]
	return ok && !at.Before(since), nil
}

func (l *lines) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, errAway
	}
	live := map[simtrust.TenureID]renumber.Holding{}
	for _, id := range ids {
		if h, ok := l.holdings[id]; ok {
			live[id] = h
		}
	}
	return live, nil
}

var errAway = &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "away"}

// attach gives a line a new holder with a session of its own.
func (l *lines) attach(line, number string, since time.Time) authn.Located {
	n, err := simtrust.ParseNumber(number)
	if err != nil {
		panic(err)
	}
	at := authn.Located{
		Tenure: simtrust.NewTenureID(), Number: n, IMSI: "46000" + line, Session: "ses-" + line, Method: authn.MethodRADIUS, Since: since,
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sessions[line] = at
	l.holdings[at.Tenure] = renumber.Holding{
		Tenure: simtrust.Tenure{ID: at.Tenure, Number: n, Opened: since}, SIMChanged: since, SIMChangedRecorded: since,
		SIMs: []renumber.SIM{{IMSI: at.IMSI, Primary: true, Since: since}},
	}
	return at
}

func (l *lines) change(f func()) { l.mu.Lock(); defer l.mu.Unlock(); f() }

func (l *lines) holding(id simtrust.TenureID, f func(*renumber.Holding)) {
	l.change(func() {
		h := l.holdings[id]
		f(&h)
		l.holdings[id] = h
	})
}

const (
	number   = "+8613800000001"
	verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
	callback = "https://shop.example/callback"
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
		apps: map[string]account.Registered{}, db: db, logs: &logs{},
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
	}, oidc.Config{Issuer: w.issuer, Log: w.logs.logger()})
	w.must(err)
	w.t.Cleanup(p.Close)
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
		{ID: "shop", Auth: account.AuthNone, Profile: account.ProfileOIDC, Scopes: user},
		{ID: "web", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: nv},
		{ID: "bank", Auth: account.AuthKey, Profile: account.ProfileFAPI2, Scopes: user, JWKS: bankKey.public()},
		{ID: "camara", Auth: account.AuthKey, Profile: account.ProfileCAMARA, Scopes: nv, JWKS: camaraKey.public(),
			LegalBases: map[string]string{purpose: "legitimate-interest"}},
		{ID: "service", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{"number-recycling:check", "openid"}},
		{ID: "inspector", Auth: account.AuthSecret, Profile: account.ProfileOIDC, Scopes: []string{oidc.ScopeIntrospect}},
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

// reply is a response read to its end.
type reply struct {
	*http.Response
	body string
}

func (w *world) do(req *http.Request) reply {
	w.t.Helper()
	res, err := w.http.Do(req)
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return reply{res, string(body)}
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	w.must(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	return req
}

// get asks over line 1.
func (w *world) get(path string, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, path, "", append(header, lineHeader, "1")...))
}

func (w *world) post(path string, form url.Values, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodPost, path, form.Encode(), header...))
}

// authorize asks as camara for number verification, with changes: an empty value removes a parameter.
func (w *world) authorize(changes ...string) reply {
	w.t.Helper()
	return w.get("/authorize?" + authorization(changes...).Encode())
}

func authorization(changes ...string) url.Values {
	q := url.Values{
		"client_id": {"camara"}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"st-1"}, "nonce": {"no-1"},
		"scope": {"openid " + oidc.ScopeVerify + " " + oidc.ScopeShare + " " + purpose}, "code_challenge_method": {"S256"}, "code_challenge": {challenge(verifier)},
	}
	return changed(q, changes...)
}

func changed(q url.Values, changes ...string) url.Values {
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// answer is the response at the redirect URI.
func (r reply) answer(t testing.TB) url.Values {
	t.Helper()
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(r.Header.Get("Location"), callback+"?") {
		t.Fatalf("%d to %q: not a redirect to the client\n%s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	return to.Query()
}

func (w *world) code(changes ...string) string {
	w.t.Helper()
	code := w.authorize(changes...).answer(w.t).Get("code")
	if code == "" {
		w.t.Fatal("no code")
	}
	return code
}

// exchange is a token request of the camara client for a code.
func (w *world) exchange(code string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
		"client_assertion_type": {assertionType}, "client_assertion": {camaraKey.assertion(w, "camara")},
	}, changes...)
}

type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope"`
	ID      string `json:"id_token"`
}

func (w *world) tokens(r reply) tokens {
	w.t.Helper()
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("token: %d %s", r.StatusCode, r.body)
	}
	var out tokens
	w.must(json.Unmarshal([]byte(r.body), &out))
	return out
}

// verification returns a fresh number-verification token.
func (w *world) verification() string {
	w.t.Helper()
	return w.tokens(w.post("/token", w.exchange(w.code()))).Access
}

const (
	pathVerify = "/number-verification/v2/verify"
	pathShare  = "/number-verification/v2/device-phone-number"
)

func (w *world) verify(token, body string, header ...string) reply {
	w.t.Helper()
	req := w.request(http.MethodPost, pathVerify, body, append(header, "Authorization", "Bearer "+token)...)
	req.Header.Set("Content-Type", "application/json")
	return w.do(req)
}

func (w *world) share(token string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, pathShare, "", "Authorization", "Bearer "+token))
}

// oauthError is "status error" of an OAuth error response.
func (r reply) oauthError() string {
	var e struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal([]byte(r.body), &e)
	return http.StatusText(r.StatusCode) + " " + e.Error
}

// camaraError is the code of an ErrorInfo, after its status.
func (r reply) camaraError() string {
	var e struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	}
	_ = json.Unmarshal([]byte(r.body), &e)
	if e.Status != r.StatusCode {
		return "status and body differ: " + r.body
	}
	return http.StatusText(r.StatusCode) + " " + e.Code
}

func withdrawal(id simtrust.TenureID, app string) account.WithdrawReq {
	return account.WithdrawReq{Tenure: id, App: app, Everything: true}
}

// tenure is the one on a line now.
func (l *lines) tenure(line string) simtrust.TenureID {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.sessions[line].Tenure
}
