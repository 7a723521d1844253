package rbm_test

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/gsma"
	"simtrust/messaging/rbm"
	"simtrust/messaging/sender"
)

const (
	issuer = "https://id.operator.example"
	bank   = "bot_bank" // may degrade to text
	rail   = "bot_rail" // may not

	person   = "+8613800000001"
	plain    = "+8613800000002" // has agreed, and has no client
	stranger = "+8613800000003"
)

var start = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func refusal(kind simtrust.Kind, reason string) error {
	return &simtrust.Error{Kind: kind, Reason: reason, Msg: "refused"}
}

// platform stands for what is behind the face: messages by key, and numbers by delivery and conversation.
type platform struct {
	mu      sync.Mutex
	keys    map[string]string // by chatbot and key
	sent    map[string]messaging.SendReq
	revoked []string
	numbers map[string]string
	files   map[string]gsma.FileInfo
	refuse  error // of Send
	away    error // of look-ups
	lookUps int   // of keys
}

func (p *platform) Send(_ context.Context, req messaging.SendReq) (messaging.Sent, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse != nil {
		return messaging.Sent{}, p.refuse
	}
	if _, used := p.keys[req.Chatbot+req.Key]; used {
		return messaging.Sent{}, refusal(simtrust.KindConflict, messaging.ReasonKeyUsed)
	}
	id := fmt.Sprintf("msg_%d", len(p.sent))
	p.keys[req.Chatbot+req.Key], p.sent[id], p.numbers["dlv_"+id] = id, req, req.To[0]
	return messaging.Sent{Message: id, Created: start, Recipients: []messaging.Recipient{{Delivery: "dlv_" + id}}}, nil
}

func (p *platform) ByKey(_ context.Context, chatbot, key string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id, found := p.keys[chatbot+key]
	return id, found, p.away
}

func (p *platform) KeysOf(_ context.Context, ids []string) (map[string]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lookUps++
	keys := map[string]string{}
	for _, id := range ids {
		if req, found := p.sent[id]; found {
			keys[id] = req.Key
		}
	}
	return keys, p.away
}

func (p *platform) Original(_ context.Context, id string) (messaging.Original, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	req, found := p.sent[id]
	return messaging.Original{Created: start, Content: req.Content, Delivery: "dlv_" + id}, found, nil
}

func (p *platform) Revoke(_ context.Context, client, id string, _ []string) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revoked = append(p.revoked, client+" "+id)
	return 1, nil
}

func (p *platform) Reach(_ context.Context, _ string, _ dispatch.Class, channel gsma.Channel, numbers []simtrust.Number) ([]bool, error) {
	out := make([]bool, len(numbers))
	for i, n := range numbers {
		out[i] = n.E164() == person || n.E164() == plain && channel == gsma.SMS || strings.HasPrefix(n.E164(), "+49")
	}
	return out, p.away
}

func (p *platform) KeepFile(_ context.Context, chatbot, contentType string, data []byte) (gsma.FileInfo, error) {
	if contentType != "image/png" {
		return gsma.FileInfo{}, refusal(simtrust.KindInvalid, messaging.ReasonFile)
	}
	f := gsma.FileInfo{URL: issuer + "/messaging/v1/files/fil_" + chatbot, ContentType: contentType, Size: int64(len(data))}
	p.files[chatbot+f.URL] = f
	return f, nil
}

func (p *platform) KeptFiles(_ context.Context, chatbot string, urls []string) (map[string]gsma.FileInfo, error) {
	out := map[string]gsma.FileInfo{}
	for _, u := range urls {
		if f, ok := p.files[chatbot+u]; ok {
			out[u] = f
		}
	}
	return out, nil
}

func (p *platform) Number(_ context.Context, delivery string) (simtrust.Number, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	n, _ := simtrust.ParseNumber(p.numbers[delivery])
	return n, p.away
}

func (p *platform) Talker(ctx context.Context, _, conversation string) (simtrust.Number, error) {
	return p.Number(ctx, conversation)
}

// agents are the two chatbots, each of a client of its own, and those of the client "many".
type agents struct{}

func (agents) Owned(_ context.Context, client, chatbot string) error {
	if "bot_"+client != chatbot {
		return refusal(simtrust.KindDenied, sender.ReasonNotYours)
	}
	return nil
}

func (agents) Known(_ context.Context, chatbot string) error {
	if chatbot != bank && chatbot != rail {
		return refusal(simtrust.KindNotFound, sender.ReasonUnknownBot)
	}
	return nil
}

func (agents) Sole(_ context.Context, client string) (string, error) {
	if client == "many" {
		return "", nil
	}
	return "bot_" + client, nil
}

func (agents) Degrades(_ context.Context, chatbot string) (bool, error) { return chatbot == bank, nil }

// tokens are callers whose credential is the name of the client.
type tokens struct{}

func (tokens) Authenticate(r *http.Request) (rpc.Caller, error) {
	name, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch {
	case !ok:
		return rpc.Caller{}, refusal(simtrust.KindUnauthenticated, rpc.ReasonNoCredential)
	case name == "expired":
		return rpc.Caller{}, refusal(simtrust.KindUnauthenticated, "expired")
	case name == "reader":
		return rpc.Caller{Client: "bank", Scopes: []string{"number:read"}}, nil
	case name == "operator":
		return rpc.Caller{Client: name, Scopes: []string{rbm.ScopeAdmin}}, nil
	}
	return rpc.Caller{Client: name, Scopes: []string{messaging.ScopeSend}}, nil
}

type world struct {
	*platform
	db      *sqldb.DB
	service *rbm.Service
	router  *rpc.Router
	now     time.Time
}

// eachStore runs a test over every store.
func eachStore(t *testing.T, test func(t *testing.T, w *world)) {
	sqldbtest.Each(t, []sqldb.Migrations{rbm.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{platform: &platform{keys: map[string]string{}, sent: map[string]messaging.SendReq{}, numbers: map[string]string{}, files: map[string]gsma.FileInfo{}},
			db: db, now: start}
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		w.service = rbm.New(rbm.Deps{DB: db, Messages: w, People: w, Agents: agents{}, Out: client, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return w.now }},
			rbm.Config{Issuer: issuer, Key: bytes.Repeat([]byte{1}, 32)})
		w.router = rpc.NewRouter(rpc.Config{Auth: tokens{}})
		w.service.Mount(w.router)
		test(t, w)
	})
}

// without takes a table away, as a store that is out of order would.
func (w *world) without(t *testing.T, table string) {
	t.Helper()
	if err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error {
		_, err := tx.Exec(t.Context(), `drop table `+table)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

// call makes a request; a body that is no string is put as JSON.
func (w *world) call(t *testing.T, who, method, path string, body any) (status int, answer string) {
	t.Helper()
	text, ok := body.(string)
	if !ok && body != nil {
		data, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		text = string(data)
	}
	req := httptest.NewRequest(method, path, strings.NewReader(text))
	req.Header.Set("Content-Type", "application/json")
	if who != "" {
		req.Header.Set("Authorization", "Bearer "+who)
	}
	res := httptest.NewRecorder()
	w.router.ServeHTTP(res, req)
	return res.Code, res.Body.String()
}

// fails holds the envelope of an error, and returns its message.
func (w *world) fails(t *testing.T, who, method, path string, body any, want rbm.Status) string {
	t.Helper()
	status, answer := w.call(t, who, method, path, body)
	var got rbm.Failure
	if err := json.Unmarshal([]byte(answer), &got, json.RejectUnknownMembers(true)); err != nil {
		t.Errorf("%s %s: %v: %s", method, path, err, answer)
	}
	if status != want.Code() || got.Error.Code != status || got.Error.Status != want || got.Error.Message == "" {
		t.Errorf("%s %s: %d %s, want %s", method, path, status, answer, want)
	}
	return got.Error.Message
}

// does holds a success and reads its answer.
func does[T any](t *testing.T, w *world, who, method, path string, body any) (got T) {
	t.Helper()
	status, answer := w.call(t, who, method, path, body)
	if err := json.Unmarshal([]byte(answer), &got, json.RejectUnknownMembers(true)); err != nil || status != http.StatusOK {
		t.Fatalf("%s %s: %d %s %v", method, path, status, answer, err)
	}
	return got
}

func to(number, message, agent string) string {
	return "/rbm/v1/phones/" + number + "/agentMessages?messageId=" + message + "&agentId=" + agent
}

// requests are those that were sent, in order.
func (w *world) requests() []messaging.SendReq {
	var ids []string
	for id := range w.sent {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int { return cmp.Or(len(a)-len(b), strings.Compare(a, b)) })
	out := make([]messaging.SendReq, len(ids))
	for i, id := range ids {
		out[i] = w.sent[id]
	}
	return out
}
