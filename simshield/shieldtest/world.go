// Package shieldtest is a small operator for tests of what stands on simshield: real authority, platform and cards in telephones, and
// persons who answer as told. Nothing happens by itself: Settle lets everything happen that is under way.
package shieldtest

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/receipt"
)

// Migrations are the tables that a World needs, and further ones.
func Migrations(further ...sqldb.Migrations) []sqldb.Migrations {
	return append([]sqldb.Migrations{ca.Migrations(), outbox.Migrations(), gateway.Migrations(), simshield.Migrations()}, further...)
}

// World is the operator.
type World struct {
	*simshield.Service
	Clock   *Clock
	Holders *Holders
	Parties Parties
	t       testing.TB
	db      *sqldb.DB
	gateway *gateway.Service
	ca      *ca.Service
	phones  *phones
}

// Clock is the time that all go by.
type Clock struct {
	mu sync.Mutex
	at time.Time
}

// Now is the time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

// Advance lets time pass.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// Parties are the applications, by id.
type Parties map[string]simshield.Party

// Party implements simshield.Parties.
func (p Parties) Party(_ context.Context, id string) (simshield.Party, error) {
	party, ok := p[id]
	if !ok {
		return party, &simtrust.Error{Kind: simtrust.KindNotFound, Msg: "no such application"}
	}
	return party, nil
}

// New returns a world with the application registrar. prompts is how often a card may be asked in a minute.
func New(t testing.TB, db *sqldb.DB, prompts int64) *World {
	t.Helper()
	w := &World{t: t, db: db, Clock: &Clock{at: time.Now().UTC().Truncate(time.Millisecond)}, Holders: newHolders(), phones: newPhones(),
		Parties: Parties{"registrar": {ID: "registrar", Name: "实名登记处"}}}
	quiet := slog.New(slog.DiscardHandler)
	events := outbox.New(db, w.Clock.Now, quiet)
	var err error
	w.ca, err = ca.New(ca.Deps{DB: db, Outbox: events, Tenures: standing{w.Holders}, Tokens: refusal{}, Log: quiet, Now: w.Clock.Now},
		hierarchy(t), ca.Config{BaseURL: "http://ca.example", SubjectKey: bytes.Repeat([]byte{7}, 32), SigningTime: time.Minute})
	must(t, err)
	t.Cleanup(w.ca.Close)
	w.gateway, err = gateway.New(gateway.Deps{DB: db, Bearer: w.phones, Log: quiet, Metrics: prometheus.NewRegistry(), Now: w.Clock.Now},
		gateway.Config{CardKey: bytes.Repeat([]byte{9}, 32)})
	must(t, err)
	t.Cleanup(w.gateway.Close)
	w.Service, err = simshield.New(simshield.Deps{
		DB: db, Holders: w.Holders, Authority: w.ca, Parties: w.Parties, Gateway: w.gateway, Evidence: evidence{}, Outbox: events,
		Log: quiet, Metrics: prometheus.NewRegistry(), Now: w.Clock.Now,
	}, simshield.Config{Audience: "https://id.example", PersonKey: bytes.Repeat([]byte{3}, 32), Prompts: simshield.Prompts{Card: prompts, Party: prompts},
		Policy: simshield.DefaultPolicy(time.FixedZone("Asia/Shanghai", 8*60*60))})
	must(t, err)
	t.Cleanup(w.Service.Close)
	w.gateway.Handle(w.Service)
	return w
}

// Roots are the authority's roots, DER.
func (w *World) Roots() (roots [][]byte) {
	for _, i := range w.ca.Hierarchy().Issuers {
		roots = append(roots, i.Chain[len(i.Chain)-1])
	}
	return roots
}

// Client gives a number to a person with a card that has all keys of the eID applet.
func (w *World) Client(number, nationalID string, a applet.Algorithm) *Phone {
	w.t.Helper()
	return w.enrol(number, simshield.RegisterReq{Party: "registrar", Application: applet.EID, Algorithm: a, NationalID: nationalID,
		Subject: ca.Subject{Country: "CN", CommonName: "王小明", GivenName: "小明", Surname: "王"}})
}

// Customer gives a number to a person with a card that has all keys of a bank's applet.
func (w *World) Customer(number, bank string, a applet.Algorithm) *Phone {
	w.t.Helper()
	return w.enrol(number, simshield.RegisterReq{Party: bank, Application: applet.Bank, Algorithm: a,
		Subject: ca.Subject{Country: "CN", CommonName: "王小明"}})
}

func (w *World) enrol(number string, req simshield.RegisterReq) *Phone {
	w.t.Helper()
	p := w.subscriber(number)
	var err error
	req.Number, err = simtrust.ParseNumber(number)
	must(w.t, err)
	req.Kinds, req.Identified = []applet.Kind{applet.KindLogin, applet.KindDocument, applet.KindTransaction}, simshield.AtCounter
	r, err := w.Register(w.t.Context(), req)
	must(w.t, err)
	p.Person.code = r.Code
	w.Settle()
	if r, err = w.Registration(w.t.Context(), req.Party, r.ID); err != nil || r.State != simshield.RegistrationDone {
		w.t.Fatalf("the registration is %s %s, %v", r.State, r.Cause, err)
	}
	p.Person.Shown = nil
	return p
}

// Settle lets everything happen that is under way: messages, prompts, answers.
func (w *World) Settle() {
	w.t.Helper()
	for {
		must(w.t, w.gateway.Drain(w.t.Context()))
		mail := w.phones.settle(w.t)
		for imsi, tpdus := range mail {
			if err := w.gateway.Receive(w.t.Context(), imsi, tpdus); err != nil && simtrust.KindOf(err) != simtrust.KindUnavailable {
				w.t.Fatal(err)
			}
		}
		if len(mail) == 0 {
			return
		}
	}
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refusal signs no authorisation tokens: the module authorises by itself.
type refusal struct{ ca.Tokens }

// evidence seals nothing; that is package receipt's.
type evidence struct{}

func (evidence) Seal(_ context.Context, f receipt.Facts) ([]byte, error) { return []byte(f.ID), nil }

func (evidence) Include(_ context.Context, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}

// standing is what ca asks of the holders.
type standing struct{ *Holders }

func (s standing) Current(ctx context.Context, ids []simtrust.TenureID) (current []simtrust.TenureID, err error) {
	live, err := s.Live(ctx, ids)
	for id := range live {
		current = append(current, id)
	}
	return current, err
}

// Holders says who holds which number.
type Holders struct {
	mu  sync.Mutex
	now map[simtrust.Number]renumber.Holding
}

func newHolders() *Holders { return &Holders{now: map[simtrust.Number]renumber.Holding{}} }

// Current implements simshield.Holders.
func (h *Holders) Current(_ context.Context, n simtrust.Number) (renumber.Holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, ok := h.now[n]
	if !ok {
		return held, &simtrust.Error{Kind: simtrust.KindNotFound, Msg: "nobody holds the number"}
	}
	return held, nil
}

// Live implements simshield.Holders.
func (h *Holders) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	live := map[simtrust.TenureID]renumber.Holding{}
	for _, held := range h.now {
		for _, id := range ids {
			if held.ID == id {
				live[id] = held
			}
		}
	}
	return live, nil
}

// Lose gives a number to somebody else.
func (h *Holders) Lose(n simtrust.Number) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held := h.now[n]
	held.ID = simtrust.NewTenureID()
	h.now[n] = held
}

// hierarchy is made once for a test binary: a ceremony makes many keys.
func hierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	made.once.Do(func() {
		vault, err := keys.OpenVault(context.Background(), keys.VaultOptions{Dir: t.TempDir(), Secret: t.TempDir() + "/secret", CreateSecret: true})
		must(t, err)
		made.hierarchy, err = ceremony.Ceremony{Dir: t.TempDir(), Vault: vault}.Open(context.Background(), ceremony.Default("http://ca.example", time.Now()))
		must(t, err)
	})
	return made.hierarchy
}

var made struct {
	once      sync.Once
	hierarchy *ca.Hierarchy
}
