package onetap_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"simtrust"
	"simtrust/messaging/gsma"
	"simtrust/messaging/onetap"
	"simtrust/messaging/sender"
)

func body(t *testing.T, res *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestLost: whatever is against a link, GET and POST answer alike: 404 and the same page; and no ticket is made.
func TestLost(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		want := body(t, w.visit(http.MethodGet, "/t/nothing"))
		lost := func(what, link string) {
			t.Helper()
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				res := w.visit(method, link)
				if res.StatusCode != http.StatusNotFound || body(t, res) != want || res.Header.Get("X-Robots-Tag") == "" || res.Header.Get("Set-Cookie") != "" {
					t.Errorf("%s, %s: %s", what, method, res.Status)
				}
			}
		}
		good := w.link(t, anna)
		for i := 3; i < len(good); i++ { // any character other than it is
			other := byte('0')
			if good[i] == other {
				other = '1'
			}
			lost("mangled", good[:i]+string(other)+good[i+1:])
		}
		lost("short", good[:len(good)-1])
		lost("long", good+"0")
		lost("in capitals", "/t/"+strings.ToUpper(good[3:]))
		lost("a mark", strings.TrimPrefix(w.Place("msg_x", 0), issuer))

		revoked := w.send(t, request(gsma.RCS, anna, bert))
		links := w.links()
		first, second := links[len(links)-2], links[len(links)-1]
		w.arrive(t, revoked.Recipients[0].Delivery)
		if _, err := w.messages.Revoke(t.Context(), shop, revoked.Message, []string{revoked.Recipients[0].Delivery}); err != nil {
			t.Fatal(err)
		}
		lost("of a delivery that was taken back after it had arrived", first)
		if res := w.visit(http.MethodGet, second); res.StatusCode != http.StatusOK {
			t.Errorf("the other delivery: %s", res.Status)
		}
		if _, err := w.messages.Revoke(t.Context(), shop, revoked.Message, nil); err != nil {
			t.Fatal(err)
		}
		lost("of a message that was taken back", second)

		w.senders.dead[shop] = refusal(simtrust.KindDenied, sender.ReasonSuspended)
		lost("of a suspended sender", good)
		delete(w.senders.dead, shop)
		w.people.ended["ten_001"] = true
		lost("to a tenure that has ended", good)
		delete(w.people.ended, "ten_001")
		w.tickets.err = refusal(simtrust.KindDenied, "tenure_not_current")
		if res := w.visit(http.MethodPost, good); res.StatusCode != http.StatusNotFound || body(t, res) != want {
			t.Errorf("a tenure that ends now: %s", res.Status)
		}
		w.tickets.err = nil
		if err := w.Allow(t.Context(), onetap.App{Chatbot: shop, Client: app, Name: "x", Origin: "https://moved.example"}); err != nil {
			t.Fatal(err)
		}
		lost("of an app that has moved", good)
		if err := w.Forbid(t.Context(), shop, app); err != nil {
			t.Fatal(err)
		}
		lost("of an app that is not allowed any more", good)
		if err := w.Allow(t.Context(), onetap.App{Chatbot: shop, Client: app, Name: "x", Origin: "https://shop.example"}); err != nil {
			t.Fatal(err)
		}
		if res := w.visit(http.MethodGet, good); res.StatusCode != http.StatusOK {
			t.Errorf("after all that: %s", res.Status)
		}
		w.pass(onetap.Life)
		lost("of six days ago", good)
		if w.tickets.count() != 0 {
			t.Errorf("%d tickets", w.tickets.count())
		}
	})
}

// TestCannotTell: where it cannot be told whether a link is good, it is not said to be bad.
func TestCannotTell(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link := w.link(t, anna)
		w.people.away = true
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if res := w.visit(method, link); res.StatusCode != http.StatusServiceUnavailable {
				t.Errorf("%s: %s", method, res.Status)
			}
		}
		w.people.away = false
		for kind, status := range map[simtrust.Kind]int{simtrust.KindUnavailable: 503, simtrust.KindUnprocessable: 409, simtrust.KindNotFound: 409, simtrust.KindLimited: 429, simtrust.KindInternal: 503} {
			w.tickets.err = refusal(kind, "x")
			if res := w.visit(http.MethodPost, link); res.StatusCode != status {
				t.Errorf("%s: %s", kind, res.Status)
			}
		}
	})
}

// TestForeignForms: only our own page presses the button.
func TestForeignForms(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link := w.link(t, anna)
		for _, origin := range []string{"", "null", "https://shop.example", issuer + ".evil.example", "http://id.operator.example"} {
			req := httptest.NewRequest(http.MethodPost, link, nil)
			if origin != "" {
				req.Header.Set("Origin", origin)
			}
			rec := httptest.NewRecorder()
			w.router.ServeHTTP(rec, req)
			if rec.Code != http.StatusNotFound {
				t.Errorf("%q: %d", origin, rec.Code)
			}
		}
		if w.tickets.count() != 0 {
			t.Error("a ticket was made")
		}
	})
}

// TestPace: a link that is pressed without end is not; others are.
func TestPace(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link, other := w.link(t, anna), w.link(t, bert)
		for range 20 {
			w.visit(http.MethodPost, link)
		}
		if res := w.visit(http.MethodPost, link); res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s", res.Status)
		}
		if res := w.visit(http.MethodPost, other); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s", res.Status)
		}
		w.pass(time.Minute)
		if res := w.visit(http.MethodPost, link); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s", res.Status)
		}
	})
}

// TestSmuggled: marks and links that a sender writes into a content stay what they are: nobody's links.
func TestSmuggled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		seen := w.link(t, anna)
		old := w.bearer.sent[0].Message
		mark := w.Place(old, 0)
		for _, text := range []string{mark, mark + mark, issuer + "/t/", issuer + "/t/" + issuer + seen, issuer + seen, mark[:len(mark)-1] + "é"} {
			r := request(gsma.RCS, bert)
			r.Logins, r.Content = nil, gsma.Content{Text: text}
			w.send(t, r)
			if got := string(w.bearer.sent[len(w.bearer.sent)-1].Payload); got != text {
				t.Errorf("%q became %q", text, got)
			}
			r = request(gsma.RCS, bert)
			r.Content.Text = text
			w.send(t, r)
			payload := string(w.bearer.sent[len(w.bearer.sent)-1].Payload)
			if !strings.Contains(payload, text) || strings.Count(payload, issuer+"/t/") != strings.Count(text, issuer+"/t/")+1 {
				t.Errorf("beside a login %q became %q", text, payload)
			}
		}
		if res := w.visit(http.MethodGet, strings.TrimPrefix(mark, issuer)); res.StatusCode != http.StatusNotFound {
			t.Errorf("a mark opens: %s", res.Status)
		}
	})
}

// TestSeveral: a message has several logins, and each link leads to its own.
func TestSeveral(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		r := request(gsma.RCS, anna)
		second := "https://shop.example/cart"
		r.Content.Suggestions = append(r.Content.Suggestions, opens("b", second), opens("c", offer))
		r.Logins = append(r.Logins, r.Logins[0])
		r.Logins[1].URL = second
		w.send(t, r)
		payload := string(w.bearer.sent[0].Payload)
		var links []string
		for _, part := range strings.Split(payload, issuer+"/t/")[1:] {
			links = append(links, "/t/"+part[:44])
		}
		if len(links) != 3 || links[0] != links[2] || links[0] == links[1] {
			t.Fatalf("%v in %s", links, payload)
		}
		for _, link := range links[:2] {
			if res := w.visit(http.MethodPost, link); res.StatusCode != http.StatusSeeOther {
				t.Errorf("%s", res.Status)
			}
		}
		targets := map[string]bool{}
		for _, k := range w.tickets.made {
			targets[k.Target] = true
		}
		if len(targets) != 2 || !targets[offer] || !targets[second] {
			t.Errorf("%v", targets)
		}
	})
}

// TestPruned: what no link leads to any more goes.
func TestPruned(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sent := w.send(t, request(gsma.RCS, anna))
		if _, err := w.messages.Revoke(t.Context(), shop, sent.Message, nil); err != nil {
			t.Fatal(err)
		}
		w.pass(onetap.Life + time.Second)
		if err := w.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		if rows := w.rows(t); !strings.HasPrefix(rows, "messaging_onetap_login 0, messaging_onetap_revoked 0") {
			t.Error(rows)
		}
	})
}
