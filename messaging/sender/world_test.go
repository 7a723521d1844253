package sender_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"log/slog"
	"maps"
	"math/big"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/sender"
)

const issuer = "https://id.operator.example"

// world is the service with what a test turns around it: the clock, the register of certificates, what was delivered to whom.
type world struct {
	*sender.Service
	takings   *sqldb.Coalescer[sender.Taking, struct{}]
	t         *testing.T
	db        *sqldb.DB
	clock     *clock
	authority *authority
	delivered *deliveries
	events    *events
	config    sender.Config
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

// authority is the register.
type authority struct {
	mu   sync.Mutex
	rows map[string]ca.Certificate
	down bool
	// asked is called whenever the register is, and changes nothing in it.
	asked func()
}

var errDown = &simtrust.Error{Kind: simtrust.KindUnavailable, Msg: "down"}

func (a *authority) Certificate(_ context.Context, id string) (ca.Certificate, error) {
	if a.asked != nil {
		a.asked()
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	c, ok := a.rows[id]
	switch {
	case a.down:
		return ca.Certificate{}, errDown
	case !ok:
		return ca.Certificate{}, &simtrust.Error{Kind: simtrust.KindNotFound, Reason: ca.ReasonUnknownCertificate}
	}
	return c, nil
}

func (a *authority) change(id string, change func(*ca.Certificate)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.rows[id]
	change(&c)
	a.rows[id] = c
}

func (a *authority) remove(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.rows, func(k string, _ ca.Certificate) bool { return k == id })
}

func (a *authority) set(down bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.down = down
}

// deliveries are pairs of message and tenure.
type deliveries struct {
	mu   sync.Mutex
	had  map[[2]string]bool
	down bool
}

func (d *deliveries) Delivered(_ context.Context, message string, tenure simtrust.TenureID) (bool, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.down {
		return false, errDown
	}
	return d.had[[2]string{message, string(tenure)}], nil
}

func (d *deliveries) add(message string, tenure simtrust.TenureID) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.had[[2]string{message, string(tenure)}] = true
}

// events are those appended, of transactions that committed or not.
type events struct {
	mu  sync.Mutex
	all []any
}

func (e *events) Append(_ context.Context, tx *sqldb.Tx, _ simtrust.TenureID, _ int64, event any) error {
	tx.OnCommit(func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		e.all = append(e.all, event)
	})
	return nil
}

// told are the events of a type.
func told[E any](w *world) (list []E) {
	for _, e := range w.events.all {
		if one, ok := e.(E); ok {
			list = append(list, one)
		}
	}
	return list
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{sender.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

// embedded is a world on the embedded store, for rules that no store has a say in.
func embedded(t *testing.T) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, sender.Migrations()); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

func newWorld(t *testing.T, db *sqldb.DB) *world {
	w := &world{t: t, db: db, clock: &clock{at: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)}, authority: &authority{rows: map[string]ca.Certificate{}},
		delivered: &deliveries{had: map[[2]string]bool{}}, events: &events{}, config: sender.Config{Issuer: issuer, Domain: "bot.operator.example"}}
	w.Service = w.node()
	w.takings = w.merged(w.Service)
	return w
}

// merged takes what comes at once in one transaction, as those do who accept messages.
func (w *world) merged(s *sender.Service) *sqldb.Coalescer[sender.Taking, struct{}] {
	c := sqldb.NewCoalescer(w.db, "take", func(ctx context.Context, tx *sqldb.Tx, batch []sender.Taking) ([]sqldb.Result[struct{}], error) {
		refused, err := s.TakeAll(ctx, tx, batch)
		results := make([]sqldb.Result[struct{}], len(refused))
		for i, err := range refused {
			results[i].Err = err
		}
		return results, err
	})
	w.t.Cleanup(c.Close)
	return c
}

// spend takes n messages now.
func (w *world) spend(chatbot string, n int64) error {
	_, err := w.takings.Do(w.t.Context(), sender.Taking{Chatbot: chatbot, N: n, At: w.clock.now()})
	return err
}

// node starts another instance on the same store.
func (w *world) node() *sender.Service {
	return sender.New(sender.Deps{DB: w.db, Authority: w.authority, Deliveries: w.delivered, Outbox: w.events, Log: slog.New(slog.DiscardHandler),
		Now: w.clock.now}, w.config)
}

var operator = sender.Decision{By: "operator", Why: "papers seen"}

// must returns what cannot fail here.
func must[T any](t *testing.T, v T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// brand registers a verified brand.
func (w *world) brand(name, organization string) sender.Brand {
	w.t.Helper()
	b, err := w.CreateBrand(w.t.Context(), sender.BrandReq{Name: name, Holder: "org-1", Organization: organization, By: "operator"})
	must(w.t, b, err)
	b, err = w.VerifyBrand(w.t.Context(), b.ID, operator)
	return must(w.t, b, err)
}

// draft makes a chatbot of a brand for a client.
func (w *world) draft(brand sender.Brand, client string) sender.Chatbot {
	w.t.Helper()
	c, err := w.CreateChatbot(w.t.Context(), sender.ChatbotReq{Client: client, Brand: brand.ID, Name: brand.Name, By: "operator"})
	return must(w.t, c, err)
}

// approve reviews what there is.
func (w *world) approve(id string) sender.Chatbot {
	w.t.Helper()
	c, err := w.Chatbot(w.t.Context(), id)
	must(w.t, c, err)
	c, err = w.Review(w.t.Context(), sender.Review{Chatbot: id, Revision: c.Revision, Approved: true, Decision: operator})
	return must(w.t, c, err)
}

// live makes a chatbot that may send.
func (w *world) live(name string) (sender.Chatbot, certificate) {
	w.t.Helper()
	b := w.brand(name, name+" Ltd")
	c := w.draft(b, "client-"+name)
	cert := w.certificate(b.Organization)
	must(w.t, w.bind(c.ID, cert), nil)
	return w.approve(c.ID), cert
}

// certificate is a certificate with its key.
type certificate struct {
	ca.Certificate
	key crypto.Signer
}

// certificate registers a good enterprise certificate of an organisation for a P-256 key.
func (w *world) certificate(organization string) certificate {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	return w.certify(organization, must(w.t, key, err))
}

func (w *world) certify(organization string, key crypto.Signer) certificate {
	w.t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	must(w.t, serial, err)
	c := ca.Certificate{ID: ca.CertificateID("e1", serial.Bytes()), Profile: "enterprise", State: ca.StateIssued,
		Subject: ca.Subject{Country: "CN", Organization: organization}, NotBefore: w.clock.now().Add(-time.Hour), NotAfter: w.clock.now().AddDate(1, 0, 0)}
	template := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{Organization: []string{organization}}, NotBefore: c.NotBefore,
		NotAfter: c.NotAfter}
	c.Raw, err = x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(w.t, c, err)
	w.authority.change(c.ID, func(row *ca.Certificate) { *row = c })
	return certificate{c, key}
}

// proof signs a proof that is right but for what change does.
func (w *world) proof(chatbot string, c certificate, change func(*sender.Proof)) string {
	w.t.Helper()
	sum := sha256.Sum256(c.Raw)
	p := sender.Proof{Chatbot: chatbot, CertificateSHA256: hex.EncodeToString(sum[:]), Audience: issuer, Issued: w.clock.now().Unix()}
	if change != nil {
		change(&p)
	}
	text, err := sender.NewProof(p, c.key)
	return must(w.t, text, err)
}

func (w *world) bind(chatbot string, c certificate) error {
	_, err := w.Bind(w.t.Context(), sender.BindReq{Chatbot: chatbot, Certificate: c.ID, Proof: w.proof(chatbot, c, nil), By: "test"})
	return err
}

func wantError(t *testing.T, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if !errors.Is(err, &simtrust.Error{Kind: kind, Reason: reason}) {
		t.Fatalf("error %v (%s), want %s %s", err, simtrust.ReasonOf(err), kind, reason)
	}
}

// tamper changes the store behind the service's back.
func (w *world) tamper(text string, args ...any) {
	w.t.Helper()
	err := w.db.InTx(w.t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(w.t.Context(), text, args...)
		return err
	})
	must(w.t, text, err)
}
