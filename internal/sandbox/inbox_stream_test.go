package sandbox

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// stream listens to an inbox, or one conversation of it, until it is stopped; next is the state of its next event, empty at the end.
func (r *rig) stream(s *Subscriber, query string) (next func() string, stop func()) {
	r.t.Helper()
	ctx, cancel := context.WithCancel(r.t.Context())
	r.t.Cleanup(cancel)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.phone.URL+"/subscribers/"+s.Number+"/messages/stream"+query, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = res.Body.Close() })
	if got := res.Header.Get("Content-Type"); res.StatusCode != http.StatusOK || got != "text/event-stream" {
		r.t.Fatalf("%s %s", res.Status, got)
	}
	lines := bufio.NewScanner(res.Body)
	return func() string {
		for lines.Scan() {
			if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				return data
			}
		}
		return ""
	}, cancel
}

// TestInboxStream: the state at once, then each change of the inbox it is about, and an end with its reader or the world, which waits for neither.
func TestInboxStream(t *testing.T) {
	r, _ := newMailRig(t)
	s := r.subscriber(0)
	all, stopAll := r.stream(s, "")
	one, _ := r.stream(s, "?from="+url.QueryEscape(bot))
	other, _ := r.stream(r.subscriber(1), "")
	hears := func(next func() string, want string) {
		t.Helper()
		if got := next(); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, next := range []func() string{all, one, other} {
		hears(next, `{"messages":0}`)
	}
	r.submit(rich(t, "1", s))
	r.until(func() bool { return r.state("1") == mailDelivered })
	first := r.o.exchange.mail.list(s.Number)[0].ID
	hears(all, `{"messages":1,"unread":1,"latest":"`+first+`"}`)
	hears(one, `{"messages":1,"latest":"`+first+`"}`)
	if id := r.inbox(s)[0].ID; id != first { // it is seen by that
		t.Errorf("%s, then %s", first, id)
	}
	hears(all, `{"messages":1,"latest":"`+first+`"}`)
	stopAll()
	if status := r.act(s, "reply", answerWire{To: bot, Text: "谁？"}); status != http.StatusOK {
		t.Fatal(status)
	}
	if own := one(); !strings.HasPrefix(own, `{"messages":2,"latest":"out_`) {
		t.Error(own)
	}

	r.submit(rich(t, "2", r.subscriber(1)))
	if got := other(); !strings.HasPrefix(got, `{"messages":1,`) {
		t.Error(got)
	}
	r.o.exchange.inbox.hangUp()
	for _, next := range []func() string{one, other} {
		hears(next, "")
	}
	r.phone.Close() // returns when every request has ended
	if status := r.streamStatus("/subscribers/+8613900000000/messages/stream"); status != http.StatusNotFound {
		t.Errorf("of nobody: %d", status)
	}
}

// streamStatus is how a stream begins that ends at once.
func (r *rig) streamStatus(path string) int {
	mux, w := http.NewServeMux(), httptest.NewRecorder()
	r.o.exchange.inbox.pages(mux)
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code
}

// deaf is a reader that takes nothing, and notes how long it is waited for.
type deaf struct {
	*httptest.ResponseRecorder
	until time.Time
}

func (d *deaf) SetWriteDeadline(until time.Time) error {
	d.until = until
	return nil
}

func (d *deaf) Write([]byte) (int, error) { return 0, os.ErrDeadlineExceeded }

// TestDeafReader is let go, after it was waited for only so long.
func TestDeafReader(t *testing.T) {
	r, _ := newMailRig(t)
	reader, mux := &deaf{ResponseRecorder: httptest.NewRecorder()}, http.NewServeMux()
	r.o.exchange.inbox.pages(mux)
	mux.ServeHTTP(reader, httptest.NewRequest(http.MethodGet, "/subscribers/"+r.subscriber(0).Number+"/messages/stream", nil)) // returns
	if reader.until.IsZero() {
		t.Error("it is waited for without end")
	}
}
