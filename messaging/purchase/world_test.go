package purchase_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"log/slog"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/purchase"
	"simtrust/simshield"
	"simtrust/simshield/request"
)

const (
	issuer = "https://id.operator.example"
	bot    = "bot_bank"
	party  = "app_bank"
	number = "+8613800000001"
	holder = simtrust.TenureID("ten_holder")
)

func refusal(kind simtrust.Kind, reason string) error {
	return &simtrust.Error{Kind: kind, Reason: reason}
}

// world is the package with all that a test turns.
type world struct {
	*purchase.Service
	t       *testing.T
	db      *sqldb.DB
	ring    *keys.Ring
	shield  *shield
	post    *post
	holders *holders
	log     *log
	key     *ecdsa.PrivateKey
	mu      sync.Mutex
	time    time.Time
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.time
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.time = w.time.Add(d)
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ring, err := keys.Open(t.Context(), t.TempDir(), keys.Options{Secret: filepath.Join(t.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, []sqldb.Migrations{purchase.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, db: db, ring: ring, post: &post{}, holders: newHolders(), log: &log{}, key: newKey(t), time: time.Now().Truncate(time.Second)}
		w.shield = &shield{now: w.now, keys: map[string]*ecdsa.PublicKey{party: &w.key.PublicKey}, asked: map[string]*simshield.Transaction{},
			by: map[string]simtrust.TenureID{}}
		w.Service = w.node()
		w.must(w.Allow(t.Context(), bot, party, "operator"))
		fn(t, w)
	})
}

// node is another instance on the same store.
func (w *world) node() *purchase.Service {
	w.t.Helper()
	s, err := purchase.New(purchase.Deps{DB: w.db, Shield: w.shield, Messages: w.post, Chatbots: chatbots{}, Holders: w.holders, Events: w.log,
		Signer: w.ring, Log: slog.New(slog.DiscardHandler), Now: w.now},
		purchase.Config{Issuer: issuer, Zone: time.UTC, Key: make([]byte, 32), SIMAbove: map[string]string{"CNY": "1000.00"}})
	w.must(err)
	return s
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// claims is a transfer as the bank signs it, for one minute.
func (w *world) claims(order, amount, currency string) jwt.MapClaims {
	now := w.now()
	return jwt.MapClaims{"iss": party, "aud": issuer, "iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "order": order, "phone_number": number,
		"customer": "6222020200112233", "transfer": map[string]any{"payee_name": "张伟", "payee_account": "6217000010001234567", "amount": amount,
			"currency": currency, "time": now.UTC().Format(time.RFC3339)}}
}

func (w *world) sign(key *ecdsa.PrivateKey, c jwt.MapClaims) string {
	w.t.Helper()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, c)
	token.Header["typ"] = request.Type
	text, err := token.SignedString(key)
	w.must(err)
	return text
}

// ask is a purchase of an order that the chatbot of the bank asks about.
func (w *world) ask(order, amount string) purchase.AskReq {
	return purchase.AskReq{Client: "bank", Chatbot: bot, Request: w.sign(w.key, w.claims(order, amount, "CNY"))}
}

// asked is one that was taken, and the tokens of its suggestions.
type asked struct {
	id, confirm, deny string
}

func (w *world) asked(req purchase.AskReq) asked {
	w.t.Helper()
	p, err := w.Ask(w.t.Context(), req)
	w.must(err)
	return w.notice(p.ID)
}

// notice reads the tokens off what was sent.
func (w *world) notice(id string) asked {
	w.t.Helper()
	req := w.post.find(id)
	var tokens []string
	for data := range req.Content.Postbacks() {
		token, ok := strings.CutPrefix(data, messaging.Postback(purchase.Door, ""))
		if !ok {
			w.t.Fatalf("a suggestion is none of the door's: %s", data)
		}
		tokens = append(tokens, token)
	}
	if len(tokens) != 2 {
		w.t.Fatalf("%d suggestions", len(tokens))
	}
	return asked{id, tokens[0], tokens[1]}
}

// button is a tap on a rich channel by who was asked.
func button(token string) messaging.Tap {
	return messaging.Tap{ID: simtrust.NewID("in"), Token: token, Chatbot: bot, Tenure: holder, Channel: gsma.RCS}
}

// text is the same by typing, on a channel of text.
func text(token string) messaging.Tap {
	t := button(token)
	t.Channel, t.Typed = gsma.SMS, true
	return t
}

func (w *world) tap(t messaging.Tap) {
	w.t.Helper()
	w.must(w.Tapped(w.t.Context(), t))
}

// refused is a tap that does nothing, for that reason.
func (w *world) refused(name, reason string, t messaging.Tap) {
	w.t.Helper()
	if err := w.Tapped(w.t.Context(), t); simtrust.ReasonOf(err) != reason {
		w.t.Errorf("%s: want %s, got %v", name, reason, err)
	}
}

func (w *world) drain() {
	w.t.Helper()
	w.must(w.Drain(w.t.Context()))
}

// is wants how a purchase stands, and that what ended has one result that says the same.
func (w *world) is(id string, state purchase.State, method purchase.Method, cause string) purchase.Purchase {
	w.t.Helper()
	p, err := w.Purchase(w.t.Context(), "bank", id)
	w.must(err)
	if p.State != state || p.Method != method || p.Cause != cause {
		w.t.Fatalf("want %s %s %s, got %s %s %s", state, method, cause, p.State, p.Method, p.Cause)
	}
	told := w.log.of(id)
	if !p.Final() {
		if len(told) != 0 || p.Result != "" {
			w.t.Fatalf("told before the end: %v", told)
		}
		return p
	}
	if len(told) != 1 || told[0].Result != p.Result || told[0].State != state {
		w.t.Fatalf("told %d times: %v", len(told), told)
	}
	w.verify(p)
	return p
}

// verify holds a result against the purchase, and returns it.
func (w *world) verify(p purchase.Purchase) (r purchase.Result) {
	w.t.Helper()
	token, err := jwt.ParseWithClaims(p.Result, &r, w.ring.Keyfunc, jwt.WithStrictDecoding(), jwt.WithAudience(party), jwt.WithIssuer(issuer), jwt.WithTimeFunc(w.now))
	w.must(err)
	if token.Header["typ"] != purchase.ResultType || r.ID == "" || r.Order != p.Order || r.Purchase != p.ID || r.Amount != p.Amount || r.Currency != p.Currency ||
		len(r.RequestSHA256) != 43 || r.Answer != p.State || r.Method != p.Method || r.Cause != p.Cause || r.Transaction != p.Transaction || !r.At.Equal(p.Ended) {
		w.t.Errorf("the result of %+v is %+v", p, r)
	}
	return r
}

// shield is simshield as the relay has it: it verifies requests by package request, and asks at a word.
type shield struct {
	mu    sync.Mutex
	now   func() time.Time
	keys  map[string]*ecdsa.PublicKey
	asked map[string]*simshield.Transaction // by party and order
	by    map[string]simtrust.TenureID      // who was
	times int                               // that somebody was asked
	err   error                             // of asking
	down  error                             // of everything
	// lost: what is asked is asked, and the answer is lost.
	lost bool
}

func (s *shield) Check(_ context.Context, signed string) (request.Request, error) {
	party, err := request.Issuer(signed)
	if err != nil {
		return request.Request{}, refusal(simtrust.KindInvalid, simshield.ReasonRequest)
	}
	r, _, err := request.Read(signed, func(*jwt.Token) (any, error) {
		if key := s.keys[party]; key != nil {
			return key, nil
		}
		return nil, jwt.ErrTokenUnverifiable
	})
	switch {
	case err != nil:
		return request.Request{}, refusal(simtrust.KindUnauthenticated, simshield.ReasonRequestKey)
	case !time.Unix(r.Expires, 0).After(s.now()) || r.Transfer == nil:
		return request.Request{}, refusal(simtrust.KindInvalid, simshield.ReasonRequest)
	}
	return *r, nil
}

func (s *shield) Confirm(ctx context.Context, signed string, meant simtrust.TenureID) (simshield.Transaction, error) {
	r, err := s.Check(ctx, signed)
	if err != nil {
		return simshield.Transaction{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return simshield.Transaction{}, s.err
	}
	key := r.Issuer + r.Order
	if s.asked[key] == nil {
		s.times++
		s.by[key] = meant
		s.asked[key] = &simshield.Transaction{ID: simtrust.NewID("txn"), Party: r.Issuer, Ref: r.Order, State: simshield.StateOpen}
	}
	if s.lost {
		return simshield.Transaction{}, refusal(simtrust.KindUnavailable, sqldb.ReasonOutcomeUnknown)
	}
	if s.by[key] != meant {
		return simshield.Transaction{}, refusal(simtrust.KindDenied, simshield.ReasonNotCurrent)
	}
	return *s.asked[key], nil
}

func (s *shield) Wait(_ context.Context, r simshield.Relayed, _ time.Duration) (simshield.Transaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down != nil {
		return simshield.Transaction{}, s.down
	}
	if t := s.asked[r.Party+r.Order]; t != nil && s.by[r.Party+r.Order] == r.Tenure {
		return *t, nil
	}
	return simshield.Transaction{}, refusal(simtrust.KindNotFound, simshield.ReasonUnknown)
}

func (s *shield) Cancel(_ context.Context, r simshield.Relayed) (simshield.Transaction, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.asked[r.Party+r.Order]
	if t.State == simshield.StateOpen {
		t.State, t.Cause = simshield.StateCancelled, simshield.CauseParty
	}
	if t.State != simshield.StateCancelled {
		return *t, refusal(simtrust.KindConflict, simshield.ReasonEnded)
	}
	return *t, nil
}

// end has the person, or the network, end what the SIM asks about an order.
func (s *shield) end(order string, state simshield.State, cause string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.asked[party+order]; t.State == simshield.StateOpen {
		t.State, t.Cause = state, cause
	}
}

// state is how the SIM's question about an order stands; empty: there is none.
func (s *shield) state(order string) simshield.State {
	s.mu.Lock()
	defer s.mu.Unlock()
	if t := s.asked[party+order]; t != nil {
		return t.State
	}
	return ""
}

// post takes messages, each key once.
type post struct {
	mu     sync.Mutex
	sent   []messaging.SendReq
	reason string // why the recipient gets none
	err    error
}

func (p *post) Send(_ context.Context, req messaging.SendReq) (messaging.Sent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return messaging.Sent{}, p.err
	}
	if p.reason != "" {
		return messaging.Sent{Message: "msg_none", Recipients: []messaging.Recipient{{Reason: p.reason}}}, nil
	}
	for _, have := range p.sent {
		if have.Key == req.Key {
			if !reflect.DeepEqual(have, req) {
				return messaging.Sent{}, refusal(simtrust.KindConflict, messaging.ReasonKeyUsed)
			}
			return messaging.Sent{Message: "msg_" + req.Key, Recipients: []messaging.Recipient{{Delivery: "dlv_" + req.Key}}, Repeated: true}, nil
		}
	}
	p.sent = append(p.sent, req)
	return messaging.Sent{Message: "msg_" + req.Key, Recipients: []messaging.Recipient{{Delivery: "dlv_" + req.Key}}}, nil
}

func (p *post) find(key string) messaging.SendReq {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, req := range p.sent {
		if req.Key == key {
			return req
		}
	}
	return messaging.SendReq{}
}

func (p *post) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.sent)
}

// holders say who holds the one number.
type holders struct {
	mu     sync.Mutex
	tenure simtrust.TenureID
	since  time.Time
	down   bool
}

func newHolders() *holders {
	return &holders{tenure: holder, since: time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)}
}

func (h *holders) set(tenure simtrust.TenureID, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tenure, h.since = tenure, since
}

func (h *holders) Holder(context.Context, simtrust.Number) (simtrust.TenureID, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.down {
		return "", refusal(simtrust.KindUnavailable, "store_unavailable")
	}
	return h.tenure, nil
}

func (h *holders) Number(_ context.Context, tenure simtrust.TenureID) (simtrust.Number, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.down:
		return simtrust.Number{}, refusal(simtrust.KindUnavailable, "store_unavailable")
	case tenure != h.tenure:
		return simtrust.Number{}, nil
	}
	return simtrust.ParseNumber(number)
}

func (h *holders) SIMSince(_ context.Context, tenure simtrust.TenureID) (time.Time, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case h.down:
		return time.Time{}, refusal(simtrust.KindUnavailable, "store_unavailable")
	case tenure != h.tenure:
		return time.Time{}, nil
	}
	return h.since, nil
}

// chatbots: bot_NAME is the client's of that name.
type chatbots struct{}

func (chatbots) Owned(_ context.Context, client, chatbot string) error {
	if "bot_"+client != chatbot {
		return refusal(simtrust.KindDenied, "not_yours")
	}
	return nil
}

func (chatbots) Client(_ context.Context, chatbot string) (string, error) {
	return strings.TrimPrefix(chatbot, "bot_"), nil
}

func (chatbots) Known(_ context.Context, chatbot string) error {
	if !strings.HasPrefix(chatbot, "bot_") {
		return refusal(simtrust.KindNotFound, "unknown_chatbot")
	}
	return nil
}

// log keeps what was told.
type log struct {
	mu   sync.Mutex
	list []purchase.AnsweredEvent
}

func (l *log) Publish(_ context.Context, tx *sqldb.Tx, list ...events.Event) error {
	tx.OnCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, e := range list {
			l.list = append(l.list, e.Data.(purchase.AnsweredEvent))
		}
	})
	return nil
}

func (l *log) of(id string) (list []purchase.AnsweredEvent) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.list {
		if e.Purchase == id {
			list = append(list, e)
		}
	}
	return list
}
