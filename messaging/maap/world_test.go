package maap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/maap"
)

var epoch = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

const (
	// person is a number that must not be found in a log or in the store.
	person      = "+8613800000001"
	clientToken = "SJENCPGJESMGUFPY"
	token       = "callback-token"
	agent       = "bank_agent"
	address     = "sip:106500@botplatform.rcs.example.cn"
)

func number(s string) simtrust.Number {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}

// far is a platform: it answers requests by a function, and keeps what it was asked.
type far struct {
	*httptest.Server
	mu    sync.Mutex
	asked []ask
	reply func(n int, a ask) (status int, body string) // n counts from 1, requests for tokens apart
	token func(n int) (status int, body string)
	fresh int
	pause string // Retry-After
}

type ask struct {
	method, path, query, auth string
	body                      map[string]any
}

func (a ask) text() string { text, _ := json.Marshal(a.body); return string(text) }

func newFar(t testing.TB) *far {
	f := &far{}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, _ := io.ReadAll(r.Body)
	f.mu.Lock()
	defer f.mu.Unlock()
	status, body := 200, `{}`
	switch {
	case strings.HasSuffix(r.URL.Path, "oken"):
		f.fresh++
		body = `{"access_token":"t1","expires_in":7200,"accessToken":"t1","expires":7200,"errorCode":0}`
		if f.token != nil {
			status, body = f.token(f.fresh)
		}
	default:
		a := ask{method: r.Method, path: r.URL.Path, query: r.URL.RawQuery, auth: r.Header.Get("Authorization")}
		_ = json.Unmarshal(text, &a.body)
		f.asked = append(f.asked, a)
		if f.reply != nil {
			status, body = f.reply(len(f.asked), a)
		}
	}
	if f.pause != "" {
		w.Header().Set("Retry-After", f.pause)
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

func (f *far) heard() []ask {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]ask(nil), f.asked...)
}

func (f *far) tokens() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.fresh
}

func (f *far) answers(status int, body string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.reply = func(int, ask) (int, string) { return status, body }
}

// ledger is what stands around the bearer: it takes what it is told, unless it is away, and knows the persons.
type ledger struct {
	mu      sync.Mutex
	reports []dispatch.Report
	said    []maap.Inbound
	spam    []maap.Spam
	away    error
	gone    bool // the persons of all deliveries
}

func (l *ledger) Report(_ context.Context, _ dispatch.Channel, list []dispatch.Report) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away == nil {
		l.reports = append(l.reports, list...)
	}
	return l.away
}

// Received keeps what comes again only once, as messaging does.
func (l *ledger) Received(_ context.Context, m maap.Inbound) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.said {
		if s.ID == m.ID {
			return l.away
		}
	}
	if l.away == nil {
		l.said = append(l.said, m)
	}
	return l.away
}

func (l *ledger) Reported(_ context.Context, s maap.Spam) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.spam = append(l.spam, s)
	return l.away
}

func (l *ledger) goes(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.away = err
}

// Live knows the chatbots bot_NAME as sip:NAME@botplatform.example.
func (l *ledger) Live(_ context.Context, chatbot string) (string, error) {
	switch chatbot {
	case "bot_suspended":
		return "", &simtrust.Error{Kind: simtrust.KindDenied, Reason: "sender_suspended"}
	case "bot_unclear":
		return "", &simtrust.Error{Kind: simtrust.KindUnavailable}
	}
	return "sip:" + strings.TrimPrefix(chatbot, "bot_") + "@botplatform.example", nil
}

func (l *ledger) Number(context.Context, string) (simtrust.Number, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return simtrust.Number{}, nil
	}
	return number(person), nil
}

// gateway is the operator's own: it takes everything that is its.
type gateway struct {
	reached bool
	away    error
	fate    dispatch.Fate
	mu      sync.Mutex
	given   []string
	asked   []string
}

func (g *gateway) note(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.given = append(g.given, id)
}

func (g *gateway) Reach(_ context.Context, _ dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	out := make([]bool, len(to))
	for i := range out {
		out[i] = g.reached
		g.asked = append(g.asked, to[i].Number.E164())
	}
	return out, g.away
}

func (g *gateway) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	out := make([]dispatch.Outcome, len(list))
	for i, s := range list {
		g.note(s.ID())
		out[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: "gw/" + s.ID()}
	}
	return out
}

func (g *gateway) Query(_ context.Context, list []dispatch.Copy) []dispatch.Finding {
	out := make([]dispatch.Finding, len(list))
	for i, c := range list {
		g.note(c.ID())
		out[i].Fate = g.fate
	}
	return out
}

func (g *gateway) Cancel(_ context.Context, list []dispatch.Copy) []dispatch.Recall {
	out := make([]dispatch.Recall, len(list))
	for i, c := range list {
		g.note(c.ID())
		out[i] = dispatch.Recalled
	}
	return out
}

// world is a bearer with an account in each shape: the chatbot bank at a platform in Google's, rail at one in the Chinese.
type world struct {
	*maap.Bearer
	t      testing.TB
	db     *sqldb.DB
	google *far
	china  *far
	ledger *ledger
	router *rpc.Router
	clock  *clock
	log    *bytes.Buffer
}

type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func each(t *testing.T, g dispatch.Bearer, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, []sqldb.Migrations{maap.Migrations()}, func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db, g)) })
}

// alone is a world on an SQLite store of its own.
func alone(t testing.TB, g dispatch.Bearer) *world {
	t.Helper()
	db := sqldbtest.Open(t, sqldbtest.SQLiteURL(t))
	if err := sqldb.Migrate(t.Context(), db, maap.Migrations()); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db, g)
}

func newWorld(t testing.TB, db *sqldb.DB, g dispatch.Bearer) *world {
	w := &world{t: t, db: db, google: newFar(t), china: newFar(t), ledger: &ledger{}, clock: &clock{t: epoch}, log: &bytes.Buffer{}}
	w.china.answers(200, `{"messageId":"m","errorCode":0,"errorMessage":"success"}`)
	w.again(g)
	t.Cleanup(func() {
		if strings.Contains(w.log.String(), person[1:]) {
			t.Error("a number stands in the log")
		}
	})
	return w
}

// again is a process that starts on the same store.
func (w *world) again(g dispatch.Bearer) {
	w.t.Helper()
	b, err := maap.New(w.deps(g), w.accounts()...)
	if err != nil {
		w.t.Fatal(err)
	}
	w.Bearer = b
	w.router = rpc.NewRouter(rpc.Config{Auth: nobody{}, Log: slog.New(slog.DiscardHandler)})
	b.Mount(w.router)
}

func consents(words string) bool {
	return strings.TrimSpace(words) == "start" || words == "START" || words == "订阅"
}

func (w *world) deps(g dispatch.Bearer) maap.Deps {
	return maap.Deps{DB: w.db, Client: &http.Client{}, Directory: w.ledger, Reports: w.ledger, Inbox: w.ledger, Consents: consents, Gateway: g, Key: make([]byte, 32),
		Log: slog.New(slog.NewTextHandler(&locked{w: w.log}, nil)), Now: w.clock.now}
}

func (w *world) accounts() []maap.Account {
	return []maap.Account{
		{Name: "bank", Chatbot: "sip:bank@botplatform.example", RBM: &maap.RBM{URL: w.google.URL, AgentID: agent, ClientToken: clientToken,
			OAuth: &maap.OAuth{TokenURL: w.google.URL + "/token", ClientID: "us", Secret: "s&cret"}}},
		{Name: "rail", Chatbot: "sip:rail@botplatform.example", CSP: &maap.CSP{URL: w.china.URL + "/bot/v1", ChatbotID: address, AppID: "app-1", AppKey: "key-1", Token: token}},
	}
}

// nobody is let in by a token.
type nobody struct{}

func (nobody) Authenticate(*http.Request) (rpc.Caller, error) {
	return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated}
}

type locked struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// submission is a text from a chatbot, the nth.
func submission(chatbot string, delivery string) dispatch.Submission {
	return dispatch.Submission{Recipient: dispatch.Recipient{Tenure: "ten_1", Number: number(person), Chatbot: chatbot}, Copy: dispatch.Copy{Delivery: delivery, Attempt: 1, Channel: maap.Rich},
		Message: "msg_1", Class: dispatch.ClassTransaction, Expires: epoch.Add(time.Hour), ContentType: "text/plain", Payload: []byte("您好")}
}

func (w *world) sends(list ...dispatch.Submission) []dispatch.Outcome {
	w.t.Helper()
	return w.Submit(w.t.Context(), list)
}

// sent hands one copy over, and returns its id at the platform.
func (w *world) sent(f *far, chatbot, delivery string) string {
	w.t.Helper()
	if o := w.sends(submission(chatbot, delivery)); o[0].Answer != dispatch.Accepted {
		w.t.Fatalf("%+v", o)
	}
	list := f.heard()
	last := list[len(list)-1]
	if id, ok := last.body["messageId"].(string); ok {
		return id
	}
	_, id, _ := strings.Cut(last.query, "messageId=")
	return id
}

func (w *world) count(query string) (n int64) {
	w.t.Helper()
	if err := w.db.QueryRow(w.t.Context(), query).Scan(&n); err != nil {
		w.t.Fatal(err)
	}
	return n
}
