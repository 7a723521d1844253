package events_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/egress"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/messaging/events"
)

const issuer = "https://id.operator.example"

// patience is how long a test waits for what must come.
const patience = time.Minute

var denied = &simtrust.Error{Kind: simtrust.KindDenied, Reason: "not_your_chatbot"}

// owners says that a chatbot is the client's of the same name, until it is taken away.
type owners struct{ taken *atomic.Bool }

func (o owners) Owned(_ context.Context, client, chatbot string) error {
	if client != chatbot || o.taken.Load() {
		return denied
	}
	return nil
}

// clock is a time that tests move.
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

type world struct {
	*events.Service
	deps  events.Deps
	db    *sqldb.DB
	ring  *keys.Ring
	clock *clock
	taken *atomic.Bool // the chatbots, from their clients
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	ring, err := keys.Open(t.Context(), t.TempDir(), keys.Options{Secret: filepath.Join(t.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	sqldbtest.Each(t, []sqldb.Migrations{events.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		w := &world{db: db, ring: ring, taken: new(atomic.Bool), clock: &clock{t: time.Now().Truncate(time.Millisecond)}}
		w.deps = events.Deps{DB: db, Chatbots: owners{w.taken}, Signer: ring, Log: slog.New(slog.DiscardHandler), Now: w.clock.now,
			Out: egress.New(egress.Options{Loopback: true}).Client(egress.Manner{Timeout: patience})}
		w.Service = events.New(w.deps, events.Config{Issuer: issuer, Plain: true})
		fn(t, w)
	})
}

// publish writes n events of a chatbot, numbered from first.
func (w *world) publish(t *testing.T, chatbot string, first, n int) {
	t.Helper()
	list := make([]events.Event, n)
	for i := range list {
		list[i] = events.Event{Chatbot: chatbot, Type: "message.delivered", At: w.clock.now(), Data: map[string]int{"n": first + i}}
	}
	if err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error { return w.Publish(t.Context(), tx, list...) }); err != nil {
		t.Fatal(err)
	}
}

// receiver is a webhook's far end. It verifies what it gets.
type receiver struct {
	*httptest.Server
	t *testing.T
	w *world

	mu   sync.Mutex
	got  []int64 // sequence numbers, as they came
	fail func(w http.ResponseWriter) bool
}

func (w *world) receiver(t *testing.T) *receiver {
	r := &receiver{t: t, w: w}
	r.Server = httptest.NewServer(r)
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	if err := r.w.verify(r.URL, req.Header.Get(events.SignatureHeader), body); err != nil {
		r.t.Error(err)
	}
	var in struct {
		Type, Nonce string
		Events      []events.Entry
	}
	if err := json.Unmarshal(body, &in); err != nil {
		r.t.Error(err)
	}
	if in.Type == "webhook.check" {
		_ = json.NewEncoder(w).Encode(map[string]string{"nonce": in.Nonce})
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range in.Events {
		r.got = append(r.got, e.Seq)
	}
	if r.fail != nil && r.fail(w) {
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (r *receiver) numbers() []int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.got)
}

func (r *receiver) failing(fail func(w http.ResponseWriter) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fail, r.got = fail, nil
}

// verify is what a receiver does with a signature.
func (w *world) verify(target, signature string, body []byte) error {
	claims := jwt.MapClaims{}
	token, err := jwt.NewParser(jwt.WithIssuer(issuer), jwt.WithAudience(target), jwt.WithIssuedAt(), jwt.WithTimeFunc(w.clock.now), jwt.WithStrictDecoding(),
		jwt.WithValidMethods([]string{"ES256"})).ParseWithClaims(signature, claims, w.ring.Keyfunc)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	if token.Header["typ"] != "simtrust-webhook+jwt" || claims["body"] != base64.RawURLEncoding.EncodeToString(sum[:]) {
		return fmt.Errorf("the signature is over something else: %v %v", token.Header, claims)
	}
	return nil
}

func count(from, n int) []int64 {
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(from + i)
	}
	return list
}

// TestWebhook: all events from the setting on, in order, signed, and none again once acknowledged.
func TestWebhook(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		w.publish(t, "bank", 1, 3)
		hook, err := w.SetWebhook(t.Context(), "bank", events.Own, r.URL)
		if err != nil || hook.Acked != 3 {
			t.Fatalf("%+v, %v", hook, err)
		}
		w.publish(t, "bank", 4, 250)
		w.publish(t, "shop", 1, 5)
		for range 2 {
			if err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.numbers(); !slices.Equal(got, count(4, 250)) {
			t.Errorf("%v", got)
		}
		if hook, err := w.Webhook(t.Context(), "bank", events.Own); err != nil || hook.Acked != 253 || hook.Failures != 0 {
			t.Errorf("%+v, %v", hook, err)
		}
	})
}

// TestWebhookFails: a receiver that fails, redirects or hangs up gets the same events again, later and later, and holds up nobody else.
func TestWebhookFails(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		bad, good := w.receiver(t), w.receiver(t)
		for chatbot, r := range map[string]*receiver{"bank": bad, "shop": good} {
			if _, err := w.SetWebhook(t.Context(), chatbot, events.Own, r.URL); err != nil {
				t.Fatal(err)
			}
		}
		failures := map[string]func(w http.ResponseWriter) bool{
			"error": func(w http.ResponseWriter) bool { w.WriteHeader(http.StatusInternalServerError); return true },
			"redirect": func(o http.ResponseWriter) bool {
				o.Header().Set("Location", good.URL)
				o.WriteHeader(http.StatusFound)
				return true
			},
			"hang-up": func(http.ResponseWriter) bool { panic(http.ErrAbortHandler) },
		}
		next := 1
		for name, fail := range failures {
			bad.failing(fail)
			good.failing(nil)
			w.publish(t, "bank", next, 2)
			w.publish(t, "shop", next, 2)
			for range 2 { // the second comes too soon
				if err := w.Deliver(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if got := bad.numbers(); !slices.Equal(got, count(next, 2)) {
				t.Errorf("%s: %v", name, got)
			}
			if got := good.numbers(); !slices.Equal(got, count(next, 2)) {
				t.Errorf("%s: the other one got %v", name, got)
			}
			bad.failing(nil)
			w.clock.pass(10 * time.Minute)
			if err := w.Deliver(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := bad.numbers(); !slices.Equal(got, count(next, 2)) {
				t.Errorf("after %s: %v", name, got)
			}
			next += 2
		}
	})
}

// TestSlowWebhook: a receiver that does not answer gets its events again, and holds up nobody else.
func TestSlowWebhook(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		slow, good := w.receiver(t), w.receiver(t)
		for chatbot, r := range map[string]*receiver{"bank": slow, "shop": good} {
			if _, err := w.SetWebhook(t.Context(), chatbot, events.Own, r.URL); err != nil {
				t.Fatal(err)
			}
		}
		asked, brought, over := make(chan struct{}), make(chan struct{}), make(chan struct{})
		slow.failing(func(http.ResponseWriter) bool { close(asked); <-over; return true })
		good.failing(func(http.ResponseWriter) bool { close(brought); return false })
		w.deps.Out = &http.Client{Transport: impatience{slow.Listener.Addr().String(), func() { <-asked; <-brought }}, Timeout: patience}
		impatient := events.New(w.deps, events.Config{Issuer: issuer, Plain: true})
		w.publish(t, "bank", 1, 2)
		w.publish(t, "shop", 1, 2)
		err := impatient.Deliver(t.Context())
		close(over)
		if err != nil {
			t.Fatal(err)
		}
		if got := good.numbers(); !slices.Equal(got, count(1, 2)) {
			t.Errorf("the other one got %v", got)
		}
		if hook, err := w.Webhook(t.Context(), "bank", events.Own); err != nil || hook.Acked != 0 || hook.Failures != 1 {
			t.Errorf("%+v, %v", hook, err)
		}
		slow.failing(nil)
		w.clock.pass(10 * time.Minute)
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := slow.numbers(); !slices.Equal(got, count(1, 2)) {
			t.Errorf("later: %v", got)
		}
	})
}

// impatience gives up one host when the wait is over.
type impatience struct {
	host string
	wait func()
}

func (i impatience) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != i.host {
		return http.DefaultTransport.RoundTrip(r)
	}
	ctx, giveUp := context.WithCancel(r.Context())
	go func() { i.wait(); giveUp() }()
	return http.DefaultTransport.RoundTrip(r.WithContext(ctx))
}

// TestWebhookChecked: a URL is taken only where the receiver shows that it wants the events.
func TestWebhookChecked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		answer := func(status int, body string) string {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(status); _, _ = io.WriteString(w, body) }))
			t.Cleanup(s.Close)
			return s.URL
		}
		gone := httptest.NewServer(http.NotFoundHandler())
		gone.Close()
		for name, c := range map[string]struct{ url, reason string }{
			"no nonce":        {answer(200, `{}`), events.ReasonUnchecked},
			"another nonce":   {answer(200, `{"nonce":"AAAAAAAAAAAAAAAAAAAAAAAAAA"}`), events.ReasonUnchecked},
			"no JSON":         {answer(200, `<html>`), events.ReasonUnchecked},
			"an error":        {answer(500, `{}`), events.ReasonUnchecked},
			"a redirect":      {answer(302, ``), events.ReasonUnchecked},
			"nobody":          {gone.URL, events.ReasonUnchecked},
			"link-local":      {"http://169.254.169.254/latest", events.ReasonUnchecked},
			"a private one":   {"https://10.0.0.1/", events.ReasonUnchecked},
			"a low port":      {"http://127.0.0.1:80/", events.ReasonUnchecked},
			"a user":          {"https://u:p@shop.example/", events.ReasonURL},
			"a fragment":      {"https://shop.example/#x", events.ReasonURL},
			"another scheme":  {"gopher://shop.example/", events.ReasonURL},
			"no host":         {"https:///x", events.ReasonURL},
			"nothing":         {"", events.ReasonURL},
			"a very long one": {"https://shop.example/" + strings.Repeat("x", 2048), events.ReasonURL},
		} {
			_, err := w.SetWebhook(t.Context(), "bank", events.Own, c.url)
			if simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, err := w.SetWebhook(t.Context(), "bank", "other", answer(200, "")); simtrust.ReasonOf(err) != events.ReasonKind {
			t.Error(err)
		}
		if _, err := w.Webhook(t.Context(), "bank", events.Own); simtrust.ReasonOf(err) != events.ReasonNoWebhook {
			t.Error(err)
		}
		secure := events.New(w.deps, events.Config{Issuer: issuer})
		if _, err := secure.SetWebhook(t.Context(), "bank", events.Own, w.receiver(t).URL); simtrust.ReasonOf(err) != events.ReasonURL {
			t.Errorf("plain http: %v", err)
		}
	})
}

// TestPublish: numbers without gaps from many writers, and none for what was rolled back.
func TestPublish(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		if _, err := w.SetWebhook(t.Context(), "bank", events.Own, r.URL); err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		var writers sync.WaitGroup
		for i := range 20 {
			writers.Go(func() {
				err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error {
					e := events.Event{Chatbot: "bank", Type: "reply", At: w.clock.now(), Data: struct{}{}}
					err := w.Publish(t.Context(), tx, e, events.Event{Chatbot: "shop", Type: "reply", At: w.clock.now(), Data: struct{}{}}, e)
					if i%4 == 0 {
						return errors.Join(err, undone)
					}
					return err
				})
				if err != nil && !errors.Is(err, undone) {
					t.Error(err)
				}
			})
		}
		writers.Wait()
		if err := w.Deliver(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := r.numbers(); !slices.Equal(got, count(1, 30)) {
			t.Errorf("%v", got)
		}
	})
}

// TestTwoNodes: whichever of two nodes is at a webhook, each event comes once.
func TestTwoNodes(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		if _, err := w.SetWebhook(t.Context(), "bank", events.Own, r.URL); err != nil {
			t.Fatal(err)
		}
		w.publish(t, "bank", 1, 300)
		var nodes sync.WaitGroup
		for range 4 {
			node := events.New(w.deps, events.Config{Issuer: issuer, Plain: true})
			nodes.Go(func() {
				if err := node.Deliver(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		nodes.Wait()
		if got := r.numbers(); !slices.Equal(got, count(1, 300)) {
			t.Errorf("%v", got)
		}
	})
}

// TestPrune: what is older than a week goes, and a webhook goes on behind it.
func TestPrune(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		if _, err := w.SetWebhook(t.Context(), "bank", events.Own, r.URL); err != nil {
			t.Fatal(err)
		}
		w.publish(t, "bank", 1, 2)
		w.clock.pass(7*24*time.Hour + time.Second)
		w.publish(t, "bank", 3, 1)
		if err := errors.Join(w.Prune(t.Context()), w.Deliver(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := r.numbers(); !slices.Equal(got, []int64{3}) {
			t.Errorf("%v", got)
		}
	})
}

// TestPruneByWriting: what is told late of long ago is kept as long as everything else.
func TestPruneByWriting(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := w.receiver(t)
		if _, err := w.SetWebhook(t.Context(), "bank", events.Own, r.URL); err != nil {
			t.Fatal(err)
		}
		old := events.Event{Chatbot: "bank", Type: "message.delivered", At: w.clock.now().Add(-30 * 24 * time.Hour), Data: map[string]int{"n": 1}}
		if err := w.db.InDefaultTx(t.Context(), func(tx *sqldb.Tx) error { return w.Publish(t.Context(), tx, old) }); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(w.Prune(t.Context()), w.Deliver(t.Context())); err != nil {
			t.Fatal(err)
		}
		if got := r.numbers(); !slices.Equal(got, []int64{1}) {
			t.Errorf("%v", got)
		}
		w.publish(t, "bank", 2, 1100) // more than go at once
		w.clock.pass(7*24*time.Hour + time.Second)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		rows, err := w.db.Query(t.Context(), `select seq from messaging_event`)
		left, err := sqldb.Collect(rows, err, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) })
		if err != nil || len(left) != 0 {
			t.Errorf("%d left, %v", len(left), err)
		}
	})
}

// auth takes the token as the client's name.
type auth struct{}

func (auth) Authenticate(r *http.Request) (rpc.Caller, error) {
	_, name, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	return rpc.Caller{Client: name, Scopes: []string{events.ScopeSend}}, nil
}

func (w *world) serve(t *testing.T) string {
	router := rpc.NewRouter(rpc.Config{Auth: auth{}})
	w.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	t.Cleanup(w.Close) // first, so that streams end
	return server.URL
}

func open(t *testing.T, url, client, last string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+client)
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = res.Body.Close() })
	return res
}

// TestStream: events as they come, and behind the last one seen.
func TestStream(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		url := w.serve(t) + "/messaging/v1/chatbots/bank/events"
		w.publish(t, "bank", 1, 2)
		fresh, resumed := open(t, url, "bank", ""), open(t, url, "bank", "1")
		if typ := fresh.Header.Get("Content-Type"); typ != "text/event-stream" {
			t.Fatal(typ)
		}
		lines := bufio.NewScanner(fresh.Body)
		lines.Scan() // the stream has begun
		w.publish(t, "bank", 3, 1)
		if got := nextID(lines); got != "3" {
			t.Errorf("a new stream begins with %q", got)
		}
		lines = bufio.NewScanner(resumed.Body)
		if got := []string{nextID(lines), nextID(lines)}; !slices.Equal(got, []string{"2", "3"}) {
			t.Errorf("a stream that goes on behind 1 brings %q", got)
		}
		for name, c := range map[string]struct {
			client, last string
			status       int
		}{
			"another's":       {"shop", "", http.StatusForbidden},
			"a future event":  {"bank", "4", http.StatusBadRequest},
			"no number":       {"bank", "evt_1", http.StatusBadRequest},
			"a negative one":  {"bank", "-1", http.StatusBadRequest},
			"an enormous one": {"bank", "99999999999999999999", http.StatusBadRequest},
		} {
			if res := open(t, url, c.client, c.last); res.StatusCode != c.status {
				t.Errorf("%s: %s", name, res.Status)
			}
		}
	})
}

// TestStreamGap: who comes back after what they have not seen is gone is told which events those were, once.
func TestStreamGap(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		url := w.serve(t) + "/messaging/v1/chatbots/bank/events"
		w.publish(t, "bank", 1, 3)
		w.clock.pass(7*24*time.Hour + time.Second)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		told := func(last string, want ...string) {
			t.Helper()
			lines, got := bufio.NewScanner(open(t, url, "bank", last).Body), []string{}
			for len(got) < len(want) && lines.Scan() {
				if text, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
					var e events.Entry
					if err := json.Unmarshal([]byte(text), &e); err != nil {
						t.Fatal(err)
					}
					if e.Type != events.TypeGap {
						e.Data = nil
					}
					got = append(got, fmt.Sprintf("%d %s %s", e.Seq, e.Type, e.Data))
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("behind %q: %q, want %q", last, got, want)
			}
		}
		told("1", `3 gap {"from":2,"to":3}`)
		w.publish(t, "bank", 4, 2)
		told("1", `3 gap {"from":2,"to":3}`, "4 message.delivered ", "5 message.delivered ")
		told("0", `3 gap {"from":1,"to":3}`, "4 message.delivered ")
		told("3", "4 message.delivered ", "5 message.delivered ")
		w.clock.pass(7*24*time.Hour + time.Second)
		w.publish(t, "bank", 6, 1)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		told("4", `5 gap {"from":5,"to":5}`, "6 message.delivered ")
	})
}

func nextID(lines *bufio.Scanner) string {
	for lines.Scan() {
		if id, ok := strings.CutPrefix(lines.Text(), "id: "); ok {
			return id
		}
	}
	return ""
}

// TestStreamOfATakenChatbot: a stream that is open brings nothing any more to a client that lost the chatbot.
func TestStreamOfATakenChatbot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		res := open(t, w.serve(t)+"/messaging/v1/chatbots/bank/events", "bank", "")
		lines := bufio.NewScanner(res.Body)
		lines.Scan() // the stream has begun
		w.taken.Store(true)
		w.publish(t, "bank", 1, 1)
		if got := nextID(lines); got != "" {
			t.Errorf("it brings %q", got)
		}
	})
}

// TestTooManyStreams: one client's streams have a bound.
func TestTooManyStreams(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		url := w.serve(t) + "/messaging/v1/chatbots/bank/events"
		for i := range 17 {
			want := http.StatusOK
			if i == 16 {
				want = http.StatusTooManyRequests
			}
			if res := open(t, url, "bank", ""); res.StatusCode != want {
				t.Fatalf("stream %d: %s", i+1, res.Status)
			}
		}
	})
}

// TestOperations: the webhook over HTTP, and that of another's chatbot.
func TestOperations(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		base, r := w.serve(t), w.receiver(t)
		path := "/messaging/v1/chatbots/bank/webhooks/own"
		for _, c := range []struct {
			client, method, body string
			status               int
		}{
			{"bank", "GET", "", 404},
			{"shop", "PUT", `{"url":"` + r.URL + `"}`, 403},
			{"bank", "PUT", `{"url":"` + r.URL + `","x":1}`, 400},
			{"bank", "PUT", `{"url":"` + r.URL + `"}`, 200},
			{"shop", "GET", "", 403},
			{"bank", "GET", "", 200},
			{"shop", "DELETE", "", 403},
			{"bank", "DELETE", "", 204},
			{"bank", "DELETE", "", 404},
		} {
			req, err := http.NewRequestWithContext(t.Context(), c.method, base+path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+c.client)
			if c.body != "" {
				req.Header.Set("Content-Type", "application/json")
			}
			res, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.StatusCode != c.status {
				t.Errorf("%s %s by %s: %s", c.method, c.body, c.client, res.Status)
			}
		}
	})
}
