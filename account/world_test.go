package account_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"go.step.sm/crypto/jose"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// world is the module with everything around it that a test turns: the clock, and who holds what.
type world struct {
	*account.Service
	t       *testing.T
	db      *sqldb.DB
	clock   *clock
	tenures *tenures
}

type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// tenures are those that are current.
type tenures struct {
	mu   sync.Mutex
	live map[simtrust.TenureID]renumber.Holding
	down bool
}

var errDown = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "renumber does not answer"}

func (h *tenures) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errDown
	}
	found := maps.Clone(h.live)
	maps.DeleteFunc(found, func(id simtrust.TenureID, _ renumber.Holding) bool { return !slices.Contains(ids, id) })
	return found, nil
}

func (h *tenures) set(id simtrust.TenureID, change func(*renumber.Holding)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.live[id]
	change(&held)
	h.live[id] = held
}

func (h *tenures) remove(id simtrust.TenureID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.live, id)
}

// each runs fn on a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{account.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// embedded is a world on the embedded store, for rules that no store has a say in.
func embedded(t *testing.T) *world {
	t.Helper()
	url := sqldbtest.SQLiteURL(t)
	db := sqldbtest.Open(t, url)
	if err := sqldb.Migrate(t.Context(), db, account.Migrations()); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{
		t: t, db: db, clock: &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)},
		tenures: &tenures{live: map[simtrust.TenureID]renumber.Holding{}},
	}
	w.Service = w.node()
	return w
}

// node starts another instance on the same store.
func (w *world) node() *account.Service {
	w.t.Helper()
	return w.nodeWithKey("0123456789abcdef0123456789abcdef")
}

func (w *world) nodeWithKey(key string) *account.Service {
	w.t.Helper()
	s, err := account.New(account.Deps{DB: w.db, Tenures: w.tenures, Log: slog.New(slog.DiscardHandler), Now: w.clock.now},
		account.Config{SubjectKey: []byte(key)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// hold opens a tenure.
func (w *world) hold() simtrust.TenureID {
	id := simtrust.NewTenureID()
	w.tenures.set(id, func(h *renumber.Holding) { h.ID = id })
	return id
}

// end ends a tenure with effect from an instant, the event included.
func (w *world) end(id simtrust.TenureID, effective time.Time) {
	w.t.Helper()
	w.tenures.remove(id)
	e := simtrust.TenureEnded{Tenure: id, Seq: 2, Cause: "disconnected", Effective: effective, Recorded: w.clock.now()}
	if err := w.TenureEnded(w.t.Context(), e); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) register(r account.Registration) account.App {
	w.t.Helper()
	res, err := w.RegisterApp(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return res.App
}

// app registers a public app on a host of its own.
func (w *world) app(host string) account.App {
	w.t.Helper()
	return w.register(public(host))
}

func public(host string) account.Registration {
	return account.Registration{
		Name: "Shop", Auth: account.AuthNone, Profile: account.ProfileOIDC,
		RedirectURIs: []string{"https://" + host + "/callback"}, Scopes: []string{"openid", "phone", "dpv:Marketing"},
	}
}

// login consents to openid and phone and enters.
func (w *world) login(tenure simtrust.TenureID, app account.App) account.Entry {
	w.t.Helper()
	req := account.ConsentReq{Tenure: tenure, App: app, Scopes: []string{"openid", "phone"}}
	if err := w.Consent(w.t.Context(), req); err != nil {
		w.t.Fatal(err)
	}
	return w.enter(tenure, app)
}

// enter enters with openid and phone, and must be let in.
func (w *world) enter(tenure simtrust.TenureID, app account.App) account.Entry {
	w.t.Helper()
	e, err := w.Enter(w.t.Context(), account.EnterReq{Tenure: tenure, App: app, Scopes: []string{"openid", "phone"}})
	if err != nil {
		w.t.Fatal(err)
	}
	if !e.Consented || e.Account == "" || e.Subject == "" {
		w.t.Fatalf("not let in: %+v", e)
	}
	return e
}

// count runs a query for one number.
func (w *world) count(q string, args ...any) int {
	w.t.Helper()
	var n int
	if err := w.db.QueryRow(w.t.Context(), q, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func wantError(t *testing.T, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if !errors.Is(err, &simtrust.Error{Kind: kind, Reason: reason}) {
		t.Fatalf("error %v, want %s %s", err, kind, reason)
	}
}

// jwks makes a JWK set of new P-256 public keys with the given ids.
func jwks(t *testing.T, kids ...string) []byte {
	t.Helper()
	var set jose.JSONWebKeySet
	for _, kid := range kids {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: key.Public(), KeyID: kid})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// kids are the ids of an app's keys.
func kids(t *testing.T, app account.App) []string {
	t.Helper()
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(app.JWKS, &set); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, k := range set.Keys {
		ids = append(ids, k.KeyID)
	}
	return ids
}
