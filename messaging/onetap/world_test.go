package onetap_test

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/onetap"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

const (
	issuer = "https://id.operator.example"
	shop   = "bot_shop"
	app    = "app_shop"
	offer  = "https://shop.example/offers/7"
)

func refusal(kind simtrust.Kind, reason string) error {
	return &simtrust.Error{Kind: kind, Reason: reason}
}

// senders are chatbots of a client of their own name; those in dead are not live.
type senders struct {
	messaging.Senders
	mu   sync.Mutex
	dead map[string]error
}

func bot(id string) sender.Chatbot {
	return sender.Chatbot{ID: id, Client: id, Name: "山茶小店", BrandName: "Camellia", SMSFallback: true, Certificate: sender.Certificate{ID: "crt", SHA256: make([]byte, 32)}}
}

func (s *senders) Owned(context.Context, string, string) error { return nil }

func (s *senders) Live(_ context.Context, id string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bot(id), s.dead[id]
}

func (s *senders) Chatbot(_ context.Context, id string) (sender.Chatbot, error) { return bot(id), nil }

func (s *senders) TakeAll(_ context.Context, _ *sqldb.Tx, list []sender.Taking) ([]error, error) {
	return make([]error, len(list)), nil
}

// pages are senders as the pages of links know them.
type pages struct{ *senders }

func (p pages) Known(_ context.Context, id string) error {
	if !strings.HasPrefix(id, "bot_") {
		return refusal(simtrust.KindNotFound, "unknown_chatbot")
	}
	return nil
}

func (p pages) Live(ctx context.Context, id string) (onetap.Sender, error) {
	c, err := p.senders.Live(ctx, id)
	return onetap.Sender{Name: c.Name, Brand: c.BrandName}, err
}

// people hold numbers: +8613800000NNN is held by ten_NNN until it has ended.
type people struct {
	mu    sync.Mutex
	ended map[simtrust.TenureID]bool
	away  bool
}

func tenure(number string) simtrust.TenureID {
	return simtrust.TenureID("ten_" + number[len(number)-3:])
}

func person(t simtrust.TenureID) optin.Recipient {
	n, err := simtrust.ParseNumber("+8613800000" + strings.TrimPrefix(string(t), "ten_"))
	return optin.Recipient{Tenure: t, Number: n, Err: err}
}

func (p *people) Recipients(_ context.Context, _ optin.Question, numbers []simtrust.Number) (out []optin.Recipient, err error) {
	for _, n := range numbers {
		out = append(out, person(tenure(n.E164())))
	}
	return out, nil
}

func (p *people) Still(_ context.Context, _ dispatch.Question, ids []simtrust.TenureID) (map[simtrust.TenureID]dispatch.Standing, error) {
	out := map[simtrust.TenureID]dispatch.Standing{}
	for _, id := range ids {
		out[id] = dispatch.Standing{Number: person(id).Number}
	}
	return out, nil
}

func (p *people) Current(_ context.Context, id simtrust.TenureID) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return false, refusal(simtrust.KindUnavailable, "store_unavailable")
	}
	return !p.ended[id], nil
}

// still is people as messaging asks them again.
type still struct{ *people }

func (s still) Still(_ context.Context, _ optin.Question, ids []simtrust.TenureID) (out []optin.Recipient, err error) {
	for _, id := range ids {
		out = append(out, person(id))
	}
	return out, nil
}

// Said implements messaging.Recipients: nobody says anything.
func (s still) Said(context.Context, string, simtrust.TenureID, string) (optin.Heard, optin.Record, error) {
	return optin.HeardNothing, func(context.Context, *sqldb.Tx) error { return nil }, nil
}

// tickets are made once for an id, and spent where the test says so.
type tickets struct {
	mu    sync.Mutex
	made  map[string]onetap.Ticket
	spent map[string]bool
	err   error
}

func (k *tickets) Ticket(_ context.Context, t onetap.Ticket) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err != nil {
		return "", k.err
	}
	if before, ok := k.made[t.ID]; ok && before != t {
		return "", refusal(simtrust.KindConflict, "ticket_differs")
	}
	if k.spent[t.ID] {
		return "", refusal(simtrust.KindConflict, "ticket_spent")
	}
	k.made[t.ID] = t
	return issuer + "/tap/" + t.ID, nil
}

func (k *tickets) count() int {
	k.mu.Lock()
	defer k.mu.Unlock()
	return len(k.made)
}

// bearer takes everything on the channels that it reaches.
type bearer struct {
	dispatch.Bearer
	mu     sync.Mutex
	reach  dispatch.Channel
	sent   []dispatch.Submission
	sealed []messaging.Envelope
	seal   func(context.Context, dispatch.Submission) (messaging.Envelope, error)
}

func (b *bearer) Reach(_ context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	out := make([]bool, len(to))
	for i := range out {
		out[i] = c == b.reach
	}
	return out, nil
}

func (b *bearer) Submit(ctx context.Context, list []dispatch.Submission) []dispatch.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]dispatch.Outcome, len(list))
	for i, s := range list {
		e, err := b.seal(ctx, s)
		if err != nil {
			out[i] = dispatch.Outcome{Answer: dispatch.Rejected}
			continue
		}
		b.sent, b.sealed = append(b.sent, s), append(b.sealed, e)
		out[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: s.ID()}
	}
	return out
}

func (b *bearer) Cancel(_ context.Context, list []dispatch.Copy) []dispatch.Recall {
	return make([]dispatch.Recall, len(list))
}

func (b *bearer) Query(_ context.Context, list []dispatch.Copy) []dispatch.Finding {
	return make([]dispatch.Finding, len(list))
}

// nobody listens.
type nobody struct{}

func (nobody) Begun(context.Context, *sqldb.Tx, []dispatch.Update) error          { return nil }
func (nobody) Changed(context.Context, *sqldb.Tx, []dispatch.Update) error        { return nil }
func (nobody) Publish(context.Context, *sqldb.Tx, ...events.Event) error          { return nil }
func (nobody) Holder(context.Context, simtrust.Number) (simtrust.TenureID, error) { return "", nil }

type world struct {
	*onetap.Service
	messages *messaging.Service
	dispatch *dispatch.Service
	senders  *senders
	people   *people
	tickets  *tickets
	bearer   *bearer
	notary   *statement.Notary
	db       *sqldb.DB
	router   *rpc.Router
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

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ring, err := keys.Open(t.Context(), t.TempDir(), keys.Options{Secret: filepath.Join(t.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, []sqldb.Migrations{dispatch.Migrations(), messaging.Migrations(), onetap.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		fn(t, newWorld(t, db, ring))
	})
}

func newWorld(t testing.TB, db *sqldb.DB, ring *keys.Ring) *world {
	quiet := slog.New(slog.DiscardHandler)
	w := &world{db: db, senders: &senders{dead: map[string]error{}}, people: &people{ended: map[simtrust.TenureID]bool{}},
		tickets: &tickets{made: map[string]onetap.Ticket{}, spent: map[string]bool{}}, bearer: &bearer{reach: "rcs"}, time: time.Now().UTC().Truncate(time.Millisecond)}
	w.dispatch = dispatch.New(dispatch.Deps{DB: db, Recipients: w.people, Listener: nobody{}, Log: quiet, Now: w.now}, dispatch.Config{})
	t.Cleanup(w.dispatch.Close)
	w.Service = onetap.New(onetap.Deps{DB: db, Deliveries: w.dispatch, Senders: pages{w.senders}, Tenures: w.people, Tickets: w.tickets, Log: quiet, Now: w.now},
		onetap.Config{Issuer: issuer, Key: []byte("a key of thirty-two octets or so")})
	w.notary = statement.New(statement.Deps{Keys: ring, Now: w.now, Issuer: issuer})
	w.messages = messaging.New(messaging.Deps{DB: db, Senders: w.senders, Recipients: still{w.people}, Holders: nobody{}, Distribution: w.dispatch, Events: nobody{},
		Notary: w.notary, Logins: w.Service, Log: quiet, Now: w.now}, messaging.Config{Issuer: issuer, Key: make([]byte, 32)})
	t.Cleanup(w.messages.Close)
	w.bearer.seal = w.messages.Seal
	w.dispatch.Carry("memory", w.Personal(w.bearer), "rcs", "enhanced", "card-sms", "sms")
	w.router = rpc.NewRouter(rpc.Config{Log: quiet, Now: w.now})
	w.Mount(w.router)
	w.messages.Mount(w.router)
	if err := w.Allow(t.Context(), onetap.App{Chatbot: shop, Client: app, Name: "山茶小店", Origin: "https://shop.example"}); err != nil {
		t.Fatal(err)
	}
	return w
}

func opens(text, url string) gsma.Suggestion {
	return gsma.NewAction(text, "open", gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: url, Application: gsma.Browser}}})
}

// request is a message of the shop with a login, on one channel.
func request(channel gsma.Channel, to ...string) messaging.SendReq {
	return messaging.SendReq{Client: shop, Chatbot: shop, Class: dispatch.ClassService, To: to, Steps: []messaging.Step{{Channel: channel}},
		Content: gsma.Content{Text: "您好", Suggestions: []gsma.Suggestion{opens("去看看", offer)}}, Logins: []messaging.Login{{App: app, URL: offer}}}
}

const (
	anna = "+8613800000001"
	bert = "+8613800000002"
)

func (w *world) send(t testing.TB, r messaging.SendReq) messaging.Sent {
	t.Helper()
	sent, err := w.messages.Send(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	w.bearer.reach = dispatch.Channel(r.Steps[0].Channel)
	if err := w.dispatch.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	return sent
}

// links are those of the copies that were delivered, in order.
func (w *world) links() (list []string) {
	w.bearer.mu.Lock()
	defer w.bearer.mu.Unlock()
	for _, s := range w.bearer.sent {
		_, rest, ok := strings.Cut(string(s.Payload), issuer+"/t/")
		if ok {
			list = append(list, "/t/"+rest[:44])
		}
	}
	return list
}

// link sends one message and returns the link in it.
func (w *world) link(t *testing.T, to string) string {
	t.Helper()
	w.send(t, request(gsma.RCS, to))
	list := w.links()
	return list[len(list)-1]
}

func (w *world) visit(method, path string) *http.Response {
	req := httptest.NewRequest(method, path, nil)
	if method == http.MethodPost {
		req.Header.Set("Origin", issuer)
	}
	rec := httptest.NewRecorder()
	w.router.ServeHTTP(rec, req)
	return rec.Result()
}

// arrive has the bearer say that a delivery has come to its phone.
func (w *world) arrive(t *testing.T, delivery string) {
	t.Helper()
	if err := w.dispatch.Report(t.Context(), "rcs", []dispatch.Report{{Ref: delivery + ".1", Fate: dispatch.FateDelivered, At: w.now()}}); err != nil {
		t.Fatal(err)
	}
	if err := w.dispatch.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}
