package csp_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust/messaging/csp"
)

// called is one callback that a receiver got.
type called struct {
	path string
	body []byte
}

// receiver is a chatbot's notifyURL; it takes what is signed with its token, and answers a check with what echo makes of it.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []called
	nonces []string
	forged int
	status int
	echo   func(w http.ResponseWriter, r *http.Request)
}

func (b *bot) receiver() *receiver {
	r := &receiver{status: http.StatusOK}
	r.echo = func(w http.ResponseWriter, q *http.Request) {
		_ = json.MarshalWrite(w, map[string]string{"echoStr": q.Header.Get("echoStr"), "appId": b.cred.AppID})
	}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		cb, err := csp.Verify(q.Header, b.cred.CallbackToken)
		if err != nil || slices.Contains(r.nonces, cb.Nonce) || q.Header.Get("chatbotId") != b.id {
			r.forged++
			w.WriteHeader(http.StatusForbidden)
			return
		}
		r.nonces = append(r.nonces, cb.Nonce)
		if strings.HasSuffix(q.URL.Path, "/check") {
			r.echo(w, q)
			return
		}
		body, _ := io.ReadAll(q.Body)
		if r.status == http.StatusOK {
			r.got = append(r.got, called{q.URL.Path, body})
		}
		w.WriteHeader(r.status)
		_, _ = io.WriteString(w, `{"errorCode":0}`)
	}))
	b.t.Cleanup(r.Close)
	return r
}

// hook registers a receiver as the chatbot's webhook.
func (b *bot) hook(r *receiver) {
	b.t.Helper()
	if _, err := b.events.SetWebhook(b.t.Context(), b.cred.Chatbot, csp.Kind, r.URL+"/notify"); err != nil {
		b.t.Fatal(err)
	}
}

// deliver has callbacks sent and returns those that came.
func (b *bot) deliver(r *receiver) []called {
	b.t.Helper()
	if err := b.events.Deliver(b.t.Context()); err != nil {
		b.t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// statuses are those of the callbacks, as status words with failure codes.
func statuses(t testing.TB, list []called) (out []string) {
	t.Helper()
	for _, c := range list {
		if !strings.HasSuffix(c.path, "/status") {
			continue
		}
		var n csp.StatusNotice
		if err := json.Unmarshal(c.body, &n); err != nil {
			t.Fatal(err)
		}
		for _, d := range n.Deliveries {
			word := d.Message + " " + string(d.Status)
			if d.Failure != 0 {
				word += fmt.Sprintf(" %d", d.Failure)
			}
			out = append(out, word)
		}
	}
	return out
}
