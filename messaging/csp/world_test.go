package csp_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

const (
	shop = "sip:106500@botplatform.rcs.example.cn"
	bank = "sip:106501@botplatform.rcs.example.cn"
)

func refuse(kind simtrust.Kind, reason string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Msg: "no"}
}

// senders are bot_shop and bot_bank, of which only the shop may send text messages.
type senders struct {
	mu   sync.Mutex
	bots map[string]sender.Chatbot
	// dead is why a chatbot may not send, over what its next message is over.
	dead, over error
}

func newSenders() *senders {
	s := &senders{bots: map[string]sender.Chatbot{}}
	for id, service := range map[string]string{"shop": shop, "bank": bank} {
		s.bots["bot_"+id] = sender.Chatbot{ID: "bot_" + id, Client: id, Name: "山茶小店", BrandName: "Camellia", ServiceID: service, SMSFallback: id == "shop",
			Verified: time.Unix(1, 0), Certificate: sender.Certificate{ID: "crt", SHA256: make([]byte, 32)}}
	}
	return s
}

func (s *senders) Owned(_ context.Context, client, id string) error {
	if "bot_"+client != id {
		return refuse(simtrust.KindDenied, sender.ReasonNotYours)
	}
	return nil
}

func (s *senders) Chatbot(_ context.Context, id string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.bots[id]
	if !ok {
		return c, refuse(simtrust.KindNotFound, sender.ReasonUnknownBot)
	}
	return c, nil
}

func (s *senders) Live(ctx context.Context, id string) (sender.Chatbot, error) {
	c, err := s.Chatbot(ctx, id)
	if err == nil {
		err = s.dead
	}
	return c, err
}

func (s *senders) ByService(ctx context.Context, service string) (sender.Chatbot, error) {
	if service == shop {
		return s.Chatbot(ctx, "bot_shop")
	}
	return s.Chatbot(ctx, "bot_bank")
}

func (s *senders) TakeAll(_ context.Context, _ *sqldb.Tx, list []sender.Taking) ([]error, error) {
	out := make([]error, len(list))
	for i := range out {
		out[i] = s.over
	}
	return out, nil
}

func (s *senders) Text(context.Context, string, string, []string) (sender.Class, string, error) {
	return "", "", refuse(simtrust.KindNotFound, sender.ReasonUnknownText)
}

func (s *senders) Report(context.Context, sender.SpamReport) (bool, error) { return true, nil }

func (s *senders) SetProfile(_ context.Context, id string, p sender.Profile, _ string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.bots[id]
	c.Proposed = &p
	s.bots[id] = c
	return c, nil
}

func (s *senders) SetMenu(_ context.Context, id string, m gsma.Menu, _ string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.bots[id]
	c.Menu = m
	s.bots[id] = c
	return c, nil
}

// people hold numbers: +861380000NNNN is held by ten_NNNN, who has opted in, unless errs says otherwise; gone have no number any more.
type people struct {
	mu   sync.Mutex
	errs map[string]error
	gone map[simtrust.TenureID]bool
}

func number(i int) string { return fmt.Sprintf("+861380000%04d", i) }

func tel(i int) string { return "tel:" + number(i) }

func (p *people) Holder(_ context.Context, n simtrust.Number) (simtrust.TenureID, error) {
	return simtrust.TenureID("ten_" + n.E164()[10:]), nil
}

func (p *people) Number(_ context.Context, t simtrust.TenureID) (simtrust.Number, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone[t] {
		return simtrust.Number{}, nil
	}
	return simtrust.ParseNumber("+861380000" + strings.TrimPrefix(string(t), "ten_"))
}

func (p *people) Recipients(ctx context.Context, _ optin.Question, numbers []simtrust.Number) (out []optin.Recipient, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range numbers {
		t, _ := p.Holder(ctx, n)
		out = append(out, optin.Recipient{Tenure: t, Number: n, Err: p.errs[n.E164()]})
	}
	return out, nil
}

func (p *people) Still(ctx context.Context, _ optin.Question, tenures []simtrust.TenureID) (out []optin.Recipient, err error) {
	for _, t := range tenures {
		n, _ := p.Number(ctx, t)
		out = append(out, optin.Recipient{Tenure: t, Number: n})
	}
	return out, nil
}

func (p *people) Said(context.Context, string, simtrust.TenureID, string) (optin.Heard, optin.Record, error) {
	return optin.HeardNothing, func(context.Context, *sqldb.Tx) error { return nil }, nil
}

// standings are the same as the distribution asks.
type standings struct{ *people }

func (s standings) Still(ctx context.Context, _ dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	out := map[simtrust.TenureID]dispatch.Standing{}
	for _, t := range ids {
		n, _ := s.Number(ctx, t)
		out[t] = dispatch.Standing{Number: n}
	}
	return out, nil
}

// bearer takes everything; without rcs it reaches nobody on rich channels.
type bearer struct {
	mu      sync.Mutex
	plain   bool
	tooLate bool
	sent    []dispatch.Submission
}

func (b *bearer) Reach(_ context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	out := make([]bool, len(to))
	for i := range out {
		out[i] = !b.plain || c == "sms"
	}
	return out, nil
}

func (b *bearer) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, list...)
	out := make([]dispatch.Outcome, len(list))
	for i, s := range list {
		out[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: s.ID()}
	}
	return out
}

func (b *bearer) Query(_ context.Context, list []dispatch.Copy) []dispatch.Finding {
	return make([]dispatch.Finding, len(list))
}

func (b *bearer) Cancel(_ context.Context, list []dispatch.Copy) []dispatch.Recall {
	out := make([]dispatch.Recall, len(list))
	for i := range out {
		out[i] = dispatch.Recalled
		if b.tooLate {
			out[i] = dispatch.TooLate
		}
	}
	return out
}

type notary struct{}

func (notary) Make(statement.Statement) (string, error) { return "statement", nil }

type noSigner struct{}

func (noSigner) SignJWT(string, jwt.Claims) (string, error) { return "", nil }

// clients are bearer tokens that are the names of clients; operator is one.
type clients struct{}

func (clients) Authenticate(r *http.Request) (rpc.Caller, error) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	c := rpc.Caller{Client: name, Scopes: []string{csp.ScopeSend}}
	if name == "operator" {
		c.Scopes = []string{csp.ScopeAdmin}
	}
	return c, nil
}

// world is the face over the real messaging, distribution and log.
type world struct {
	*csp.Service
	t        testing.TB
	messages *messaging.Service
	dispatch *dispatch.Service
	events   *events.Service
	senders  *senders
	people   *people
	bearer   *bearer
	server   *httptest.Server
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

func tables() []sqldb.Migrations {
	return []sqldb.Migrations{dispatch.Migrations(), events.Migrations(), messaging.Migrations(), csp.Migrations()}
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	sqldbtest.Each(t, tables(), func(t *testing.T, db *sqldb.DB) { fn(t, newWorld(t, db)) })
}

func newWorld(t testing.TB, db *sqldb.DB) *world {
	quiet := slog.New(slog.DiscardHandler)
	w := &world{t: t, senders: newSenders(), people: &people{errs: map[string]error{}, gone: map[simtrust.TenureID]bool{}}, bearer: &bearer{},
		time: time.Now().Truncate(time.Millisecond)}
	out := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	w.events = events.New(events.Deps{DB: db, Chatbots: w.senders, Signer: noSigner{}, Out: out, Log: quiet, Now: w.now}, events.Config{Issuer: "https://id.example", Plain: true})
	w.dispatch = dispatch.New(dispatch.Deps{DB: db, Recipients: standings{w.people}, Listener: listener{w}, Log: quiet, Now: w.now}, dispatch.Config{})
	w.dispatch.Carry("memory", w.bearer, "rcs", "sms")
	w.messages = messaging.New(messaging.Deps{DB: db, Senders: w.senders, Recipients: w.people, Holders: w.people, Distribution: w.dispatch, Events: w.events,
		Notary: notary{}, Log: quiet, Now: w.now}, messaging.Config{Issuer: "https://id.example", Key: make([]byte, 32)})
	w.Service = csp.New(csp.Deps{DB: db, Messages: w.messages, Talks: w.messages, Files: w.messages, Chatbots: w.senders, Deliveries: w.dispatch, People: w.people,
		Events: w.events, Out: out, Log: quiet, Now: w.now}, csp.Config{Root: "https://id.example/csp", Key: make([]byte, 32), Zone: time.UTC})
	w.events.Speak(csp.Kind, w.Form())
	router := rpc.NewRouter(rpc.Config{Auth: clients{}, Log: quiet, Now: w.now})
	w.Mount(router)
	w.messages.Mount(router)
	w.events.Mount(router)
	w.server = httptest.NewServer(router)
	t.Cleanup(func() {
		w.server.Close()
		w.Close()
		w.messages.Close()
		w.dispatch.Close()
	})
	return w
}

type listener struct{ *world }

func (l listener) Begun(ctx context.Context, tx *sqldb.Tx, copies []dispatch.Update) error {
	return l.messages.Begun(ctx, tx, copies)
}

func (l listener) Changed(ctx context.Context, tx *sqldb.Tx, changes []dispatch.Update) error {
	return l.messages.Changed(ctx, tx, changes)
}

// bot is a chatbot as its own program has it.
type bot struct {
	*world
	id    string
	cred  csp.Credentials
	token string
}

func (w *world) bot(id string) *bot {
	w.t.Helper()
	c, err := w.Issue(w.t.Context(), id, "test")
	if err != nil {
		w.t.Fatal(err)
	}
	b := &bot{world: w, id: c.ServiceID, cred: c}
	b.login()
	return b
}

func (b *bot) login() {
	b.t.Helper()
	var got csp.AccessToken
	if status := b.ask(http.MethodPost, "accessToken", "", csp.Credential{AppID: b.cred.AppID, AppKey: b.cred.AppKey}, &got); status != http.StatusOK || got.Token == "" {
		b.t.Fatalf("no access token: %d %+v", status, got.Result)
	}
	b.token = got.Token
}

// ask calls an operation of the chatbot with an Authorization header.
func (b *bot) ask(method, path, authorization string, body, into any) int {
	b.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.raw(method, b.server.URL+"/csp/bot/v1/"+b.id+"/"+path, authorization, data, into)
}

func (w *world) raw(method, url, authorization string, body []byte, into any) int {
	w.t.Helper()
	req, err := http.NewRequest(method, url, bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err == nil && len(data) > 0 {
		err = json.Unmarshal(data, into)
	}
	if err != nil {
		w.t.Fatalf("%s: %v in %s", url, err, data)
	}
	return res.StatusCode
}

// post calls an operation with the access token and returns the code of the result.
func (b *bot) post(path string, body any) csp.Code {
	b.t.Helper()
	var got csp.Answer
	b.ask(http.MethodPost, path, "accessToken "+b.token, body, &got)
	return got.Code
}

// send sends a message and distributes it.
func (b *bot) send(m csp.Message) {
	b.t.Helper()
	if code := b.post("messages", m); code != csp.CodeOK {
		b.t.Fatalf("refused with %d", code)
	}
	b.drain()
}

func (w *world) drain() {
	w.t.Helper()
	if err := w.dispatch.Drain(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

// report has the bearer say what became of the n-th copy that it got.
func (w *world) report(n int, fate dispatch.Fate, reason string) {
	w.t.Helper()
	c := w.bearer.sent[n]
	if err := w.dispatch.Report(w.t.Context(), c.Channel, []dispatch.Report{{Ref: c.ID(), Fate: fate, Reason: reason, At: w.now()}}); err != nil {
		w.t.Fatal(err)
	}
	w.drain()
}

// text is a message of the shop to a number.
func (b *bot) text(id string, to int) csp.Message {
	return csp.Message{ID: id, Bodies: []csp.Body{{ContentType: "text/plain", Text: []byte(`"您好"`)}}, To: csp.OneOrMore[string]{tel(to)}, From: b.id,
		Capabilities: csp.ChatbotSA(), Conversation: "talk-" + id, Contribution: "part-" + id,
		Reports: csp.OneOrMore[csp.Status]{csp.Sent, csp.Failed, csp.Delivered, csp.Displayed, csp.DeliveredToNetwork}}
}
