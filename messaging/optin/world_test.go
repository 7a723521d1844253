package optin_test

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/outbox"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/optin"
	"simtrust/renumber"
)

const (
	one   = "+8613800000001"
	two   = "+8613800000002"
	three = "+8613800000003"

	bank = "bot_bank"
	shop = "bot_shop"
)

func day(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }

// world is an operator's record of holders, and the opt-ins on it.
type world struct {
	*optin.Service
	t        testing.TB
	db       *sqldb.DB
	outbox   *outbox.Outbox
	router   *rpc.Router
	holders  *holders
	log      bytes.Buffer
	renewed  []optin.Renewed
	refused  []optin.Refused
	mu       sync.Mutex
	now      time.Time
	seq      int64
	renumber *renumber.Service
}

// each runs a test on every store, on 1 March, with ann holding one and bob holding two since 5 January.
func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, schemas(), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db, optin.Config{})) })
}

func schemas() []sqldb.Migrations {
	return []sqldb.Migrations{outbox.Migrations(), renumber.Migrations(), optin.Migrations()}
}

func newWorld(t testing.TB, db *sqldb.DB, c optin.Config) *world {
	t.Helper()
	w := &world{t: t, db: db, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	log := slog.New(slog.NewJSONHandler(&w.log, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: settled}))
	w.outbox = outbox.New(db, w.clock, log)
	w.renumber = renumber.New(renumber.Deps{DB: db, Outbox: w.outbox, Now: w.clock}, renumber.Config{Covered: day(1)})
	t.Cleanup(w.renumber.Close)
	w.router = rpc.NewRouter(rpc.Config{Auth: tokens, Log: log})
	w.renumber.Mount(w.router)
	w.holders = &holders{
		numbers: rpc.Local[renumber.HoldersReq, renumber.HoldersRes](w.router, "renumber.holders", "messaging"),
		tenures: rpc.Local[renumber.LiveReq, renumber.HoldersRes](w.router, "renumber.live", "messaging"),
	}
	c.NumberKey = key
	var err error
	w.Service, err = optin.New(optin.Deps{DB: db, Holders: w.holders, Chatbots: chatbots{}, Outbox: w.outbox, Now: w.clock}, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	w.Mount(w.router)
	outbox.On(w.outbox, "optin", w.TenureEnded)
	outbox.On(w.outbox, "optin", w.SIMChanged)
	outbox.On(w.outbox, "handset", func(_ context.Context, e optin.Renewed) error { return keep(w, &w.renewed, e) })
	outbox.On(w.outbox, "events", func(_ context.Context, e optin.Refused) error { return keep(w, &w.refused, e) })
	w.must(feed(renumber.Assign, one, "ann", day(5)))
	w.must(feed(renumber.Assign, two, "bob", day(5)))
	return w
}

// settled drops what is another each time from a line of the log: the digits of any number may turn up in it.
func settled(_ []string, a slog.Attr) slog.Attr {
	switch a.Key {
	case slog.TimeKey, "took", "correlator":
		return slog.Attr{}
	}
	return a
}

// keep notes an event; handlers run side by side.
func keep[E any](w *world, list *[]E, e E) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, e)
	return nil
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// later lets time pass.
func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// key is the key of the numbers' hashes.
var key = bytes.Repeat([]byte{7}, 32)

// tokens authenticates by a fixed table.
var tokens = table{
	"bank":      {Client: "bank", Scopes: []string{optin.ScopeSend}},
	"shop":      {Client: "shop", Scopes: []string{optin.ScopeSend}},
	"gateway":   {Client: "gateway", Scopes: []string{optin.ScopeBearer}},
	"admin":     {Client: "admin", Scopes: []string{optin.ScopeAdmin}},
	"messaging": {Client: "messaging", Scopes: []string{renumber.ScopeTenures}},
	"none":      {Client: "none"},
}

type table map[string]rpc.Caller

func (t table) Authenticate(r *http.Request) (rpc.Caller, error) {
	c, ok := t[strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")]
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated}
	}
	return c, nil
}

// chatbots are bot_bank and bot_shop, each its namesake's.
type chatbots struct{}

func (chatbots) Owned(_ context.Context, client, chatbot string) error {
	if chatbot != "bot_"+client {
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: "not_yours"}
	}
	return nil
}

func (chatbots) Named(_ context.Context, name string) (string, error) {
	switch name {
	case bank, "sip:bank@botplatform.example":
		return bank, nil
	case shop:
		return shop, nil
	}
	return "", &simtrust.Error{Kind: simtrust.KindNotFound, Reason: "no_such_chatbot"}
}

// holders is the record of holders as a consumer reaches it; it counts the calls and can be away.
type holders struct {
	numbers func(context.Context, renumber.HoldersReq) (renumber.HoldersRes, error)
	tenures func(context.Context, renumber.LiveReq) (renumber.HoldersRes, error)
	away    bool
	calls   atomic.Int64
}

var errAway = &simtrust.Error{Kind: simtrust.KindUnavailable}

func (h *holders) Holders(ctx context.Context, req renumber.HoldersReq) (renumber.HoldersRes, error) {
	h.calls.Add(1)
	if h.away {
		return renumber.HoldersRes{}, errAway
	}
	return h.numbers(ctx, req)
}

func (h *holders) Live(ctx context.Context, req renumber.LiveReq) (renumber.HoldersRes, error) {
	h.calls.Add(1)
	if h.away {
		return renumber.HoldersRes{}, errAway
	}
	return h.tenures(ctx, req)
}

// said has the holder of a tenure send a text, and records what it says.
func (w *world) said(chatbot string, tenure simtrust.TenureID, text string) (optin.Heard, error) {
	heard, record, err := w.Said(w.t.Context(), chatbot, tenure, text)
	if err == nil {
		err = w.db.InDefaultTx(w.t.Context(), func(tx *sqldb.Tx) error { return record(w.t.Context(), tx) })
	}
	return heard, err
}

func feed(kind, n, holder string, at time.Time) renumber.FeedEvent {
	return renumber.FeedEvent{Type: kind, Number: n, Holder: holder, Effective: at}
}

func transfer(n, to string, at time.Time) renumber.FeedEvent {
	return renumber.FeedEvent{Type: renumber.Transfer, Number: n, To: to, Effective: at}
}

func newSIM(n string, i int, at time.Time) renumber.FeedEvent {
	return renumber.FeedEvent{Type: renumber.NewSIM, Number: n, ICCID: fmt.Sprintf("8986000000000000%04d", i), IMSI: fmt.Sprintf("46000000000%04d", i), Effective: at}
}

// must feeds an event that has to be applied, and returns the tenure.
func (w *world) must(e renumber.FeedEvent) simtrust.TenureID {
	w.t.Helper()
	w.seq++
	e.Seq = w.seq
	res, err := w.renumber.Feed(w.t.Context(), renumber.FeedReq{Source: "test", Events: []renumber.FeedEvent{e}})
	if err != nil || res.Results[0].Status != renumber.StatusApplied {
		w.t.Fatalf("%v: %+v, %v", e, res, err)
	}
	return simtrust.TenureID(res.Results[0].Tenure)
}

// rehold has a number go to somebody else at an instant, and returns the new tenure.
func (w *world) rehold(n, holder string, at time.Time) simtrust.TenureID {
	w.t.Helper()
	w.must(feed(renumber.Release, n, "", at))
	return w.must(feed(renumber.Assign, n, holder, at))
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.outbox.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func number(t testing.TB, s string) simtrust.Number {
	t.Helper()
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// optIn states an opt-in of a chatbot for a number, obtained at an instant or, at zero, now.
func (w *world) optIn(chatbot, n string, at time.Time) error {
	w.t.Helper()
	_, err := w.put(chatbot, n, at)
	return err
}

func (w *world) put(chatbot, n string, at time.Time) (optin.Entry, error) {
	w.t.Helper()
	o := optin.OptIn{Chatbot: chatbot, Client: "client", Number: number(w.t, n), Evidence: "a form"}
	if !at.IsZero() {
		o.Obtained = &at
	}
	return w.OptIn(w.t.Context(), o)
}

// accept is optIn that has to be taken.
func (w *world) accept(chatbot, n string, at time.Time) simtrust.TenureID {
	w.t.Helper()
	e, err := w.put(chatbot, n, at)
	if err != nil || e.State != optin.StateActive || e.Tenure == "" {
		w.t.Fatalf("opt-in of %s: %+v, %v", chatbot, e, err)
	}
	return e.Tenure
}

// ask asks of one number for one class.
func (w *world) ask(chatbot, n string) error {
	w.t.Helper()
	return w.askFor(optin.Question{Chatbot: chatbot, Class: optin.ClassService}, n)
}

func (w *world) askFor(q optin.Question, n string) error {
	w.t.Helper()
	got, err := w.Recipients(w.t.Context(), q, []simtrust.Number{number(w.t, n)})
	if err != nil || len(got) != 1 || got[0].Number != number(w.t, n) || (got[0].Err == nil) != (got[0].Tenure != "") {
		w.t.Fatalf("recipients: %+v, %v", got, err)
	}
	return got[0].Err
}

// still asks of one tenure.
func (w *world) still(chatbot string, tenure simtrust.TenureID) error {
	w.t.Helper()
	got, err := w.Still(w.t.Context(), optin.Question{Chatbot: chatbot, Class: optin.ClassService}, []simtrust.TenureID{tenure})
	if err != nil || len(got) != 1 || got[0].Tenure != tenure || (got[0].Err == nil) == got[0].Number.IsZero() {
		w.t.Fatalf("still: %+v, %v", got, err)
	}
	return got[0].Err
}

func want(t *testing.T, what string, err error, kind simtrust.Kind, reason string) {
	t.Helper()
	if !errors.Is(err, &simtrust.Error{Kind: kind, Reason: reason}) {
		t.Errorf("%s: %v (%s %s), want %s %s", what, err, simtrust.KindOf(err), simtrust.ReasonOf(err), kind, reason)
	}
}

// wantChanged, wantNone and wantRefused are the answers that a sender meets most.
func wantChanged(t *testing.T, what string, err error) {
	t.Helper()
	want(t, what, err, simtrust.KindConflict, optin.ReasonRecipientChanged)
}

func wantNone(t *testing.T, what string, err error) {
	t.Helper()
	want(t, what, err, simtrust.KindDenied, optin.ReasonNoOptIn)
}

func wantRefused(t *testing.T, what string, err error) {
	t.Helper()
	want(t, what, err, simtrust.KindDenied, optin.ReasonRefused)
}

func wantYes(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// actions are those of the record of a chatbot's changes.
func (w *world) actions(chatbot string) []optin.Action {
	w.t.Helper()
	changes, err := w.Changes(w.t.Context(), chatbot, optin.Place{})
	if err != nil {
		w.t.Fatal(err)
	}
	list := []optin.Action{}
	for _, c := range changes {
		list = append(list, c.Action)
	}
	return list
}

func scanText(rows *sql.Rows) (text string, err error) { return text, rows.Scan(&text) }
