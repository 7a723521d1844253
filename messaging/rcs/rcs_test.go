package rcs_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/rcs"
)

var now = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)

func number(s string) simtrust.Number {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}

// far is the gateway: it answers each path with a status and a body, and keeps what it was asked.
type far struct {
	mu     sync.Mutex
	status int
	header http.Header
	body   string
	asked  map[string]any
	path   string
	auth   string
}

func (f *far) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	text, _ := io.ReadAll(r.Body)
	f.asked, f.path, f.auth = map[string]any{}, r.URL.Path, r.Header.Get("Authorization")
	_ = json.Unmarshal(text, &f.asked)
	for k, v := range f.header {
		w.Header()[k] = v
	}
	w.WriteHeader(f.status)
	_, _ = io.WriteString(w, f.body)
}

func (f *far) answers(status int, body string, header ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.status, f.body, f.header = status, body, http.Header{}
	for i := 0; i+1 < len(header); i += 2 {
		f.header.Set(header[i], header[i+1])
	}
}

// envelopes refuses the chatbots named so.
type envelopes struct{}

func (envelopes) Envelope(_ context.Context, s dispatch.Submission) (rcs.Envelope, error) {
	switch s.Chatbot {
	case "bot_suspended":
		return rcs.Envelope{}, &simtrust.Error{Kind: simtrust.KindDenied, Reason: "sender_suspended"}
	case "bot_unclear":
		return rcs.Envelope{}, &simtrust.Error{Kind: simtrust.KindUnavailable}
	}
	return rcs.Envelope{Sender: rcs.Sender{ID: s.Chatbot, Name: "示例银行", ServiceID: "sip:bank@botplatform.example"}, Statement: "a.b.c", Salt: []byte{0xff, 0xfe}}, nil
}

func gateway(t *testing.T) (*rcs.Gateway, *far) {
	t.Helper()
	f := &far{status: 200}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return rcs.New(rcs.Deps{Client: server.Client(), Envelopes: envelopes{}, Log: slog.New(slog.DiscardHandler), Now: func() time.Time { return now }},
		rcs.Config{URL: server.URL + "/rcs", Token: "secret"}), f
}

func submission(chatbot string) dispatch.Submission {
	return dispatch.Submission{Recipient: dispatch.Recipient{Tenure: "ten_1", Number: number("+8613800000001"), Chatbot: chatbot}, Copy: dispatch.Copy{Delivery: "dlv_1", Attempt: 2, Channel: rcs.Rich},
		Message: "msg_1", Expires: now.Add(time.Hour), PossibleDuplicate: true, ContentType: "text/plain", Payload: []byte("您好")}
}

// TestSubmit: what goes out, and what each answer of the gateway means.
func TestSubmit(t *testing.T) {
	g, f := gateway(t)
	f.answers(200, `{"results":[{"state":"accepted","ref":"r1"}]}`)
	out := g.Submit(t.Context(), []dispatch.Submission{submission("bot_suspended"), submission("bot_bank"), submission("bot_unclear")})
	want := []dispatch.Outcome{{Answer: dispatch.Rejected, Reason: "sender_suspended"}, {Answer: dispatch.Accepted, Ref: "r1"}, {Answer: dispatch.Throttled}}
	if !reflect.DeepEqual(out, want) {
		t.Errorf("%+v", out)
	}
	sent := f.asked["messages"].([]any)[0].(map[string]any)
	for member, value := range map[string]any{"id": "dlv_1.2", "number": "+8613800000001", "channel": "rcs", "reference": "dlv_1", "body": "您好", "statement": "a.b.c", "salt": "__4",
		"possible_duplicate": true, "expires": "2026-11-22T09:00:00Z", "content_type": "text/plain"} {
		if sent[member] != value {
			t.Errorf("%s is %v", member, sent[member])
		}
	}
	if f.path != "/rcs/messages" || f.auth != "Bearer secret" || len(f.asked["messages"].([]any)) != 1 {
		t.Errorf("%s, %s", f.path, f.auth)
	}
	for name, c := range map[string]struct {
		status int
		body   string
		header []string
		want   dispatch.Outcome
	}{
		"rejected":            {200, `{"results":[{"state":"rejected","reason":"blocked"}]}`, nil, dispatch.Outcome{Answer: dispatch.Rejected, Reason: "blocked"}},
		"no RCS":              {200, `{"results":[{"state":"unreachable"}]}`, nil, dispatch.Outcome{Answer: dispatch.NotOnIt}},
		"a line for the log":  {200, `{"results":[{"state":"rejected","reason":"a\nb"}]}`, nil, dispatch.Outcome{Answer: dispatch.Rejected, Reason: "a"}},
		"an unknown state":    {200, `{"results":[{"state":"maybe"}]}`, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"too few results":     {200, `{"results":[]}`, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"too many results":    {200, `{"results":[{"state":"accepted"},{"state":"accepted"}]}`, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"no JSON":             {200, `<html>`, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"an error within":     {500, ``, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"a proxy's error":     {502, ``, nil, dispatch.Outcome{Answer: dispatch.Lost}},
		"a redirect":          {307, ``, []string{"Location", "http://127.0.0.1:1/"}, dispatch.Outcome{Answer: dispatch.Throttled}},
		"a wrong token":       {401, ``, nil, dispatch.Outcome{Answer: dispatch.Throttled}},
		"a bad request":       {400, ``, nil, dispatch.Outcome{Answer: dispatch.Rejected, Reason: "gateway_refused"}},
		"too large":           {413, ``, nil, dispatch.Outcome{Answer: dispatch.Rejected, Reason: "gateway_refused"}},
		"throttled":           {429, ``, []string{"Retry-After", "7"}, dispatch.Outcome{Answer: dispatch.Throttled, After: 7 * time.Second}},
		"closed":              {503, ``, []string{"Retry-After", "soon"}, dispatch.Outcome{Answer: dispatch.Throttled}},
		"closed for a decade": {503, ``, []string{"Retry-After", "315360000"}, dispatch.Outcome{Answer: dispatch.Throttled, After: 10 * time.Minute}},
		"closed since ever":   {503, ``, []string{"Retry-After", "-5"}, dispatch.Outcome{Answer: dispatch.Throttled}},
	} {
		f.answers(c.status, c.body, c.header...)
		if out := g.Submit(t.Context(), []dispatch.Submission{submission("bot_bank")}); len(out) != 1 || out[0] != c.want {
			t.Errorf("%s: %+v", name, out)
		}
	}
}

// TestOneAtFault: a message that the gateway cannot take holds up no other, and none is handed over twice.
func TestOneAtFault(t *testing.T) {
	taken := map[string]int{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var ask struct {
			Messages []struct{ ID, Body string } `json:"messages"`
		}
		if err := json.NewDecoder(r.Body).Decode(&ask); err != nil {
			t.Error(err)
		}
		results := []map[string]string{}
		for _, m := range ask.Messages {
			if m.Body == "poison" {
				w.WriteHeader(http.StatusBadRequest)
				return
			}
			results = append(results, map[string]string{"state": "accepted", "ref": m.ID})
		}
		for _, m := range ask.Messages {
			taken[m.ID]++
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"results": results})
	}))
	defer server.Close()
	g := rcs.New(rcs.Deps{Client: server.Client(), Envelopes: envelopes{}}, rcs.Config{URL: server.URL})
	list := make([]dispatch.Submission, 9)
	for i := range list {
		list[i] = submission("bot_bank")
		if list[i].Attempt = i + 1; i == 5 {
			list[i].Payload = []byte("poison")
		}
	}
	for i, o := range g.Submit(t.Context(), list) {
		if want := (dispatch.Outcome{Answer: dispatch.Accepted, Ref: list[i].ID()}); i != 5 && (o != want || taken[list[i].ID()] != 1) {
			t.Errorf("%d: %+v, taken %d times", i, o, taken[list[i].ID()])
		}
		if i == 5 && o.Answer != dispatch.Rejected {
			t.Errorf("%+v", o)
		}
	}
}

// TestCancelAnswersTooMany: a gateway that answers more than it was asked has said nothing.
func TestCancelAnswersTooMany(t *testing.T) {
	g, f := gateway(t)
	f.answers(200, `{"results":[{"state":"revoked"},{"state":"revoked"}]}`)
	if out := g.Cancel(t.Context(), []dispatch.Copy{{Delivery: "dlv_1", Attempt: 1}}); len(out) != 1 || out[0] == dispatch.Recalled {
		t.Errorf("%+v", out)
	}
}

// TestAway: a gateway that nobody could reach took nothing; one that hung up may have.
func TestAway(t *testing.T) {
	hang := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	defer hang.Close()
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	for url, want := range map[string]dispatch.Answer{hang.URL: dispatch.Lost, gone.URL: dispatch.Throttled} {
		g := rcs.New(rcs.Deps{Client: http.DefaultClient, Envelopes: envelopes{}}, rcs.Config{URL: url})
		if out := g.Submit(t.Context(), []dispatch.Submission{submission("bot_bank")}); out[0].Answer != want {
			t.Errorf("%+v", out)
		}
		if _, err := g.Reach(t.Context(), rcs.Rich, []dispatch.Recipient{{Number: number("+8613800000001")}}); err == nil {
			t.Error("nobody answered, and yet it is known who is reached")
		}
		copies := []dispatch.Copy{{Delivery: "dlv_1", Attempt: 1}}
		if q, c := g.Query(t.Context(), copies), g.Cancel(t.Context(), copies); len(q) != 1 || q[0].Fate != "" && q[0].Fate != dispatch.FateUnknown || len(c) != 1 || c[0] != "" && c[0] != dispatch.RecallUnknown {
			t.Errorf("%+v, %+v", q, c)
		}
	}
}

// TestQueryCancelReach: states that are none are not known, and answers keep their places.
func TestQueryCancelReach(t *testing.T) {
	g, f := gateway(t)
	copies := []dispatch.Copy{{Delivery: "dlv_1", Attempt: 1}, {Delivery: "dlv_2", Attempt: 3}}
	f.answers(200, `{"results":[{"state":"delivered","ref":"r1"},{"state":"sure"}]}`)
	if q := g.Query(t.Context(), copies); q[0] != (dispatch.Finding{Fate: dispatch.FateDelivered, Ref: "r1"}) || q[1].Fate != dispatch.FateUnknown {
		t.Errorf("%+v", q)
	}
	if got := fmt.Sprint(f.asked["ids"]); got != "[dlv_1.1 dlv_2.3]" || f.path != "/rcs/queries" {
		t.Errorf("%s %s", got, f.path)
	}
	f.answers(200, `{"results":[{"state":"revoked"},{"state":"too_late"}]}`)
	if c := g.Cancel(t.Context(), copies); c[0] != dispatch.Recalled || c[1] != dispatch.TooLate {
		t.Errorf("%+v", c)
	}
	f.answers(200, `{"rcs":[true,false]}`)
	to := []dispatch.Recipient{{Number: number("+8613800000001")}, {Number: number("+8613800000002")}}
	if r, err := g.Reach(t.Context(), rcs.Rich, to); err != nil || !r[0] || r[1] {
		t.Errorf("%v, %v", r, err)
	}
	f.answers(200, `{"rcs":[true]}`)
	if _, err := g.Reach(t.Context(), rcs.Rich, to); err == nil {
		t.Error("an answer for one stands for two")
	}
}

// inbox keeps what came.
type inbox struct {
	reports []dispatch.Report
	inbound []rcs.Inbound
	spam    []rcs.Spam
}

func (i *inbox) Report(_ context.Context, _ dispatch.Channel, list []dispatch.Report) error {
	i.reports = append(i.reports, list...)
	return nil
}
func (i *inbox) Received(_ context.Context, m rcs.Inbound) error {
	i.inbound = append(i.inbound, m)
	return nil
}
func (i *inbox) Reported(_ context.Context, s rcs.Spam) error { i.spam = append(i.spam, s); return nil }

type auth struct{}

func (auth) Authenticate(r *http.Request) (rpc.Caller, error) {
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return rpc.Caller{Client: "gateway", Scopes: []string{scope}}, nil
}

// TestCallbacks: what the gateway brings, and what is refused and changes nothing.
func TestCallbacks(t *testing.T) {
	in := &inbox{}
	var log bytes.Buffer
	g := rcs.New(rcs.Deps{Client: http.DefaultClient, Reports: in, Inbox: in, Now: func() time.Time { return now }}, rcs.Config{})
	router := rpc.NewRouter(rpc.Config{Auth: auth{}, Log: slog.New(slog.NewTextHandler(&log, nil))})
	g.Mount(router)
	server := httptest.NewServer(router)
	defer server.Close()
	post := func(path, scope, body string) int {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/messaging/v1/rcs/"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+scope)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		return res.StatusCode
	}
	for name, c := range map[string]struct{ path, body string }{
		"an unknown state":      {"reports", `{"reports":[{"id":"dlv_1.1","state":"delivered"},{"id":"dlv_1.1","state":"lost"}]}`},
		"a promise":             {"reports", `{"reports":[{"id":"dlv_1.1","state":"not_taken"}]}`},
		"no id":                 {"reports", `{"reports":[{"state":"delivered"}]}`},
		"an unknown member":     {"reports", `{"reports":[{"id":"dlv_1.1","state":"delivered","x":1}]}`},
		"too many":              {"reports", `{"reports":[` + strings.Repeat(`{"id":"d","state":"delivered"},`, 1000) + `{"id":"d","state":"delivered"}]}`},
		"no number":             {"inbound", `{"id":"i1","from":"13800000001","to":"sip:bank@botplatform.example","content_type":"text/plain","body":"1"}`},
		"no sender":             {"inbound", `{"id":"i1","to":"sip:bank@botplatform.example","content_type":"text/plain","body":"1"}`},
		"nobody":                {"inbound", `{"id":"i1","from":"+8613800000001","content_type":"text/plain","body":"1"}`},
		"no id, inbound":        {"inbound", `{"from":"+8613800000001","to":"sip:x","content_type":"text/plain","body":"1"}`},
		"no type":               {"inbound", `{"id":"i1","from":"+8613800000001","to":"sip:x","body":"1"}`},
		"a long body":           {"inbound", `{"id":"i1","from":"+8613800000001","to":"sip:x","content_type":"text/plain","body":"` + strings.Repeat("x", 64<<10+1) + `"}`},
		"spam without a number": {"spam-reports", `{"id":"dlv_1"}`},
		"spam without an id":    {"spam-reports", `{"from":"+8613800000001"}`},
	} {
		if status := post(c.path, rcs.ScopeBearer, c.body); status != 400 {
			t.Errorf("%s: %d", name, status)
		}
	}
	if status := post("reports", "messaging:send", `{"reports":[]}`); status != 403 {
		t.Errorf("a chatbot's client reports: %d", status)
	}
	if len(in.reports)+len(in.inbound)+len(in.spam) > 0 {
		t.Fatalf("%+v", in)
	}
	for path, body := range map[string]string{
		"reports":      `{"reports":[{"id":"dlv_1.2","state":"delivered","at":"2026-11-22T07:59:00Z"},{"id":"dlv_2.1","state":"failed","at":"2036-01-01T00:00:00Z","reason":"absent"}]}`,
		"inbound":      `{"id":"i1","from":"+8613800000001","to":"sip:bank@botplatform.example","in_reply_to":"dlv_1.2","content_type":"text/plain","body":"1"}`,
		"spam-reports": `{"from":"+8613800000001","id":"dlv_1.2","type":"fraud"}`,
	} {
		if status := post(path, rcs.ScopeBearer, body); status != 204 {
			t.Errorf("%s: %d", path, status)
		}
	}
	if want := []dispatch.Report{{ID: "dlv_1.2", Fate: dispatch.FateDelivered, At: now.Add(-time.Minute)}, {ID: "dlv_2.1", Fate: dispatch.FateFailed, At: now, Reason: "absent"}}; !reflect.DeepEqual(in.reports, want) {
		t.Errorf("%+v", in.reports)
	}
	if m := in.inbound[0]; m.ID != "i1" || m.From != number("+8613800000001") || m.InReplyTo != "dlv_1" || string(m.Body) != "1" {
		t.Errorf("%+v", m)
	}
	if s := in.spam[0]; s.Delivery != "dlv_1" || s.Type != "fraud" {
		t.Errorf("%+v", s)
	}
	if strings.Contains(log.String(), "13800000001") || log.Len() == 0 {
		t.Errorf("%s", log.String())
	}
}
