package onetap_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"simtrust"
	"simtrust/messaging"
	"simtrust/messaging/gsma"
	"simtrust/messaging/onetap"
	"simtrust/messaging/statement"
)

// TestLinks: on every channel each recipient gets a link of their own, all of one length, and a statement holds over what they get.
func TestLinks(t *testing.T) {
	for _, channel := range []gsma.Channel{gsma.RCS, gsma.Enhanced, gsma.CardSMS, gsma.SMS} {
		t.Run(string(channel), func(t *testing.T) {
			each(t, func(t *testing.T, w *world) {
				w.send(t, request(channel, anna, bert))
				links := w.links()
				if len(links) != 2 || links[0] == links[1] {
					t.Fatalf("%v", links)
				}
				for i, s := range w.bearer.sent {
					if strings.Contains(string(s.Payload), offer) {
						t.Errorf("the plain URL is in %s", s.Payload)
					}
					made, err := w.notary.Read(w.bearer.sealed[i].Statement)
					if err != nil || made.Digest != statement.Digest(s.ContentType, s.Payload) {
						t.Errorf("the statement is of something else: %v", err)
					}
				}
				if len(w.bearer.sent[0].Payload) != len(w.bearer.sent[1].Payload) {
					t.Error("links have different lengths")
				}
			})
		})
	}
}

// TestLimits: what is counted against a text message's limit at acceptance is what goes out.
func TestLimits(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for n := 560; n < 650; n += 5 {
			r := request(gsma.SMS, anna)
			r.Content.Text = strings.Repeat("好", n)
			sent := len(w.bearer.sent)
			w.send(t, r)
			text := string(w.bearer.sent[sent].Payload)
			if units := len(utf16.Encode([]rune(text))); units > 650 {
				t.Fatalf("%d characters before, %d units went out", n, units)
			}
			if !strings.Contains(text, issuer+"/t/") && !strings.Contains(text, issuer+"/m/") {
				t.Fatalf("no link in %s", text)
			}
		}
	})
}

// TestLogin: pressed on the page, a link leads to the ticket that is its own, for whom and what the message was for.
func TestLogin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link := w.link(t, anna)
		page := w.visit(http.MethodGet, link)
		if page.StatusCode != http.StatusOK || page.Header.Get("X-Robots-Tag") == "" || page.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%s %v", page.Status, page.Header)
		}
		if w.tickets.count() != 0 {
			t.Error("looking made a ticket")
		}
		first, again := w.visit(http.MethodPost, link), w.visit(http.MethodPost, link)
		if first.StatusCode != http.StatusSeeOther || again.Header.Get("Location") != first.Header.Get("Location") {
			t.Fatalf("%s %s, then %s %s", first.Status, first.Header.Get("Location"), again.Status, again.Header.Get("Location"))
		}
		for id, k := range w.tickets.made {
			if k.Tenure != "ten_001" || k.App != app || k.Target != offer || !k.Expires.Equal(w.now().Add(onetap.Life)) || strings.Contains(link, id) {
				t.Errorf("%+v", k)
			}
			w.tickets.spent[id] = true
		}
		if res := w.visit(http.MethodPost, link); res.StatusCode != http.StatusGone {
			t.Errorf("spent: %s", res.Status)
		}
		if w.tickets.count() != 1 {
			t.Errorf("%d tickets", w.tickets.count())
		}
	})
}

// TestPreviews: fetching a link a hundred times, by GET and HEAD, changes nothing.
func TestPreviews(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		link := w.link(t, anna)
		before := w.rows(t)
		for range 100 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if res := w.visit(method, link); res.StatusCode != http.StatusOK {
					t.Fatalf("%s: %s", method, res.Status)
				}
			}
		}
		if after := w.rows(t); after != before || w.tickets.count() != 0 {
			t.Errorf("%s before, %s after, %d tickets", before, after, w.tickets.count())
		}
		if res := w.visit(http.MethodPost, link); res.StatusCode != http.StatusSeeOther {
			t.Errorf("and then: %s", res.Status)
		}
	})
}

// rows counts the rows of all tables that could know of a link.
func (w *world) rows(t *testing.T) string {
	t.Helper()
	var counts []string
	for _, table := range []string{"messaging_onetap_login", "messaging_onetap_revoked", "messaging_link", "messaging_message", "dispatch_delivery"} {
		var n int
		if err := w.db.QueryRow(t.Context(), `select count(*) from `+table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		counts = append(counts, fmt.Sprint(table, " ", n))
	}
	return strings.Join(counts, ", ")
}

// TestOneRow: what is stored for links does not grow with the recipients.
func TestOneRow(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var many []string
		for n := range 300 {
			many = append(many, fmt.Sprintf("+8613800000%03d", n))
		}
		w.send(t, request(gsma.RCS, many...))
		if !strings.Contains(w.rows(t), "messaging_onetap_login 1,") {
			t.Error(w.rows(t))
		}
		links := w.links()
		slices.Sort(links)
		if len(slices.Compact(links)) != len(many) {
			t.Errorf("%d links", len(slices.Compact(links)))
		}
	})
}

// TestPage: the page of a message has the URL as its sender wrote it, and says where the personal link is.
func TestPage(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.send(t, request(gsma.CardSMS, anna))
		_, code, _ := strings.Cut(string(w.bearer.sent[0].Payload), issuer+"/m/")
		page := body(t, w.visit(http.MethodGet, "/m/"+code[:12]))
		if strings.Contains(page, "/t/") || !strings.Contains(page, offer) || !strings.Contains(page, "只在您收到的消息里") {
			t.Error(page)
		}
	})
}

// TestRefusedLogins: only what the operator allowed, at its origin, and in the content.
func TestRefusedLogins(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for name, c := range map[string]struct {
			change func(*messaging.SendReq)
			reason string
		}{
			"another app":     {func(r *messaging.SendReq) { r.Logins[0].App = "app_bank" }, onetap.ReasonNotAllowed},
			"another chatbot": {func(r *messaging.SendReq) { r.Chatbot = "bot_bank" }, onetap.ReasonNotAllowed},
			"another origin": {func(r *messaging.SendReq) {
				r.Logins[0].URL, r.Content.Suggestions = "https://evil.example/", []gsma.Suggestion{opens("x", "https://evil.example/")}
			}, onetap.ReasonNotAllowed},
			"a name that begins alike": {func(r *messaging.SendReq) { r.Logins[0].URL = "https://shop.example.evil.example/" }, onetap.ReasonNotAllowed},
			"another port":             {func(r *messaging.SendReq) { r.Logins[0].URL = "https://shop.example:444/" }, onetap.ReasonNotAllowed},
			"without TLS":              {func(r *messaging.SendReq) { r.Logins[0].URL = "http://shop.example/" }, onetap.ReasonNotAllowed},
			"a user name":              {func(r *messaging.SendReq) { r.Logins[0].URL = "https://shop.example@evil.example/" }, onetap.ReasonNotAllowed},
			"a URL that nothing opens": {func(r *messaging.SendReq) { r.Logins[0].URL = "https://shop.example/else" }, messaging.ReasonLogin},
			"one twice":                {func(r *messaging.SendReq) { r.Logins = append(r.Logins, r.Logins[0]) }, messaging.ReasonLogin},
			"too many":                 {func(r *messaging.SendReq) { r.Logins = make([]messaging.Login, 17) }, messaging.ReasonLogin},
			"a longer life":            {func(r *messaging.SendReq) { r.Expires = w.now().Add(onetap.Life + 1) }, messaging.ReasonLogin},
			"as long from acceptance":  {func(r *messaging.SendReq) { r.Life = onetap.Life + 1 }, messaging.ReasonLogin},
		} {
			r := request(gsma.RCS, anna)
			c.change(&r)
			if _, err := w.messages.Send(t.Context(), r); simtrust.ReasonOf(err) != c.reason {
				t.Errorf("%s: %v", name, err)
			}
		}
		if rows := w.rows(t); !strings.Contains(rows, "messaging_message 0") {
			t.Error(rows)
		}
	})
}

// TestRefusedApps holds what an operator may allow.
func TestRefusedApps(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, a := range []onetap.App{
			{Client: "", Name: "x", Origin: "https://a.example"}, {Client: app, Name: "", Origin: "https://a.example"},
			{Client: app, Name: "a\u202eb", Origin: "https://a.example"}, {Client: app, Name: "x", Origin: "http://a.example"},
			{Client: app, Name: "x", Origin: "https://a.example/path"}, {Client: app, Name: "x", Origin: "https://u@a.example"},
			{Client: app, Name: "x", Origin: "javascript:1"}, {Client: app, Name: "x", Origin: "https://A.example"}, {Client: app, Name: strings.Repeat("x", 65), Origin: "https://a.example"},
		} {
			a.Chatbot = shop
			if err := w.Allow(t.Context(), a); simtrust.ReasonOf(err) != onetap.ReasonApp {
				t.Errorf("%+v: %v", a, err)
			}
		}
		if err := w.Allow(t.Context(), onetap.App{Chatbot: "x", Client: app, Name: "x", Origin: "https://a.example"}); simtrust.KindOf(err) != simtrust.KindNotFound {
			t.Error(err)
		}
		if err := w.Forbid(t.Context(), shop, "app_else"); simtrust.ReasonOf(err) != onetap.ReasonUnknownApp {
			t.Error(err)
		}
	})
}
