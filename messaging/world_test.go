package messaging_test

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/events"
	"simtrust/messaging/gsma"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
	"simtrust/messaging/statement"
)

const (
	issuer = "https://id.operator.example"
	bank   = "bot_bank"
	shop   = "bot_shop"
)

func refusal(kind simtrust.Kind, reason string) error {
	return &simtrust.Error{Kind: kind, Reason: reason}
}

// senders are chatbots whose client has the name of the brand; bot_shop may send text messages.
type senders struct {
	mu      sync.Mutex
	dead    map[string]error
	left    int64  // of everybody's quota
	taking  func() // called where a message takes from it
	reports []sender.SpamReport
}

func (s *senders) chatbot(id string) sender.Chatbot {
	return sender.Chatbot{ID: id, Client: strings.TrimPrefix(id, "bot_"), Name: "山茶小店", BrandName: "Camellia", ServiceID: "sip:" + id + "@botplatform.example",
		SMSFallback: id == shop, Certificate: sender.Certificate{ID: "crt", SHA256: make([]byte, 32)}}
}

func (s *senders) Owned(_ context.Context, client, id string) error {
	if "bot_"+client != id {
		return refusal(simtrust.KindDenied, sender.ReasonNotYours)
	}
	return nil
}

func (s *senders) Live(ctx context.Context, id string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.chatbot(id), s.dead[id]
}

func (s *senders) Chatbot(_ context.Context, id string) (sender.Chatbot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.chatbot(id)
	if simtrust.ReasonOf(s.dead[id]) == sender.ReasonSuspended {
		c.Suspended = time.Unix(1, 0)
	}
	return c, nil
}

func (s *senders) ByService(_ context.Context, service string) (sender.Chatbot, error) {
	for _, id := range []string{bank, shop} {
		if c := s.chatbot(id); c.ServiceID == service {
			return c, nil
		}
	}
	return sender.Chatbot{}, refusal(simtrust.KindNotFound, sender.ReasonUnknownBot)
}

func (s *senders) TakeAll(_ context.Context, _ *sqldb.Tx, list []sender.Taking) ([]error, error) {
	if s.taking != nil {
		s.taking()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]error, len(list))
	for i, t := range list {
		if t.N > s.left {
			out[i] = refusal(simtrust.KindLimited, sender.ReasonOverDay)
			continue
		}
		s.left -= t.N
	}
	return out, nil
}

func (s *senders) Text(_ context.Context, chatbot, template string, values []string) (sender.Class, string, error) {
	if template != "tpl_code" || chatbot != shop {
		return "", "", refusal(simtrust.KindNotFound, sender.ReasonUnknownText)
	}
	return "authentication", "验证码 " + values[0], nil
}

func (s *senders) Report(_ context.Context, r sender.SpamReport) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	counted := !slices.Contains(s.reports, r)
	s.reports = append(s.reports, r)
	return counted, nil
}

// people hold numbers: +86138000000NN is held by ten_NN, who has opted in, unless errs says otherwise.
type people struct {
	mu   sync.Mutex
	errs map[simtrust.TenureID]error
	away bool
	said []string
	// asked is called where numbers are looked up.
	asked func()
}

func number(i int) string { return fmt.Sprintf("+8613800000%03d", i) }

func parse(s string) simtrust.Number {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}

func tenureOf(n simtrust.Number) simtrust.TenureID {
	return simtrust.TenureID("ten_" + n.E164()[len(n.E164())-3:])
}

func (p *people) standing(t simtrust.TenureID) optin.Recipient {
	return optin.Recipient{Tenure: t, Number: parse("+8613800000" + strings.TrimPrefix(string(t), "ten_")), Err: p.errs[t]}
}

var errAway = refusal(simtrust.KindUnavailable, "store_unavailable")

func (p *people) Recipients(_ context.Context, _ optin.Question, numbers []simtrust.Number) (out []optin.Recipient, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.asked != nil {
		p.asked()
	}
	if p.away {
		return nil, errAway
	}
	for _, n := range numbers {
		out = append(out, p.standing(tenureOf(n)))
	}
	return out, nil
}

func (p *people) Still(_ context.Context, _ optin.Question, tenures []simtrust.TenureID) (out []optin.Recipient, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errAway
	}
	for _, t := range tenures {
		out = append(out, p.standing(t))
	}
	return out, nil
}

func (p *people) Said(_ context.Context, chatbot string, t simtrust.TenureID, text string) (optin.Heard, optin.Record, error) {
	return optin.Hear(text), func(_ context.Context, tx *sqldb.Tx) error {
		tx.OnCommit(func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.said = append(p.said, chatbot+" "+string(t)+" "+text)
		})
		return nil
	}, nil
}

func (p *people) Holder(_ context.Context, n simtrust.Number) (simtrust.TenureID, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return "", errAway
	}
	if n == parse(number(999)) {
		return "", nil
	}
	return tenureOf(n), nil
}

// bearer takes everything; without RCS it reaches nobody on rich channels.
type bearer struct {
	mu   sync.Mutex
	rcs  bool
	sent []dispatch.Submission
	// asked are those whom it was last asked about.
	asked []dispatch.Recipient
	// submit answers in place of an acceptance.
	submit func(dispatch.Submission) dispatch.Outcome
}

func (b *bearer) Reach(_ context.Context, c dispatch.Channel, to []dispatch.Recipient) ([]bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]bool, len(to))
	b.asked = to
	for i := range out {
		out[i] = b.rcs || c == "sms" || c == "card-sms"
	}
	return out, nil
}

func (b *bearer) Submit(_ context.Context, list []dispatch.Submission) []dispatch.Outcome {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]dispatch.Outcome, len(list))
	for i, s := range list {
		b.sent = append(b.sent, s)
		out[i] = dispatch.Outcome{Answer: dispatch.Accepted, Ref: s.ID()}
		if b.submit != nil {
			out[i] = b.submit(s)
		}
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
	}
	return out
}

// log keeps what was published.
type log struct {
	mu   sync.Mutex
	list []events.Event
	err  error // of writing
}

func (l *log) Publish(_ context.Context, tx *sqldb.Tx, list ...events.Event) error {
	if l.err != nil {
		return l.err
	}
	tx.OnCommit(func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.list = append(l.list, list...)
	})
	return nil
}

func (l *log) types() (out []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.list {
		out = append(out, e.Type)
	}
	return out
}

type world struct {
	*messaging.Service
	senders  *senders
	people   *people
	bearer   *bearer
	dispatch *dispatch.Service
	log      *log
	notary   *statement.Notary
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
	sqldbtest.Each(t, []sqldb.Migrations{dispatch.Migrations(), messaging.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{senders: &senders{dead: map[string]error{}, left: 1 << 40}, people: &people{errs: map[simtrust.TenureID]error{}}, bearer: &bearer{rcs: true},
			log: &log{}, time: time.Now().Truncate(time.Millisecond)}
		quiet := slog.New(slog.DiscardHandler)
		w.dispatch = dispatch.New(dispatch.Deps{DB: db, Recipients: w, Listener: w, Log: quiet, Now: w.now}, dispatch.Config{})
		w.dispatch.Carry("memory", w.bearer, "rcs", "enhanced", "card-sms", "sms")
		t.Cleanup(w.dispatch.Close)
		w.notary = statement.New(statement.Deps{Keys: ring, Senders: w, Now: w.now, Issuer: issuer})
		w.Service = messaging.New(messaging.Deps{DB: db, Senders: w.senders, Recipients: w.people, Holders: w.people, Distribution: w.dispatch, Events: w.log,
			Notary: w.notary, Log: quiet, Now: w.now}, messaging.Config{Issuer: issuer, Key: make([]byte, 32), Files: 8, FileOctets: 256})
		t.Cleanup(w.Close)
		fn(t, w)
	})
}

// request is a service message of the shop to numbers.
func request(to ...int) messaging.SendReq {
	r := messaging.SendReq{Client: "shop", Chatbot: shop, Class: dispatch.ClassService, Content: gsma.Content{Text: "您好",
		Suggestions: []gsma.Suggestion{gsma.NewReply("好", "yes"), gsma.NewReply("不", "no")}}}
	for _, i := range to {
		r.To = append(r.To, number(i))
	}
	return r
}

func (w *world) send(t *testing.T, r messaging.SendReq) messaging.Sent {
	t.Helper()
	sent, err := w.Send(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	w.drain(t)
	return sent
}

func (w *world) drain(t *testing.T) {
	t.Helper()
	if err := w.dispatch.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// report has the bearer say what became of a delivery's first copy.
func (w *world) report(t *testing.T, delivery string, fate dispatch.Fate) {
	t.Helper()
	if err := w.dispatch.Report(t.Context(), "rcs", []dispatch.Report{{Ref: delivery + ".1", Fate: fate, At: w.now()}}); err != nil {
		t.Fatal(err)
	}
	w.drain(t)
}
