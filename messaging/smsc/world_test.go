package smsc_test

import (
	"bytes"
	"cmp"
	"context"
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
	"simtrust/messaging/parts"
	"simtrust/messaging/smsc"
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

// patience is how long a test waits for what must come.
const patience = time.Minute

const (
	base = "10690000"
	// person is a number that must not be found in a log or in the store.
	person = "8613800000001"
)

// centre is the operator's service centre. What it answers is set by functions; without one it takes, knows and cancels everything.
type centre struct {
	*smpp.Server
	mu        sync.Mutex
	submitted []smpp.Message
	cancelled []smpp.CancelSM

	submit func(n int, m *smpp.Message) (id string, err error) // n counts from 1
	query  func(id string) (smpp.State, error)
	cancel func(id string) error
	drop   func(n int) bool // breaks the session in place of an answer
}

func (c *centre) Handle(_ context.Context, from *smpp.Session, request smpp.PDU) (smpp.PDU, error) {
	switch p := request.(type) {
	case *smpp.SubmitSM:
		return c.take(from, &p.Message)
	case *smpp.QuerySM:
		state, err := smpp.StateEnroute, error(nil)
		if c.query != nil {
			state, err = c.query(p.MessageID)
		}
		return &smpp.QuerySMResp{MessageID: p.MessageID, State: state}, err
	case *smpp.CancelSM:
		c.mu.Lock()
		c.cancelled = append(c.cancelled, *p)
		c.mu.Unlock()
		if c.cancel != nil {
			return nil, c.cancel(p.MessageID)
		}
		return nil, nil
	}
	return nil, smpp.StatusInvalidCommand
}

func (c *centre) take(from *smpp.Session, m *smpp.Message) (smpp.PDU, error) {
	c.mu.Lock()
	c.submitted = append(c.submitted, *m)
	n := len(c.submitted)
	c.mu.Unlock()
	if c.drop != nil && c.drop(n) {
		from.Close()
		return nil, smpp.StatusSystemError
	}
	id, err := fmt.Sprintf("%X", 0xA000+n), error(nil)
	if c.submit != nil {
		id, err = c.submit(n, m)
	}
	return &smpp.SubmitSMResp{Accepted: smpp.Accepted{MessageID: id}}, err
}

func (c *centre) messages() []smpp.Message {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]smpp.Message(nil), c.submitted...)
}

// ledger is what stands behind the bearer: it takes reports and texts, unless it is away.
type ledger struct {
	mu      sync.Mutex
	reports []dispatch.Report
	texts   []smsc.Inbound
	away    error
}

func (l *ledger) Report(_ context.Context, _ dispatch.Channel, list []dispatch.Report) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away == nil {
		l.reports = append(l.reports, list...)
	}
	return l.away
}

func (l *ledger) Received(_ context.Context, m smsc.Inbound) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away == nil {
		l.texts = append(l.texts, m)
	}
	return l.away
}

func (l *ledger) goes(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = err
}

func (l *ledger) told() []dispatch.Report {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]dispatch.Report(nil), l.reports...)
}

func (l *ledger) said() []smsc.Inbound {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]smsc.Inbound(nil), l.texts...)
}

// log is what was logged.
type log struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *log) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// world is a bearer that is bound to a centre.
type world struct {
	*smsc.Bearer
	t      *testing.T
	db     *sqldb.DB
	centre *centre
	ledger *ledger
	log    *log
	clock  *time.Time
}

// each runs a test on every store, with a bearer that is bound.
func each(t *testing.T, config smsc.Config, test func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{parts.Migrations(), smsc.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{t: t, db: db, centre: &centre{}, ledger: &ledger{}, log: &log{}}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		config.Address, config.SystemID, config.Password, config.Source, config.Key = l.Addr().String(), "simtrust", "password", base, make([]byte, 32)
		config.MinBackoff = time.Millisecond
		config.Answer = cmp.Or(config.Answer, patience/2) // what a text is sent with has the other half
		w.centre.Server = smpp.NewServer(smpp.Accounts{"simtrust": "password"}, w.centre, smpp.ServerConfig{SystemID: "centre", BindsPerSecond: 1000,
			BindTimeout: patience, Link: smpp.Link{ResponseTimeout: patience, WriteTimeout: patience}})
		logger := slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		at := now
		w.clock = &at
		w.Bearer = smsc.New(smsc.Deps{DB: db, Reports: w.ledger, Inbox: w.ledger, Log: logger, Now: func() time.Time { return *w.clock }}, config)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = w.centre.Serve(ctx, l) })
		running.Go(func() { _ = w.Run(ctx) })
		w.bound()
		test(t, w)
		stop()
		running.Wait()
		w.Close()
		w.silent()
	})
}

// until waits for what happens on another goroutine.
func (w *world) until(what string, done func() bool) {
	w.t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(end) {
			w.t.Fatal("never: " + what)
		}
	}
}

// bound waits for a session. The centre's end of one that broke is over at once, the bearer's a moment later: so the centre is asked first.
func (w *world) bound() {
	w.t.Helper()
	w.until("bound at both ends", func() bool {
		return w.deliver(smpp.Message{Class: smpp.ClassManual}) == nil && w.Bound()
	})
}

// silent holds that neither the log nor the store has a person's number.
func (w *world) silent() {
	w.t.Helper()
	if strings.Contains(w.log.all.String(), person[2:]) {
		w.t.Errorf("a number in the log: %s", w.log.all.String())
	}
	for _, text := range []string{
		`select count(*) from messaging_smsc_segment where name || id || copy || source like $1`,
		`select count(*) from messaging_part where digest like $1`, `select count(*) from messaging_smsc_heard where digest || id like $1`,
	} {
		if n := w.count(text, "%"+person[2:]+"%"); n > 0 {
			w.t.Errorf("a number in the store: %s", text)
		}
	}
}

func (w *world) count(text string, args ...any) (n int) {
	w.t.Helper()
	if err := w.db.QueryRow(context.WithoutCancel(w.t.Context()), text, args...).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}

func number(digits string) simtrust.Number {
	n, err := simtrust.ParseNumber("+" + digits)
	if err != nil {
		panic(err)
	}
	return n
}

// text is a submission of a text to the person.
func text(delivery, words string) dispatch.Submission {
	return dispatch.Submission{
		Copy: dispatch.Copy{Delivery: delivery, Attempt: 1, Channel: smsc.Text}, Recipient: dispatch.Recipient{Tenure: "ten_1", Number: number(person), Chatbot: "bot_bank"},
		Message: "msg_1", Expires: now.Add(time.Hour), ContentType: "text/plain;charset=UTF-8", Payload: []byte(words),
	}
}

// sends hands one text over and returns the answer.
func (w *world) sends(s dispatch.Submission) dispatch.Outcome {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), patience)
	defer cancel()
	out := w.Submit(ctx, []dispatch.Submission{s})
	if len(out) != 1 {
		w.t.Fatalf("%d answers", len(out))
	}
	return out[0]
}

// receipt tells the bearer what became of an id, in the text or, with tlv, in the parameters.
func (w *world) receipt(id string, state smpp.State, tlv bool) error {
	m := smpp.Message{Source: sms.Address{Type: sms.International, Plan: sms.E164, Value: person}, Destination: sms.Address{Value: base + "1000"}, Class: smpp.ClassReceipt}
	if tlv {
		m.Options = smpp.Options(nil).WithText(smpp.TagReceiptedMessageID, id).With(smpp.TagMessageState, byte(state))
	} else {
		m.Octets = []byte(smpp.Receipt{ID: id, State: state, Error: "013"}.String())
	}
	return w.deliver(m)
}

func (w *world) deliver(m smpp.Message) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.t.Context()), patience)
	defer cancel()
	return w.centre.Deliver(ctx, "simtrust", &smpp.DeliverSM{Message: m})
}
