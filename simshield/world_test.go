package simshield_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.step.sm/crypto/jose"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	"simtrust/simshield/gateway"
	"simtrust/simshield/ota"
	"simtrust/simshield/receipt"
	"simtrust/simshield/request"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

const (
	audience   = "https://id.example"
	simPIN     = "1234"
	loginPIN   = "2580"
	signingPIN = "147258"
	firstPhone = "+8613800000001"
)

// world is the module with all that a test turns: the clock, who holds which number, the telephones with their cards and persons, and
// what the evidence stands on.
type world struct {
	*simshield.Service
	t        testing.TB
	db       *sqldb.DB
	clock    *clock
	holders  *holders
	parties  *parties
	ca       *issuing
	gateway  *gateway.Service
	evidence *evidence
	outbox   *outbox.Outbox
	phones   *phones
	policy   simshield.Policy
	prompts  simshield.Prompts
	bank     *bank
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

// each runs fn on a fresh world on every store.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{ca.Migrations(), outbox.Migrations(), gateway.Migrations(), simshield.Migrations()},
		func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	t.Helper()
	w := &world{t: t, db: db, clock: &clock{at: time.Now().UTC().Truncate(time.Millisecond)}, evidence: &evidence{}, parties: &parties{all: map[string]simshield.Party{}},
		holders: &holders{now: map[simtrust.Number]renumber.Holding{}}}
	w.policy = simshield.DefaultPolicy(time.FixedZone("Asia/Shanghai", 8*60*60))
	w.prompts = simshield.Prompts{Card: 1000}
	w.outbox = outbox.New(db, w.clock.now, slog.New(slog.DiscardHandler))
	w.phones = newPhones(w)
	w.bank = w.register("bank", "示例银行")
	w.ca = &issuing{Service: w.authority()}
	w.evidence.ca = w.ca
	w.gateway = w.platform()
	w.Service = w.node()
	return w
}

// authority is a real one, with the hierarchy of a ceremony.
func (w *world) authority() *ca.Service {
	w.t.Helper()
	s, err := ca.New(ca.Deps{DB: w.db, Outbox: w.outbox, Tenures: standing{w.holders}, Tokens: refusal{}, Log: slog.New(slog.DiscardHandler), Now: w.clock.now},
		hierarchy(w.t), ca.Config{BaseURL: "http://ca.example", SubjectKey: bytes.Repeat([]byte{7}, 32), SigningTime: time.Minute})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	return s
}

// issuing is the authority with what happens while it issues.
type issuing struct {
	*ca.Service
	during func()
	refuse error
	// abandoned is how many requests more the authority begins and does not finish.
	abandoned int
	asked     []string // the request keys
}

func (i *issuing) Issue(ctx context.Context, req ca.IssueReq) (ca.Certificate, error) {
	i.asked = append(i.asked, req.RequestKey)
	if i.abandoned > 0 {
		i.abandoned--
		return ca.Certificate{}, &simtrust.Error{Kind: simtrust.KindConflict, Reason: ca.ReasonAbandoned, Msg: "begun and not finished"}
	}
	if i.refuse != nil {
		return ca.Certificate{}, i.refuse
	}
	c, err := i.Service.Issue(ctx, req)
	if i.during != nil {
		i.during()
	}
	return c, err
}

// refusal signs no authorisation tokens: the module is a face that authorises by itself.
type refusal struct{ ca.Tokens }

// hierarchy is made once: a ceremony makes many keys.
var hierarchyOnce sync.Once
var hierarchyMade *ca.Hierarchy

func hierarchy(t testing.TB) *ca.Hierarchy {
	t.Helper()
	hierarchyOnce.Do(func() {
		vault, err := keys.OpenVault(context.Background(), keys.VaultOptions{Dir: t.TempDir(), Secret: t.TempDir() + "/secret", CreateSecret: true})
		if err != nil {
			t.Fatal(err)
		}
		made, err := ceremony.Ceremony{Dir: t.TempDir(), Vault: vault}.Open(context.Background(), ceremony.Default("http://ca.example", time.Now()))
		if err != nil {
			t.Fatal(err)
		}
		hierarchyMade = made
	})
	return hierarchyMade
}

func (w *world) platform() *gateway.Service {
	w.t.Helper()
	g, err := gateway.New(gateway.Deps{DB: w.db, Bearer: w.phones, Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: w.clock.now},
		gateway.Config{CardKey: bytes.Repeat([]byte{9}, 32)})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(g.Close)
	return g
}

// prompting is the module with other bounds of prompts.
func (w *world) prompting(p simshield.Prompts) {
	w.prompts = p
	w.Service = w.node()
}

// node starts another instance on the same store.
func (w *world) node() *simshield.Service {
	w.t.Helper()
	s, err := simshield.New(simshield.Deps{
		DB: w.db, Holders: w.holders, Authority: w.ca, Parties: w.parties, Gateway: w.gateway, Evidence: w.evidence, Outbox: w.outbox,
		Log: slog.New(slog.DiscardHandler), Metrics: prometheus.NewRegistry(), Now: w.clock.now,
	}, simshield.Config{Audience: audience, PersonKey: bytes.Repeat([]byte{3}, 32), Policy: w.policy, Prompts: w.prompts})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(s.Close)
	w.gateway.Handle(s)
	return s
}

// holders is who holds which number.
type holders struct {
	mu   sync.Mutex
	now  map[simtrust.Number]renumber.Holding
	down bool
}

var errDown = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "it does not answer"}

func (h *holders) Current(_ context.Context, n simtrust.Number) (renumber.Holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	held, ok := h.now[n]
	switch {
	case h.down:
		return held, errDown
	case !ok || held.OutOfSight:
		return held, &simtrust.Error{Kind: simtrust.KindNotFound, Msg: "nobody holds the number"}
	}
	return held, nil
}

func (h *holders) Live(_ context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return nil, errDown
	}
	live := map[simtrust.TenureID]renumber.Holding{}
	for _, held := range h.now {
		if slices.Contains(ids, held.ID) && !held.OutOfSight {
			live[held.ID] = held
		}
	}
	return live, nil
}

func (h *holders) set(n simtrust.Number, held renumber.Holding) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now[n] = held
}

// standing is what ca asks.
type standing struct{ *holders }

func (s standing) Current(ctx context.Context, ids []simtrust.TenureID) ([]simtrust.TenureID, error) {
	live, err := s.Live(ctx, ids)
	return slices.Collect(maps.Keys(live)), err
}

// bank is a party with a key.
type bank struct {
	id, name string
	key      *ecdsa.PrivateKey
	w        *world
}

// parties are the applications.
type parties struct {
	mu  sync.Mutex
	all map[string]simshield.Party
}

func (p *parties) Party(_ context.Context, id string) (simshield.Party, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	party, ok := p.all[id]
	if !ok {
		return party, &simtrust.Error{Kind: simtrust.KindNotFound, Msg: "no such application"}
	}
	return party, nil
}

func (p *parties) set(party simshield.Party) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all[party.ID] = party
}

// register makes a party with one key.
func (w *world) register(id, name string) *bank {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	jwks, err := json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: key.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	if err != nil {
		w.t.Fatal(err)
	}
	w.parties.set(simshield.Party{ID: id, Name: name, JWKS: jwks, Confirms: true})
	return &bank{id, name, key, w}
}

// claims are a request's; a test changes some.
type claims map[string]any

func (b *bank) transfer(order string, yuan int) claims {
	now := b.w.clock.now()
	return claims{
		"iss": b.id, "aud": audience, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "order": order, "phone_number": firstPhone,
		"customer": "6222020200112233", "transfer": claims{
			"payee_name": "张伟", "payee_account": "6217000010001234567", "amount": fmt.Sprintf("%d.00", yuan), "currency": "CNY", "memo": "货款",
			"time": now.Truncate(time.Second).Format(time.RFC3339),
		},
	}
}

func (b *bank) login(order string) claims {
	c := b.transfer(order, 1)
	delete(c, "transfer")
	delete(c, "customer")
	c["login"] = claims{"challenge": bytes.Repeat([]byte{5}, 32)}
	return c
}

// sign makes the request.
func (b *bank) sign(c claims) string {
	b.w.t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(c))
	token.Header["typ"], token.Header["kid"] = request.Type, "1"
	text, err := token.SignedString(b.key)
	if err != nil {
		b.w.t.Fatal(err)
	}
	return text
}

// ask asks for what must be accepted.
func (b *bank) ask(c claims) simshield.Transaction {
	b.w.t.Helper()
	t, err := b.w.Confirm(b.w.t.Context(), b.id, b.sign(c))
	if err != nil {
		b.w.t.Fatal(err)
	}
	return t
}

// refused asks for what must be refused, for that reason.
func (b *bank) refused(reason string, c claims) {
	b.w.t.Helper()
	if t, err := b.w.Confirm(b.w.t.Context(), b.id, b.sign(c)); simtrust.ReasonOf(err) != reason {
		b.w.t.Errorf("want %s, got %v, %v", reason, t.State, err)
	}
}

// evidence notes what it is asked to seal, where the certificate stands.
type evidence struct {
	ca     simshield.Authority
	mu     sync.Mutex
	err    error
	sealed []receipt.Facts
}

func (e *evidence) Seal(ctx context.Context, f receipt.Facts) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err != nil {
		return nil, e.err
	}
	issuer, serial, _ := ca.SplitID(f.Certificate)
	list, err := e.ca.Statuses(ctx, issuer, [][]byte{serial})
	if err != nil {
		return nil, err
	}
	if !list[0].Revoked.IsZero() {
		return nil, &simtrust.Error{Kind: simtrust.KindDenied, Msg: "revoked"}
	}
	e.sealed = append(e.sealed, f)
	return []byte(`{"id":"` + f.ID + `"}`), nil
}

func (e *evidence) Include(_ context.Context, _ string, sealed []byte) ([]byte, error) {
	return sealed, nil
}

func (e *evidence) fail(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

// phones are the telephones, and the bearer to them.
type phones struct {
	w    *world
	mu   sync.Mutex
	all  map[string]*phone // by IMSI
	mail []mail
}

type mail struct {
	imsi string
	tpdu []byte
}

type phone struct {
	*handset.Phone
	iccid  string
	person *person
	absent bool
}

func newPhones(w *world) *phones { return &phones{w: w, all: map[string]*phone{}} }

// Deliver implements gateway.Bearer.
func (p *phones) Deliver(_ context.Context, m gateway.Message) (gateway.Delivery, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	phone := p.all[m.IMSI]
	if phone == nil || phone.absent {
		return gateway.Delivery{State: gateway.PhoneAbsent}, nil
	}
	var report handset.Report
	for _, tpdu := range m.TPDUs {
		var err error
		if report, err = phone.Deliver(tpdu); err != nil {
			return gateway.Delivery{}, err
		}
	}
	return gateway.Delivery{State: gateway.OnPhone, Report: report.TPDU}, nil
}

// person is who holds a telephone: shown is what was on the screen.
type person struct {
	mu      sync.Mutex
	shown   []string
	code    string
	refuses bool
	ignores bool
	pins    []string // what is entered, in turn; none: the right one
}

func (p *person) Display(_ context.Context, text string) handset.Answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, text)
	return p.answer()
}

func (p *person) answer() handset.Answer {
	switch {
	case p.refuses:
		return handset.Cancel
	case p.ignores:
		return handset.NoResponse
	}
	return handset.OK
}

func (p *person) Input(_ context.Context, prompt handset.Prompt) (string, handset.Answer) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, prompt.Text)
	if !prompt.Hidden {
		return p.code, p.answer()
	}
	if len(p.pins) > 0 {
		pin := p.pins[0]
		p.pins = p.pins[1:]
		return pin, p.answer()
	}
	if prompt.Max == len(loginPIN) || strings.Contains(prompt.Text, "登录") {
		return loginPIN, p.answer()
	}
	return signingPIN, p.answer()
}

// subscriber gives a number to a holder with a card in a telephone.
func (w *world) subscriber(number string, place int) *phone {
	w.t.Helper()
	iccid, imsi := fmt.Sprintf("898600000000000%05d", place), fmt.Sprintf("4600000000%05d", place)
	p := w.card(iccid, imsi)
	n, err := simtrust.ParseNumber(number)
	if err != nil {
		w.t.Fatal(err)
	}
	w.holders.set(n, renumber.Holding{
		Tenure: simtrust.Tenure{ID: simtrust.NewTenureID(), Number: n, Opened: w.clock.now().Add(-1000 * time.Hour)},
		SIMs:   []renumber.SIM{{ICCID: iccid, IMSI: imsi, Primary: true}},
	})
	return p
}

// card makes a card, in a telephone that is on, known to the platform.
func (w *world) card(iccid, imsi string) *phone {
	w.t.Helper()
	kic, kid := bytes.Repeat([]byte{0x11}, 16), bytes.Repeat([]byte{0x22}, 16)
	card, err := softsim.New(&eeprom.RAM{}, softsim.Personalisation{
		ICCID: iccid, IMSI: imsi, MNCLength: 2, K: [16]byte{1}, OPc: [16]byte{2}, SIMPIN: simPIN, LoginPIN: loginPIN, SigningPIN: signingPIN,
		OTA: []softsim.KeySet{{Number: 1, KIc: kic, KID: kid}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	p := &phone{iccid: iccid, person: &person{}}
	p.Phone = handset.New(card, p.person, func(_ context.Context, tpdu []byte) error {
		w.phones.mail = append(w.phones.mail, mail{imsi, tpdu})
		return nil
	})
	if err := p.PowerOn(simPIN); err != nil {
		w.t.Fatal(err)
	}
	w.phones.mu.Lock()
	w.phones.all[imsi] = p
	w.phones.mu.Unlock()
	if _, err := w.gateway.Import(w.t.Context(), []gateway.Personalisation{{ICCID: iccid, IMSI: imsi, KeySet: 1, KIc: kic, KID: kid}}); err != nil {
		w.t.Fatal(err)
	}
	return p
}

// settle lets everything happen that is under way: messages, prompts, answers, events.
func (w *world) settle() {
	w.t.Helper()
	for {
		if err := w.gateway.Drain(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
		for _, imsi := range slices.Sorted(maps.Keys(w.phones.all)) {
			if err := w.phones.all[imsi].Settle(w.t.Context()); err != nil {
				w.t.Fatal(err)
			}
		}
		if len(w.phones.mail) == 0 {
			return
		}
		w.collect()
	}
}

// collect brings what the cards sent to the platform, message by message, as their short messages become complete.
func (w *world) collect() {
	w.t.Helper()
	parts := map[string][][]byte{}
	list := w.phones.mail
	w.phones.mail = nil
	for _, m := range list {
		parts[m.imsi] = append(parts[m.imsi], m.tpdu)
		if _, err := ota.JoinSubmits(parts[m.imsi]); err != nil {
			continue // there is more to come
		}
		if err := w.gateway.Receive(w.t.Context(), m.imsi, parts[m.imsi]); err != nil && simtrust.KindOf(err) != simtrust.KindUnavailable {
			w.t.Error(err)
		}
		delete(parts, m.imsi)
	}
}

// enrol registers keys and lets the person enter the code.
func (w *world) enrol(number string, p *phone, how simshield.Identified, a applet.Application, kinds ...applet.Kind) simshield.Registration {
	w.t.Helper()
	n, err := simtrust.ParseNumber(number)
	if err != nil {
		w.t.Fatal(err)
	}
	subject := ca.Subject{Country: "CN", CommonName: "王小明"}
	if a == applet.EID {
		subject.Surname, subject.GivenName = "王", "小明"
	}
	r, err := w.Register(w.t.Context(), simshield.RegisterReq{Party: w.bank.id, Number: n, Application: a, Kinds: kinds, Algorithm: applet.P256,
		Identified: how, Subject: subject})
	if err != nil {
		w.t.Fatal(err)
	}
	p.person.code = r.Code
	w.settle()
	r, err = w.Registration(w.t.Context(), w.bank.id, r.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}

// customer is a subscriber with all keys of the bank applet, identified at the counter.
func (w *world) customer() *phone {
	w.t.Helper()
	p := w.subscriber(firstPhone, 1)
	if r := w.enrol(firstPhone, p, simshield.AtCounter, applet.Bank, applet.KindLogin, applet.KindDocument, applet.KindTransaction); r.State != simshield.RegistrationDone {
		w.t.Fatalf("the registration is %s, %s", r.State, r.Cause)
	}
	p.person.shown = nil
	return p
}

// is checks how a transaction stands.
func (w *world) is(id string, state simshield.State, cause string) simshield.Transaction {
	w.t.Helper()
	t, err := w.Transaction(w.t.Context(), w.bank.id, id)
	if err != nil || t.State != state || t.Cause != cause {
		w.t.Fatalf("the transaction is %s %s, %v; want %s %s", t.State, t.Cause, err, state, cause)
	}
	return t
}
