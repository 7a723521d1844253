package oidc_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/authn/oidc"
	"simtrust/internal/sqldb"
	"simtrust/renumber"
)

// From the link to the tokens, and nowhere twice.
func TestTicketLogin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		made := w.ticketOf(w.askTicket("messages"))
		if made.URL != w.issuer+"/tap/"+made.Ticket || !made.Expires.Equal(w.now.Now().Add(time.Hour)) {
			t.Errorf("made: %+v", made)
		}
		phone := w.browser("1")
		res := phone.tap(made.Ticket)
		to, err := url.Parse(res.Header.Get("Location"))
		w.must(err)
		want := url.Values{"iss": {w.issuer}, "login_hint": {made.Ticket}, "target_link_uri": {"https://shop.example/tea?id=5"}}
		if res.StatusCode != http.StatusFound || !strings.HasPrefix(to.String(), initiate+"?") || to.Query().Encode() != want.Encode() {
			t.Fatalf("%d to %s", res.StatusCode, to)
		}
		back := phone.allow(phone.authorize(made.Ticket)).answer(t)
		got := w.claims(w.shopTokens(back.Get("code")).Access)
		if amr := got["amr"].([]any); got["acr"] != "2" || !slices.Equal(amr, []any{"nba", "radius"}) {
			t.Errorf("claims: %v", got)
		}
		if res := phone.tap(made.Ticket); res.StatusCode != http.StatusGone {
			t.Errorf("the link again: %d", res.StatusCode)
		}
		if got := phone.authorize(made.Ticket).refusal(); got != "login_required" {
			t.Errorf("the ticket again: %s", got)
		}
		if got := w.askTicket("messages").reason(); got != "Conflict ticket_spent" {
			t.Errorf("made again: %s", got)
		}
	})
}

func TestTicketWithoutPrompt(t *testing.T) {
	w := onSQLite(t)
	if got := w.browser("1").authorize(w.ticket(), "prompt", "none").refusal(); got != "consent_required" {
		t.Errorf("before consent: %s", got)
	}
	w.consented()
	ticket := w.ticket()
	for _, want := range []string{"", "login_required"} {
		if got := w.browser("1").authorize(ticket, "prompt", "none").refusal(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// Previews of messages fetch links: nothing changes and nobody is asked, from wherever and however often.
func TestTicketPreviews(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.lines.attach("2", "+8613800000002", w.now.Now())
		ticket := w.ticket()
		for i := range 100 {
			line := []string{"", "1", "2"}[i%3]
			w.browser(line).tap(ticket)
			w.browser(line).send(http.MethodHead, "/tap/"+ticket, "")
			w.browser(line).send(http.MethodGet, "/tap/"+ticket+"?code=000000", "")
		}
		if n := w.phones.count(); n != 0 {
			t.Errorf("%d prompts", n)
		}
		if n := w.rows(`select count(*) from oidc_tickets where asked_at is null and spent_at is null and tries = 0 and browser is null`); n != 1 {
			t.Error("the ticket is not as it was")
		}
		if got := w.consented().browser("1").authorize(ticket).refusal(); got != "" {
			t.Errorf("afterwards: %s", got)
		}
	})
}

// A forwarded link logs nobody in: neither whom it is for nor who has it.
func TestTicketForwarded(t *testing.T) {
	w := onSQLite(t)
	other := w.lines.attach("2", "+8613800000002", w.now.Now())
	ticket, stranger := w.ticket(), w.browser("2")
	for name, res := range map[string]reply{"link": stranger.tap(ticket), "button": stranger.post(ticket, ""), "code": stranger.post(ticket, "000000")} {
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" || strings.Contains(res.body, "138") {
			t.Errorf("%s: %d %v\n%s", name, res.StatusCode, res.Header, res.body)
		}
	}
	w.must(w.accounts.Consent(t.Context(), account.ConsentReq{Tenure: other.Tenure, App: w.apps["shop"].App, Scopes: []string{"openid", "phone"}}))
	for _, prompt := range []string{"", "none", "login", "consent"} {
		if got := stranger.authorize(ticket, "prompt", prompt).refusal(); got != "login_required" {
			t.Errorf("prompt %q: %s", prompt, got)
		}
	}
	if n := w.phones.count(); n != 0 {
		t.Errorf("%d prompts", n)
	}
	if n := w.rows(`select count(*) from oidc_grants`); n != 0 {
		t.Errorf("%d grants", n)
	}
	if got := w.consented().browser("1").authorize(ticket).refusal(); got != "" {
		t.Errorf("whom it is for: %s", got)
	}
}

func TestTicketOfAnotherClient(t *testing.T) {
	w := onSQLite(t).consented()
	w.must(w.accounts.Consent(t.Context(), consentTo(w, "web", "openid", "phone")))
	ticket := w.ticket()
	if got := w.browser("1").authorize(ticket, "client_id", "web").refusal(); got != "login_required" {
		t.Errorf("another client: %s", got)
	}
	if got := w.browser("1").authorize(w.ticket("client_id", "web", "target_link_uri", "")).refusal(); got != "login_required" {
		t.Errorf("the shop with another's: %s", got)
	}
	if got := w.browser("1").authorize(ticket).refusal(); got != "" {
		t.Errorf("its own: %s", got)
	}
}

// What looks like a ticket must be one; any other hint means nothing.
func TestLoginHints(t *testing.T) {
	w := onSQLite(t).consented()
	for hint, want := range map[string]string{
		"tel:+8613800000001": "", "alice": "", "TKT_1": "",
		"tkt_": "login_required", "tkt_" + strings.Repeat("0", 40): "login_required", w.ticket() + "0": "login_required",
		"tkt_" + strings.Repeat("x", 8000): "login_required",
	} {
		if got := w.browser("1").authorize(hint).refusal(); got != want {
			t.Errorf("%.20q: %q, want %q", hint, got, want)
		}
	}
	if res := w.browser("1").tap("tkt_" + strings.Repeat("0", 40)); res.StatusCode != http.StatusNotFound {
		t.Errorf("a guessed link: %d", res.StatusCode)
	}
}

func TestTicketEnds(t *testing.T) {
	for name, test := range map[string]struct {
		end       func(w *world)
		tap       int
		authorize string
	}{
		"expired": {func(w *world) { w.now.advance(time.Hour) }, http.StatusGone, "login_required"},
		"app suspended": {func(w *world) {
			_, err := w.accounts.SuspendApp(w.t.Context(), "shop")
			w.must(err)
		}, http.StatusForbidden, "no answer to the client: 400 Bad Request"},
		"tenure ended": {func(w *world) {
			w.lines.change(func() { delete(w.lines.holdings, w.lines.sessions["1"].Tenure) })
		}, http.StatusFound, "login_required"},
		"line suspended": {func(w *world) {
			w.lines.holding(w.lines.tenure("1"), func(h *renumber.Holding) { h.Suspended = true })
		}, http.StatusFound, "login_required"},
		"number of a new holder": {func(w *world) { w.lines.attach("1", number, w.now.Now()) }, http.StatusForbidden, "login_required"},
		"network away":           {func(w *world) { w.lines.change(func() { w.lines.down = true }) }, http.StatusServiceUnavailable, "temporarily_unavailable"},
	} {
		t.Run(name, func(t *testing.T) {
			w := onSQLite(t).consented()
			ticket := w.ticket()
			test.end(w)
			if res := w.browser("1").tap(ticket); res.StatusCode != test.tap {
				t.Errorf("link: %d", res.StatusCode)
			}
			if got := w.browser("1").authorize(ticket, "prompt", "none").refusal(); got != test.authorize {
				t.Errorf("login: %s", got)
			}
			if n := w.rows(`select count(*) from oidc_grants`); n != 0 {
				t.Errorf("%d grants", n)
			}
		})
	}
}

// Exactly one code, whatever the number of copies and nodes.
func TestTicketOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consented()
		nodes := []http.Handler{w.handler, w.node()}
		for range 5 {
			before := w.rows(`select count(*) from oidc_grants`)
			path := "/authorize?" + authorization("client_id", "shop", "scope", "openid phone", "login_hint", w.ticket()).Encode()
			var codes, refused atomic.Int32
			var all sync.WaitGroup
			for i := range 20 {
				all.Go(func() {
					switch res := serve(nodes[i%2], w.request(http.MethodGet, path, "", lineHeader, "1")); res.refusal() {
					case "":
						codes.Add(1)
					case "login_required":
						refused.Add(1)
					}
				})
			}
			all.Wait()
			if codes.Load() != 1 || refused.Load() != 19 {
				t.Errorf("%d codes, %d refusals", codes.Load(), refused.Load())
			}
			if n := w.rows(`select count(*) from oidc_grants`); n != before+1 {
				t.Errorf("%d grants", n-before)
			}
		}
	})
}

// Ticket and grant are one transaction: where the grant cannot be stored the ticket is not spent, and a new node knows which are.
func TestTicketAcrossAFailure(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consented()
		ticket := w.ticket()
		rename := func(from, to string) {
			w.must(w.db.InTx(t.Context(), func(tx *sqldb.Tx) error {
				_, err := tx.Exec(t.Context(), "alter table "+from+" rename to "+to)
				return err
			}))
		}
		rename("oidc_grants", "oidc_grants_away")
		if got := w.browser("1").authorize(ticket).refusal(); got != "server_error" && got != "temporarily_unavailable" {
			t.Errorf("without a table: %s", got)
		}
		rename("oidc_grants_away", "oidc_grants")
		if n := w.rows(`select count(*) from oidc_tickets where spent_at is not null`); n != 0 {
			t.Error("the ticket was spent without a grant")
		}
		if got := w.browser("1").authorize(ticket).refusal(); got != "" {
			t.Errorf("afterwards: %s", got)
		}
		path := "/authorize?" + authorization("client_id", "shop", "scope", "openid phone", "login_hint", ticket).Encode()
		if got := serve(w.node(), w.request(http.MethodGet, path, "", lineHeader, "1")).refusal(); got != "login_required" {
			t.Errorf("on another node: %s", got)
		}
	})
}

func TestTicketAgain(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.lines.attach("2", "+8613800000002", w.now.Now())
		first := w.ticketOf(w.askTicket("messages"))
		if again := w.ticketOf(w.askTicket("messages")); again != first {
			t.Errorf("again: %+v, first %+v", again, first)
		}
		if other := w.ticketOf(w.askTicket("letters")); other.Ticket == first.Ticket {
			t.Error("two callers have the same ticket")
		}
		for name, changes := range map[string][]string{
			"tenure": {"tenure", string(w.lines.tenure("2"))}, "app": {"client_id", "web"}, "target": {"target_link_uri", "https://shop.example/"},
			"no target": {"target_link_uri", ""}, "expiry": {"expires", w.now.Now().Add(2 * time.Hour).Format(time.RFC3339)},
		} {
			if got := w.askTicket("messages", changes...).reason(); got != "Conflict ticket_differs" {
				t.Errorf("other %s: %s", name, got)
			}
		}
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if same := w.ticketOf(w.askTicket("messages")); same != first {
					t.Errorf("at once: %+v", same)
				}
			})
		}
		all.Wait()
		if n := w.rows(`select count(*) from oidc_tickets where id like 'tkt%'`); n != 0 {
			t.Error("a ticket is stored in clear")
		}
		w.now.advance(time.Hour + time.Minute)
		w.must(w.provider.Sweep(context.Background()))
		if n := w.rows(`select count(*) from oidc_tickets`); n != 0 {
			t.Errorf("%d tickets after their time", n)
		}
	})
}

func TestTicketRefused(t *testing.T) {
	w := onSQLite(t)
	ended, barred := w.lines.attach("2", "+8613800000002", w.now.Now()).Tenure, w.lines.attach("3", "+8613800000003", w.now.Now()).Tenure
	w.lines.change(func() { delete(w.lines.holdings, ended) })
	w.lines.holding(barred, func(h *renumber.Holding) { h.Suspended = true })
	_, err := w.accounts.SuspendApp(t.Context(), "web")
	w.must(err)
	in := func(d time.Duration) string { return w.now.Now().Add(d).Format(time.RFC3339) }
	for name, test := range map[string]struct {
		changes []string
		want    string
	}{
		"no id":                {[]string{"id", ""}, "Bad Request ticket_refused"},
		"long id":              {[]string{"id", strings.Repeat("x", 129)}, "Bad Request ticket_refused"},
		"id of two lines":      {[]string{"id", "a\nb"}, "Bad Request ticket_refused"},
		"no tenure":            {[]string{"tenure", ""}, "Bad Request ticket_refused"},
		"no app":               {[]string{"client_id", ""}, "Bad Request ticket_refused"},
		"past":                 {[]string{"expires", in(0)}, "Bad Request ticket_refused"},
		"too far":              {[]string{"expires", in(7*24*time.Hour + time.Second)}, "Bad Request ticket_refused"},
		"no time":              {[]string{"expires", ""}, "Bad Request malformed_body"},
		"member too many":      {[]string{"number", number}, "Bad Request unknown_member"},
		"target elsewhere":     {[]string{"target_link_uri", "https://evil.example/"}, "Bad Request ticket_refused"},
		"target of a script":   {[]string{"target_link_uri", "javascript:alert(1)"}, "Bad Request ticket_refused"},
		"target with a user":   {[]string{"target_link_uri", "https://shop.example@evil.example/"}, "Bad Request ticket_refused"},
		"target on plain http": {[]string{"target_link_uri", "http://shop.example/"}, "Bad Request ticket_refused"},
		"unknown tenure":       {[]string{"tenure", string(simtrust.NewTenureID())}, "Forbidden tenure_not_current"},
		"a number":             {[]string{"tenure", number}, "Forbidden tenure_not_current"},
		"tenure ended":         {[]string{"tenure", string(ended)}, "Forbidden tenure_not_current"},
		"line suspended":       {[]string{"tenure", string(barred)}, "Forbidden tenure_not_current"},
		"unknown app":          {[]string{"client_id", "nobody"}, "Not Found unknown_app"},
		"suspended app":        {[]string{"client_id", "web"}, "Forbidden app_suspended"},
		"app without a place":  {[]string{"client_id", "service", "target_link_uri", ""}, "Unprocessable Entity no_initiate_login_uri"},
	} {
		if got := w.askTicket("messages", test.changes...).reason(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if n := w.rows(`select count(*) from oidc_tickets`); n != 0 {
		t.Errorf("%d tickets", n)
	}
}

func TestTicketIsForModules(t *testing.T) {
	w := onSQLite(t)
	service := w.tokens(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"number-recycling:check"}}, w.basic("service")...)).Access
	both, err := w.accounts.RegisterApp(t.Context(), account.Registration{ID: "both", Name: "Both", Auth: account.AuthNone,
		Profile: account.ProfileOIDC, Scopes: []string{oidc.ScopeTicket}, RedirectURIs: []string{callback}})
	w.must(err)
	w.must(w.accounts.Consent(t.Context(), account.ConsentReq{Tenure: w.lines.tenure("1"), App: both.App, Scopes: both.App.Scopes}))
	code := w.authorize("client_id", "both", "scope", oidc.ScopeTicket).answer(t).Get("code")
	holder := w.tokens(w.post("/token", url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"code_verifier": {verifier}, "client_id": {"both"}})).Access
	for name, test := range map[string]struct{ token, want string }{
		"a holder with it": {holder, "Forbidden not_operator"},
		"nobody":           {"", "Unauthorized invalid_token"},
		"without a scope":  {service, "Forbidden insufficient_scope"},
		"a holder":         {w.login().Access, "Forbidden insufficient_scope"},
	} {
		req := w.request(http.MethodPost, "/authn/v1/tickets", `{"id":"1"}`)
		req.Header.Set("Content-Type", "application/json")
		if test.token != "" {
			req.Header.Set("Authorization", "Bearer "+test.token)
		}
		if got := w.do(req).reason(); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}
