//go:build bench

package e2e

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/prometheus/client_golang/prometheus"
	"go.step.sm/crypto/jose"
	"golang.org/x/sync/errgroup"

	"simtrust"
	"simtrust/ca"
	"simtrust/ca/ceremony"
	revocation "simtrust/ca/status"
	"simtrust/ca/tlog"
	"simtrust/ca/tsa"
	"simtrust/internal/keys"
	"simtrust/internal/outbox"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/applet"
	platform "simtrust/simshield/gateway"
	"simtrust/simshield/ota"
	"simtrust/simshield/receipt"
	"simtrust/simshield/request"
	"simtrust/simshield/softsim"
	"simtrust/simshield/softsim/eeprom"
	"simtrust/simshield/softsim/handset"
)

const (
	confirmPhones = 256
	waiters       = 100_000
)

// BenchmarkConfirm measures transfers confirmed on software SIMs, in process: the bank's signature made and verified, the order and its
// packet durable, the card's text, PIN and signature, the answer opened and verified, time stamp, status, and the end durable.
func BenchmarkConfirm(b *testing.B) {
	machine(b)
	stores := []struct {
		name, url string
		opts      []sqldb.Option
	}{
		{"SQLite", sqldbtest.SQLiteURL(b), nil},
		{"PostgreSQL", postgresURL(b), nil},
		{"PostgreSQL, not coalesced", postgresURL(b), []sqldb.Option{sqldb.WithoutCoalescing(), sqldb.WithMaxConns(aloneConns)}},
	}
	var shields []*shieldSite
	for _, store := range stores {
		progress("enrolling %d cards on %s", confirmPhones, store.name)
		shields = append(shields, newShieldSite(b, sqldbtest.Open(b, store.url, store.opts...)))
	}
	stop, err := profile(settings{Name: "confirm"})
	check(b, err)
	var rows [][]string
	for _, clients := range []int{1, 64, 256} {
		var contenders []contender
		for i, s := range shields {
			contenders = append(contenders, contender{name: fmt.Sprintf("%s, %d clients", stores[i].name, clients),
				process: &process{pid: os.Getpid()}, clients: clients, step: s.confirm})
		}
		all := contest(b, "confirm", 3, time.Second, 2*time.Second, contenders)
		for i, c := range contenders {
			s := all[c.name]
			rows = append(rows, []string{stores[i].name, fmt.Sprint(clients), fmt.Sprintf("%.0f", median(s, rate)), milliseconds(median(s, p50)),
				milliseconds(median(s, p99)), microseconds(median(s, cpu)), storeTime(stores[i].name, s)})
		}
	}
	check(b, stop())
	results.add(fmt.Sprintf("Transfers confirmed on %d software SIMs, in process", confirmPhones),
		[]string{"store", "clients", "confirmations/s", "p50", "p99", "CPU each, cards and bank included", "PostgreSQL CPU"}, rows...)
	results.add("Waiting for an answer from a phone", []string{"who wait", "heap each"},
		[]string{fmt.Sprint(waiters), fmt.Sprintf("%.1f KiB", shields[1].waiting(b)/1024)})
}

// shieldSite is the modules that a confirmation passes, over a store with enrolled cards.
type shieldSite struct {
	shield  *simshield.Service
	gateway *platform.Service
	bank    *ecdsa.PrivateKey
	jwks    []byte
	phones  []*benchPhone
	byIMSI  map[string]*benchPhone
	orders  atomic.Int64
	silent  atomic.Bool // the phones are not brought anything
}

func newShieldSite(b *testing.B, db *sqldb.DB) *shieldSite {
	b.Helper()
	s := &shieldSite{byIMSI: map[string]*benchPhone{}}
	check(b, sqldb.Migrate(b.Context(), db, outbox.Migrations(), renumber.Migrations(), ca.Migrations(), revocation.Migrations(), tsa.Migrations(),
		tlog.Migrations(), platform.Migrations(), simshield.Migrations()))
	log := slog.New(slog.DiscardHandler)
	events := outbox.New(db, time.Now, log)
	holders := renumber.New(renumber.Deps{DB: db, Outbox: events, Now: time.Now}, renumber.Config{Zone: time.UTC})
	b.Cleanup(holders.Close)
	s.register(b)
	authority, notary := shieldAuthority(b, db, events, holders)
	var err error
	s.gateway, err = platform.New(platform.Deps{DB: db, Bearer: s, Log: log, Metrics: prometheus.NewRegistry(), Now: time.Now},
		platform.Config{CardKey: bytes.Repeat([]byte{1}, 32)})
	check(b, err)
	b.Cleanup(s.gateway.Close)
	s.shield, err = simshield.New(simshield.Deps{DB: db, Holders: holders, Authority: authority, Parties: s, Gateway: s.gateway, Evidence: notary,
		Outbox: events, Log: log, Metrics: prometheus.NewRegistry(), Now: time.Now},
		simshield.Config{Audience: "https://id.example.com", PersonKey: bytes.Repeat([]byte{2}, 32), Prompts: simshield.Prompts{Card: 1 << 30},
			Policy: simshield.DefaultPolicy(time.UTC)})
	check(b, err)
	b.Cleanup(s.shield.Close)
	s.gateway.Handle(s.shield)
	running(b, events.Run, s.gateway.Run, s.shield.Run)
	s.people(b, holders)
	s.enrolAll(b)
	return s
}

// register makes the bank.
func (s *shieldSite) register(b *testing.B) {
	b.Helper()
	var err error
	s.bank, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(b, err)
	s.jwks, err = json.Marshal(jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: s.bank.Public(), KeyID: "1", Algorithm: "ES256", Use: "sig"}}})
	check(b, err)
}

// Party implements simshield.Parties.
func (s *shieldSite) Party(context.Context, string) (simshield.Party, error) {
	return simshield.Party{ID: "bank", Name: "示例银行", JWKS: s.jwks}, nil
}

// shieldAuthority is an authority with what its receipts take.
func shieldAuthority(b *testing.B, db *sqldb.DB, events *outbox.Outbox, holders *renumber.Service) (*ca.Service, *receipt.Notary) {
	b.Helper()
	log := slog.New(slog.DiscardHandler)
	vault, err := keys.OpenVault(b.Context(), keys.VaultOptions{Dir: b.TempDir(), Secret: b.TempDir() + "/secret", CreateSecret: true})
	check(b, err)
	hierarchy, err := (ceremony.Ceremony{Dir: b.TempDir(), Vault: vault}).Open(b.Context(), ceremony.Default("http://ca.example", time.Now()))
	check(b, err)
	authority, err := ca.New(ca.Deps{DB: db, Outbox: events, Tenures: benchTenures{holders}, Tokens: noTokens{}, Log: log, Now: time.Now}, hierarchy,
		ca.Config{BaseURL: "http://ca.example", SubjectKey: bytes.Repeat([]byte{3}, 32)})
	check(b, err)
	b.Cleanup(authority.Close)
	statuses, err := revocation.New(revocation.Deps{DB: db, Register: authority, Log: log, Now: time.Now}, hierarchy,
		revocation.Config{CRL: authority.URLs().CRL, Shards: authority.ShardCount()})
	check(b, err)
	stamps, err := tsa.New(b.Context(), tsa.Deps{DB: db, Log: log, Clock: tsa.SystemClock()}, hierarchy,
		tsa.Config{Policies: []asn1.ObjectIdentifier{{1, 3, 6, 1, 4, 1, 32473, 1, 7}}})
	check(b, err)
	record, err := tlog.New(tlog.Deps{DB: db, Register: authority, Log: log, Now: time.Now},
		tlog.Config{Dir: b.TempDir(), Origin: "ca.example/log", Seed: bytes.Repeat([]byte{4}, 32)})
	check(b, err)
	b.Cleanup(record.Close)
	outbox.On(events, "log", func(ctx context.Context, e simshield.Signed) error {
		return record.Record(ctx, tlog.Receipt{ID: e.ID, SHA256: e.SHA256})
	}, outbox.Gathered(200*time.Millisecond, 64))
	return authority, receipt.New(receipt.Deps{Stamper: stamps, Statuses: statuses, Log: record, CardKey: bytes.Repeat([]byte{5}, 32)})
}

// benchTenures are those that are current.
type benchTenures struct{ *renumber.Service }

// Current implements ca.Tenures.
func (t benchTenures) Current(ctx context.Context, ids []simtrust.TenureID) (current []simtrust.TenureID, err error) {
	live, err := t.Live(ctx, ids)
	for id := range live {
		current = append(current, id)
	}
	return current, err
}

// noTokens signs no authorisation tokens: the module that asks authorises.
type noTokens struct{ ca.Tokens }

// running runs services until the benchmark ends.
func running(b *testing.B, services ...func(context.Context) error) {
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	for _, run := range services {
		group.Go(func() { _ = run(ctx) })
	}
	b.Cleanup(func() { stop(); group.Wait() })
}

// benchPhone is a telephone with a card and a person who confirms everything.
type benchPhone struct {
	*handset.Phone
	number simtrust.Number
	code   chan string // handed out; the card may ask before
	parts  [][]byte
}

// Display implements handset.User.
func (p *benchPhone) Display(context.Context, string) handset.Answer { return handset.OK }

// Input implements handset.User.
func (p *benchPhone) Input(_ context.Context, prompt handset.Prompt) (string, handset.Answer) {
	if !prompt.Hidden {
		return <-p.code, handset.OK
	}
	return "147258", handset.OK
}

// people assigns a number with a card to everybody.
func (s *shieldSite) people(b *testing.B, holders *renumber.Service) {
	b.Helper()
	feed := renumber.FeedReq{Source: "benchmark"}
	var cards []platform.Personalisation
	for i := range confirmPhones {
		number, err := simtrust.ParseNumber(fmt.Sprintf("+86138%08d", i))
		check(b, err)
		iccid, imsi := fmt.Sprintf("898600%014d", i), fmt.Sprintf("46000%010d", i)
		feed.Events = append(feed.Events, renumber.FeedEvent{Seq: int64(i + 1), Type: renumber.Assign, Number: number.E164(),
			Holder: fmt.Sprint("holder-", i), Effective: time.Now().Add(-time.Hour), ICCID: iccid, IMSI: imsi})
		kic, kid := make([]byte, 16), make([]byte, 16)
		_, _ = rand.Read(kic)
		_, _ = rand.Read(kid)
		cards = append(cards, platform.Personalisation{ICCID: iccid, IMSI: imsi, KeySet: 1, KIc: kic, KID: kid})
		s.switchOn(b, number, cards[i])
	}
	res, err := holders.Feed(b.Context(), feed)
	check(b, err)
	if res.Results[0].Status != renumber.StatusApplied {
		b.Fatal(res.Results[0])
	}
	_, err = s.gateway.Import(b.Context(), cards)
	check(b, err)
}

// switchOn puts a card into a telephone.
func (s *shieldSite) switchOn(b *testing.B, number simtrust.Number, c platform.Personalisation) {
	b.Helper()
	card, err := softsim.New(eeprom.Forgetful{}, softsim.Personalisation{ICCID: c.ICCID, IMSI: c.IMSI, MNCLength: 2, K: [16]byte{1}, OPc: [16]byte{2},
		SIMPIN: "1234", LoginPIN: "2580", SigningPIN: "147258", OTA: []softsim.KeySet{{Number: c.KeySet, KIc: c.KIc, KID: c.KID}}})
	check(b, err)
	p := &benchPhone{number: number, code: make(chan string, 1)}
	p.Phone = handset.New(card, p, func(ctx context.Context, tpdu []byte) error {
		p.parts = append(p.parts, tpdu)
		if _, err := ota.JoinSubmits(p.parts); err != nil {
			return nil // there is more to come
		}
		parts := p.parts
		p.parts = nil
		return s.gateway.Receive(ctx, c.IMSI, parts)
	})
	check(b, p.PowerOn("1234"))
	s.phones, s.byIMSI[c.IMSI] = append(s.phones, p), p
}

// Deliver implements gateway.Bearer.
func (s *shieldSite) Deliver(ctx context.Context, m platform.Message) (platform.Delivery, error) {
	if s.silent.Load() {
		return platform.Delivery{State: platform.Accepted}, nil
	}
	p := s.byIMSI[m.IMSI]
	var report handset.Report
	for _, tpdu := range m.TPDUs {
		var err error
		if report, err = p.Phone.Deliver(tpdu); err != nil {
			return platform.Delivery{}, err
		}
	}
	if report.Busy {
		return platform.Delivery{}, errors.New("the card is busy")
	}
	go func() { _ = p.Settle(context.WithoutCancel(ctx)) }()
	return platform.Delivery{State: platform.OnPhone, Report: report.TPDU}, nil
}

// enrolAll enrols everybody at once, as far as connections go.
func (s *shieldSite) enrolAll(b *testing.B) {
	b.Helper()
	group, ctx := errgroup.WithContext(b.Context())
	group.SetLimit(64)
	for _, p := range s.phones {
		group.Go(func() error { return s.enrol(ctx, p) })
	}
	check(b, group.Wait())
}

func (s *shieldSite) enrol(ctx context.Context, p *benchPhone) error {
	r, err := s.shield.Register(ctx, simshield.RegisterReq{Party: "bank", Number: p.number, Application: applet.Bank, Algorithm: applet.P256,
		Kinds: []applet.Kind{applet.KindTransaction}, Identified: simshield.AtCounter, Subject: ca.Subject{Country: "CN", CommonName: "王小明"}})
	if err != nil {
		return err
	}
	p.code <- r.Code
	for r.State == simshield.RegistrationOpen && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
		if r, err = s.shield.Registration(ctx, "bank", r.ID); err != nil {
			return err
		}
	}
	if r.State != simshield.RegistrationDone {
		return fmt.Errorf("the registration is %s, %s", r.State, r.Cause)
	}
	return nil
}

// ask puts a transfer to the phone of a client.
func (s *shieldSite) ask(p *benchPhone) (simshield.Transaction, error) {
	now, order := time.Now(), fmt.Sprint("order-", s.orders.Add(1))
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{"iss": "bank", "aud": "https://id.example.com", "iat": now.Unix(),
		"exp": now.Add(time.Minute).Unix(), "order": order, "phone_number": p.number.E164(), "customer": p.number.E164()[4:],
		"transfer": map[string]any{"payee_name": "张伟", "payee_account": "6217000010001234567", "amount": "1.00", "currency": "CNY", "memo": "货款",
			"time": now.UTC().Truncate(time.Second).Format(time.RFC3339)}})
	token.Header["typ"], token.Header["kid"] = request.Type, "1"
	text, err := token.SignedString(s.bank)
	if err != nil {
		return simshield.Transaction{}, err
	}
	return s.shield.Confirm(context.Background(), "bank", text)
}

// confirm is the step: from the bank's request to the receipt.
func (s *shieldSite) confirm(client int) error {
	t, err := s.ask(s.phones[client])
	if err != nil {
		return err
	}
	if t, err = s.shield.Wait(context.Background(), "bank", t.ID, 30*time.Second); err != nil {
		return err
	}
	if t.State != simshield.StateSigned {
		return fmt.Errorf("the transfer is %s %s", t.State, t.Cause)
	}
	return nil
}

// waiting returns the heap that each takes who waits for the end of a transaction.
func (s *shieldSite) waiting(b *testing.B) float64 {
	b.Helper()
	s.silent.Store(true)
	t, err := s.ask(s.phones[0])
	check(b, err)
	before := heap()
	ctx, stop := context.WithCancel(context.Background())
	var group sync.WaitGroup
	var joined atomic.Int64
	for range waiters {
		group.Go(func() {
			joined.Add(1)
			_, _ = s.shield.Wait(ctx, "bank", t.ID, time.Hour)
		})
	}
	for joined.Load() < waiters {
		time.Sleep(10 * time.Millisecond)
	}
	time.Sleep(3 * time.Second) // until all have looked once
	each := float64(heap()-before) / waiters
	stop()
	group.Wait()
	return each
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

func check(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}
