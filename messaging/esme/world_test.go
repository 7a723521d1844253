package esme_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/smpp"
	"simtrust/internal/sms"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/esme"
	"simtrust/messaging/parts"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

const (
	person = "8613800000001"
	other  = "8613800000002"
	source = "106900001234"
)

// messaging stands for what sends: it accepts everything that it is not told to refuse.
type messaging struct {
	mu      sync.Mutex
	sent    []esme.Message
	revoked []string
	refuse  error
	states  map[string]dispatch.Status
	numbers map[string]string // by delivery and conversation
	closed  bool              // nothing is open to be revoked
	log     []esme.Event
	away    error
	sending func(ctx context.Context) // called by Send
}

func (m *messaging) Send(ctx context.Context, msg esme.Message) (esme.Sent, error) {
	if m.sending != nil {
		m.sending(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.refuse != nil {
		return esme.Sent{}, m.refuse
	}
	m.sent = append(m.sent, msg)
	id := fmt.Sprintf("dlv_%d", len(m.sent))
	m.states[id] = dispatch.Status{Update: dispatch.Update{Delivery: id, State: dispatch.StateQueued}}
	m.numbers[id] = msg.To.E164()
	return esme.Sent{Message: "msg" + id, Delivery: id, Expires: start.Add(time.Hour)}, nil
}

func (m *messaging) Revoke(_ context.Context, chatbot, message, delivery string) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.revoked = append(m.revoked, chatbot+" "+message+" "+delivery)
	return !m.closed, m.away
}

func (m *messaging) Status(_ context.Context, delivery string) (dispatch.Status, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	st, ok := m.states[delivery]
	if !ok {
		return st, &simtrust.Error{Kind: simtrust.KindNotFound}
	}
	return st, nil
}

func (m *messaging) Number(_ context.Context, delivery string) (simtrust.Number, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	n, _ := simtrust.ParseNumber(m.numbers[delivery])
	return n, nil
}

func (m *messaging) Talker(ctx context.Context, _, conversation string) (simtrust.Number, error) {
	return m.Number(ctx, conversation)
}

func (m *messaging) Head(context.Context, string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return int64(len(m.log)), nil
}

func (m *messaging) After(_ context.Context, chatbot string, seq int64, limit int) ([]esme.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if chatbot != "bot_bank" || seq > int64(len(m.log)) {
		return nil, nil
	}
	list := m.log[seq:]
	return append([]esme.Event(nil), list[:min(limit, len(list))]...), nil
}

// happens adds to the log.
func (m *messaging) happens(list ...esme.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range list {
		e.Seq = int64(len(m.log) + 1)
		if e.At.IsZero() {
			e.At = start
		}
		m.log = append(m.log, e)
	}
}

func (m *messaging) messages() []esme.Message {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]esme.Message(nil), m.sent...)
}

func (m *messaging) becomes(delivery string, state dispatch.State) {
	m.mu.Lock()
	m.states[delivery] = dispatch.Status{Update: dispatch.Update{Delivery: delivery, State: state, At: start}}
	m.mu.Unlock()
	m.happens(esme.Event{Delivery: delivery, State: state})
}

type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

// world is the face, listening, with one account.
type world struct {
	*esme.Service
	t        *testing.T
	db       *sqldb.DB
	back     *messaging
	address  string
	password string
	log      *log
	mu       sync.Mutex
	time     time.Time
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

// patient is a link on which a stall costs time only: what was not answered in time would be told again.
var patient = smpp.Link{ResponseTimeout: time.Minute, WriteTimeout: time.Minute}

// node is another face on the same store.
func (w *world) node() *esme.Service {
	logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	known := func(_ context.Context, chatbot string) error {
		if chatbot != "bot_bank" && chatbot != "bot_shop" {
			return &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "unknown_chatbot"}
		}
		return nil
	}
	return esme.New(esme.Deps{DB: w.db, Messages: w.back, Events: w.back, Known: known, Log: logger, Now: w.now},
		esme.Config{SystemID: "simtrust", Key: make([]byte, 32), Look: 2 * time.Millisecond,
			Server: smpp.ServerConfig{BindsPerSecond: 10000, MaxPerSystem: 100, BindTimeout: time.Minute, Link: patient}})
}

// serve has a face listen until the end of the test, and returns where.
func (w *world) serve(ctx context.Context, s *esme.Service, running *sync.WaitGroup) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	running.Go(func() {
		if err := s.Serve(ctx, l); err != nil {
			w.t.Error(err)
		}
		s.Close()
	})
	return l.Addr().String()
}

var bank = esme.Account{SystemID: "bank", Chatbot: "bot_bank", Class: dispatch.ClassTransaction, Source: source, CreatedBy: "operator"}

func each(t *testing.T, test func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{parts.Migrations(), esme.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, db: db, log: &log{}, time: start, back: &messaging{states: map[string]dispatch.Status{}, numbers: map[string]string{}}}
		w.Service = w.node()
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		w.address = w.serve(ctx, w.Service, &running)
		var err error
		if w.password, err = w.Make(t.Context(), bank); err != nil {
			t.Fatal(err)
		}
		test(t, w)
		w.silent()
		stop()
		running.Wait()
	})
}

// silent holds that neither the log nor the store has a number or a password.
func (w *world) silent() {
	w.t.Helper()
	w.log.mu.Lock()
	text := w.log.all.String()
	w.log.mu.Unlock()
	if strings.Contains(text, person[2:]) || strings.Contains(text, w.password) {
		w.t.Errorf("a number or a password in the log: %s", text)
	}
	var n int
	if err := w.db.QueryRow(w.t.Context(), `select count(*) from messaging_esme_sent where id || system_id || message like $1`, "%"+person[2:]+"%").Scan(&n); err != nil || n > 0 {
		w.t.Errorf("a number in the store: %d %v", n, err)
	}
}

// phone keeps what an ESME is delivered, and answers as it is told.
type phone struct {
	mu     sync.Mutex
	got    []smpp.Message
	answer func(n int) error // n counts from 1
}

func (p *phone) Handle(_ context.Context, _ *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m, ok := request.(*smpp.DeliverSM)
	if !ok {
		return nil, smpp.StatusInvalidCommand
	}
	p.got = append(p.got, m.Message)
	if p.answer != nil {
		return nil, p.answer(len(p.got))
	}
	return nil, nil
}

func (p *phone) messages() []smpp.Message {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]smpp.Message(nil), p.got...)
}

// bind opens a session; it closes at the end of the test. Where the store took longer than a bind may, it tries again.
func (w *world) bind(p *phone, b smpp.Bind) (*smpp.Session, error) {
	dial := func() (*smpp.Session, error) {
		return smpp.Dial(w.t.Context(), p, smpp.ClientConfig{Address: w.address, Bind: b, Link: patient})
	}
	s, err := dial()
	for end := time.Now().Add(time.Minute); refusedWith(err, smpp.StatusSystemError) && time.Now().Before(end); {
		s, err = dial()
	}
	if err == nil {
		w.t.Cleanup(s.Close)
	}
	return s, err
}

func (w *world) bound(p *phone) *smpp.Session {
	w.t.Helper()
	s, err := w.bind(p, smpp.Bind{SystemID: "bank", Password: smpp.Secret(w.password)})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// text is a message to the person.
func text(words string) smpp.Message {
	return smpp.Message{Source: sms.Address{Value: source}, Destination: sms.Address{Type: sms.International, Plan: sms.E164, Value: person},
		Registered: smpp.RegisteredFinal, Octets: []byte(words)}
}

// submits sends a message and returns its id.
func (w *world) submits(s *smpp.Session, m smpp.Message) string {
	w.t.Helper()
	answer, err := s.Submit(w.t.Context(), &smpp.SubmitSM{Message: m})
	if err != nil {
		w.t.Fatal(err)
	}
	return answer.MessageID
}

// until waits for what happens on another goroutine.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !done(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatal("never: " + what)
		}
	}
}

func refusedWith(err error, status smpp.Status) bool { return errors.Is(err, status) }
