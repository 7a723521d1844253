package oidc_test

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/renumber"
)

// Where no network tells who is there, the phone shows a code, and who types it in is logged in.
func TestCodeLogin(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ticket, wifi := w.ticket(), w.browser("")
		offer := wifi.tap(ticket)
		if offer.StatusCode != http.StatusOK || !strings.Contains(offer.body, "Demo shop") || strings.Contains(strings.ReplaceAll(offer.body, ticket, ""), "0001") {
			t.Fatalf("%d\n%s", offer.StatusCode, offer.body)
		}
		page := wifi.post(ticket, "")
		digits := w.phones.digits()
		if page.StatusCode != http.StatusOK || !regexp.MustCompile(`^[0-9]{6}$`).MatchString(digits) {
			t.Fatalf("%d, code %q", page.StatusCode, digits)
		}
		if strings.Contains(offer.body+page.body, digits) {
			t.Error("the page shows the code")
		}
		if csp := page.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self' https://shop.example") {
			t.Errorf("policy: %s", csp)
		}
		if res := wifi.post(ticket, wrong(digits, 0)); res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
			t.Errorf("a wrong code: %d %v", res.StatusCode, res.Header)
		}
		res := wifi.post(ticket, digits[:3]+" "+digits[3:])
		if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), initiate+"?iss=") {
			t.Fatalf("the right code: %d %v\n%s", res.StatusCode, res.Header, res.body)
		}
		if len(w.phones.cleared) != 1 {
			t.Error("the code is still on the screen")
		}
		w.now.advance(time.Minute)
		if again := wifi.tap(ticket); again.StatusCode != http.StatusFound {
			t.Errorf("the link again: %d", again.StatusCode)
		}
		consent := wifi.authorize(ticket)
		if !strings.Contains(consent.body, "手机卡上显示的验证码") || strings.Contains(consent.body, "数据连接") {
			t.Errorf("the page says how the number was told otherwise:\n%s", consent.body)
		}
		back := wifi.allow(consent).answer(t)
		got := w.claims(w.shopTokens(back.Get("code")).Access)
		if amr := got["amr"].([]any); got["acr"] != "2" || !slices.Equal(amr, []any{"otp", "sim"}) || got["auth_time"] != float64(w.now.Now().Add(-time.Minute).Unix()) {
			t.Errorf("claims: %v", got)
		}
		if got := wifi.authorize(ticket).refusal(); got != "login_required" {
			t.Errorf("the ticket again: %s", got)
		}
	})
}

// Guessing ends the code, one try after the other or all at once, and nobody is logged in by it any more. Whom the ticket is for is not shut out:
// their data session needs no code.
func TestCodeGuessing(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.lines.attach("2", "+8613800000002", w.now.Now())
		w.consented()
		for name, at := range map[string]func(func(i int)){
			"in turn": func(try func(int)) {
				for i := range 3 {
					try(i)
				}
			},
			"at once": func(try func(int)) {
				var all sync.WaitGroup
				for i := range 20 {
					all.Go(func() { try(i % 8) })
				}
				all.Wait()
			},
		} {
			w.phones.shown = map[string]oidc.Code{}
			ticket, guesser := w.ticket(), w.browser("")
			guesser.tap(ticket)
			guesser.post(ticket, "")
			digits := w.phones.digits()
			at(func(i int) {
				one := *guesser
				if res := one.post(ticket, wrong(digits, i)); res.Header.Get("Location") != "" || res.StatusCode < 400 {
					t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
				}
			})
			if n := w.rows(`select tries from oidc_tickets where spent_at is null and asked_at is not null and proven_at is null order by tries desc limit 1`); n != 3 {
				t.Errorf("%s: %d tries counted", name, n)
			}
			if res := guesser.post(ticket, digits); res.StatusCode != http.StatusGone || res.Header.Get("Location") != "" {
				t.Errorf("%s: the right code, too late: %d", name, res.StatusCode)
			}
			if got := guesser.authorize(ticket, "prompt", "none").refusal(); got != "login_required" {
				t.Errorf("%s: login %s", name, got)
			}
			if res := guesser.tap(ticket); res.StatusCode != http.StatusGone {
				t.Errorf("%s: the link again: %d", name, res.StatusCode)
			}
			for who, b := range map[string]*browser{"guesser": guesser, "another": w.browser(""), "another's session": w.browser("2"),
				"the guesser's session": {w: w, line: "2", cookie: guesser.cookie}} {
				if got := b.authorize(ticket).refusal(); got != "login_required" {
					t.Errorf("%s: login of %s: %s", name, who, got)
				}
				if res := b.tap(ticket); res.Header.Get("Location") != "" {
					t.Errorf("%s: link of %s: %d", name, who, res.StatusCode)
				}
			}
			if n := w.phones.count(); n != 1 {
				t.Errorf("%s: %d prompts", name, n)
			}
			phone := w.browser("1")
			if res := phone.tap(ticket); res.StatusCode != http.StatusFound {
				t.Errorf("%s: on mobile data: %d", name, res.StatusCode)
			}
			if got := phone.authorize(ticket).refusal(); got != "" {
				t.Errorf("%s: on mobile data: %s", name, got)
			}
			if got := phone.authorize(ticket).refusal(); got != "login_required" {
				t.Errorf("%s: a second time: %s", name, got)
			}
		}
	})
}

// TestUsedUpByAStranger: who got the link forwarded has the code asked for and guessed at before whom it is for. The sender still gets that
// ticket for the link, and it opens on the phone's own data session, and on none else.
func TestUsedUpByAStranger(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consented()
		w.lines.attach("2", "+8613800000002", w.now.Now())
		ticket, stranger, owner := w.ticketOf(w.askTicket("messages")).Ticket, w.browser(""), w.browser("")
		stranger.tap(ticket)
		stranger.post(ticket, "")
		if res := owner.tap(ticket); res.StatusCode != http.StatusForbidden {
			t.Errorf("the own browser on Wi-Fi: %d", res.StatusCode)
		}
		for i := range 3 {
			stranger.post(ticket, wrong(w.phones.digits(), i))
		}
		if again := w.ticketOf(w.askTicket("messages")).Ticket; again != ticket {
			t.Error("the link has another ticket")
		}
		stranger.line = "2"
		if got := stranger.authorize(ticket).refusal(); got != "login_required" {
			t.Errorf("the stranger on mobile data: %s", got)
		}
		if res := owner.post(ticket, ""); res.StatusCode != http.StatusGone || w.phones.count() != 1 {
			t.Errorf("another code: %d, %d prompts", res.StatusCode, w.phones.count())
		}
		owner.line = "1"
		if got := owner.authorize(ticket).refusal(); got != "" {
			t.Errorf("the owner on mobile data: %s", got)
		}
		if got := w.askTicket("messages").reason(); got != "Conflict ticket_spent" {
			t.Errorf("made again: %s", got)
		}
	})
}

// The right code at once from one browser is one proof; its copies lead to the app as well, and to one login.
func TestCodeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consented()
		ticket, wifi := w.ticket(), w.browser("")
		wifi.tap(ticket)
		wifi.post(ticket, "")
		var ahead, codes atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				one := *wifi
				if one.post(ticket, w.phones.digits()).StatusCode == http.StatusSeeOther {
					ahead.Add(1)
				}
				if one.authorize(ticket).refusal() == "" {
					codes.Add(1)
				}
			})
		}
		all.Wait()
		if ahead.Load() == 0 || codes.Load() != 1 {
			t.Errorf("%d led to the app, %d codes", ahead.Load(), codes.Load())
		}
	})
}

// A ticket has one prompt, in one browser.
func TestOnePrompt(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ticket := w.ticket()
		browsers := make([]*browser, 20)
		for i := range browsers {
			browsers[i] = w.browser("")
			browsers[i].tap(ticket)
		}
		var mine atomic.Int32
		var all sync.WaitGroup
		for _, b := range browsers {
			all.Go(func() {
				if b.post(ticket, "").StatusCode == http.StatusOK {
					mine.Add(1)
				}
			})
		}
		all.Wait()
		if mine.Load() != 1 || w.phones.count() != 1 {
			t.Errorf("%d browsers, %d prompts", mine.Load(), w.phones.count())
		}
		digits, ahead := w.phones.digits(), 0
		for _, b := range browsers {
			b.tap(ticket)
			if b.post(ticket, digits).StatusCode == http.StatusSeeOther {
				ahead++
			}
		}
		if ahead != 1 || w.phones.count() != 1 {
			t.Errorf("%d browsers got ahead, %d prompts", ahead, w.phones.count())
		}
	})
}

// The code counts in the browser that asked for it, and so does the login.
func TestCodeOfAnotherBrowser(t *testing.T) {
	w := onSQLite(t).consented()
	ticket, mine, other := w.ticket(), w.browser(""), w.browser("")
	other.tap(ticket)
	mine.tap(ticket)
	mine.post(ticket, "")
	digits := w.phones.digits()
	for name, res := range map[string]reply{"link": other.tap(ticket), "button": other.post(ticket, ""), "code": other.post(ticket, digits)} {
		if res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
	}
	if n := w.rows(`select tries from oidc_tickets`); n != 0 {
		t.Errorf("%d tries", n)
	}
	if res := mine.post(ticket, digits); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("my own: %d", res.StatusCode)
	}
	for name, b := range map[string]*browser{"other": other, "without a cookie": w.browser(""), "forged cookie": {w: w, cookie: "simtrust=" + strings.Repeat("0", 52)}} {
		if res := b.authorize(ticket); res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" || !strings.Contains(res.body, `href="/tap/`+ticket) {
			t.Errorf("%s: %d %v", name, res.StatusCode, res.Header)
		}
		if got := b.authorize(ticket, "prompt", "none").refusal(); got != "login_required" {
			t.Errorf("%s, silently: %s", name, got)
		}
	}
	if got := mine.authorize(ticket).refusal(); got != "" {
		t.Errorf("my own: %s", got)
	}
}

// A proof does not carry over to somebody else's data session.
func TestCodeOnAnothersSession(t *testing.T) {
	w := onSQLite(t).consented()
	w.lines.attach("2", "+8613800000002", w.now.Now())
	ticket, b := w.ticket(), w.browser("")
	b.prove(ticket)
	b.line = "2"
	if res := b.tap(ticket); res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
		t.Errorf("link: %d", res.StatusCode)
	}
	if got := b.authorize(ticket).refusal(); got != "login_required" {
		t.Errorf("login: %s", got)
	}
	b.line = "1"
	if got := b.authorize(ticket).refusal(); got != "" {
		t.Errorf("on the own session: %s", got)
	}
}

func TestCodeForms(t *testing.T) {
	w := onSQLite(t)
	ticket, b := w.ticket(), w.browser("")
	b.tap(ticket)
	cookie := b.cookie
	for name, header := range map[string][]string{
		"no Origin": {"Accept", "*/*"}, "null Origin": {"Origin", "null"}, "another site": {"Origin", "https://evil.example"},
		"starts alike": {"Origin", w.issuer + ".evil.example"}, "two": {"Origin", w.issuer, "Origin", w.issuer},
	} {
		if res := b.post(ticket, "", header...); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s: %d", name, res.StatusCode)
		}
	}
	b.cookie = ""
	if res := b.post(ticket, ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("no cookie: %d", res.StatusCode)
	}
	b.cookie = cookie
	for body, want := range map[string]int{"code=1&code=2": http.StatusBadRequest, "code=%zz": http.StatusBadRequest, "code=" + strings.Repeat("1", 1<<17): http.StatusRequestEntityTooLarge} {
		if res := b.send(http.MethodPost, "/tap/"+ticket, body, "Origin", w.issuer); res.StatusCode != want {
			t.Errorf("%.20s: %d", body, res.StatusCode)
		}
	}
	if w.phones.count() != 0 {
		t.Fatal("the phone was asked")
	}
	b.post(ticket, "")
	for _, code := range []string{"1", "12345", "1234567", "12345a", "１２３４５６", "-12345", "+12345", "0x1234", strings.Repeat("1", 6000)} {
		if res := b.post(ticket, code); res.Header.Get("Location") != "" || res.StatusCode != http.StatusForbidden {
			t.Errorf("%.10s: %d", code, res.StatusCode)
		}
	}
	if n := w.rows(`select tries from oidc_tickets`); n != 0 {
		t.Errorf("%d tries", n)
	}
	if res := w.browser("").post("tkt_"+strings.Repeat("0", 40), ""); res.StatusCode != http.StatusNotFound {
		t.Errorf("a guessed link: %d", res.StatusCode)
	}
}

// Nobody can flood a phone, however many links there are to it.
func TestCodeFlood(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var all sync.WaitGroup
		for range 20 {
			ticket, b := w.ticket(), w.browser("")
			b.tap(ticket)
			all.Go(func() { b.post(ticket, "") })
		}
		all.Wait()
		if n := w.phones.count(); n != 5 {
			t.Errorf("%d prompts", n)
		}
		ticket, b := w.ticket("expires", w.now.Now().Add(24*time.Hour).Format(time.RFC3339)), w.browser("")
		b.tap(ticket)
		if res := b.post(ticket, ""); res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("one more: %d", res.StatusCode)
		}
		w.now.advance(time.Hour)
		if res := b.post(ticket, ""); res.StatusCode != http.StatusOK {
			t.Errorf("an hour later: %d", res.StatusCode)
		}
	})
}

// A phone that cannot be asked leaves the ticket as it was; where that is not known, the same prompt is asked for again.
func TestCodeNotShown(t *testing.T) {
	w := onSQLite(t)
	ticket, b, other := w.ticket(), w.browser(""), w.browser("")
	b.tap(ticket)
	other.tap(ticket)
	for _, kind := range []simtrust.Kind{simtrust.KindNotFound, simtrust.KindDenied, simtrust.KindConflict, simtrust.KindLimited} {
		w.phones.fail(&simtrust.Error{Kind: kind, Reason: "unable"})
		if res := b.post(ticket, ""); res.StatusCode != http.StatusConflict || !strings.Contains(res.body, "/tap/"+ticket) {
			t.Errorf("%s: %d", kind, res.StatusCode)
		}
	}
	if n := w.rows(`select count(*) from oidc_tickets where asked_at is null and browser is null`); n != 1 {
		t.Error("the prompt is used up")
	}
	w.phones.fail(errAway)
	if res := b.post(ticket, ""); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("away: %d", res.StatusCode)
	}
	if res := b.post(ticket, "000000"); res.StatusCode < 400 || res.Header.Get("Location") != "" {
		t.Errorf("a code before the prompt: %d", res.StatusCode)
	}
	w.phones.fail(nil)
	w.now.advance(10 * time.Minute)
	if res := b.tap(ticket); res.StatusCode != http.StatusOK || !strings.Contains(res.body, "<form") {
		t.Errorf("the button again: %d", res.StatusCode)
	}
	if res := other.post(ticket, ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("another browser: %d", res.StatusCode)
	}
	if res := b.post(ticket, ""); res.StatusCode != http.StatusOK || w.phones.count() != 1 {
		t.Errorf("again: %d", res.StatusCode)
	}
}

// A person whom the SIM's screen told apart is not authenticated by the network.
func TestCodeIsNoNumberVerification(t *testing.T) {
	w := onSQLite(t).consented()
	ticket, b := w.ticket("client_id", "camara"), w.browser("")
	b.prove(ticket)
	scope := "openid " + oidc.ScopeVerify + " " + purpose
	if got := b.authorize(ticket, "client_id", "camara", "scope", scope).refusal(); got != "access_denied" {
		t.Errorf("%s", got)
	}
	b.line = "1"
	if got := b.authorize(ticket, "client_id", "camara", "scope", scope).refusal(); got != "" {
		t.Errorf("on the data session: %s", got)
	}
}

// A proof does not outlive what it rests on.
func TestCodeEnds(t *testing.T) {
	for name, end := range map[string]func(w *world){
		"tenure ended":   func(w *world) { w.lines.change(func() { delete(w.lines.holdings, w.lines.sessions["1"].Tenure) }) },
		"line suspended": func(w *world) { w.lines.holding(w.lines.tenure("1"), func(h *renumber.Holding) { h.Suspended = true }) },
		"SIM changed": func(w *world) {
			w.lines.holding(w.lines.tenure("1"), func(h *renumber.Holding) { h.SIMChangedRecorded = w.now.Now() })
		},
		"consent withdrawn": func(w *world) { w.forget() },
		"too late":          func(w *world) { w.now.advance(10 * time.Minute) },
		"ticket expired":    func(w *world) { w.now.advance(2 * time.Hour) },
	} {
		w := onSQLite(t).consented()
		proven, asked, b := w.ticket(), w.ticket(), w.browser("")
		b.prove(proven)
		w.phones.shown = map[string]oidc.Code{}
		b.tap(asked)
		b.post(asked, "")
		end(w)
		if got := b.authorize(proven, "prompt", "none").refusal(); got != "login_required" && got != "consent_required" {
			t.Errorf("%s: proven: %s", name, got)
		}
		if res := b.post(asked, w.phones.digits()); name != "consent withdrawn" && (res.StatusCode != http.StatusGone || res.Header.Get("Location") != "") {
			t.Errorf("%s: asked: %d", name, res.StatusCode)
		}
		if n := w.rows(`select count(*) from oidc_grants`); n != 0 {
			t.Errorf("%s: %d grants", name, n)
		}
	}
}

// Who asks for a fresh authentication does not get one from a while ago.
func TestCodeMaxAge(t *testing.T) {
	w := onSQLite(t).consented()
	ticket, b := w.ticket(), w.browser("")
	b.prove(ticket)
	w.now.advance(time.Minute)
	for age, want := range map[string]string{"0": "login_required", "60": "login_required"} {
		if got := b.authorize(ticket, "prompt", "none", "max_age", age).refusal(); got != want {
			t.Errorf("max_age %s: %q", age, got)
		}
	}
	if got := b.authorize(ticket, "prompt", "none", "max_age", "61").refusal(); got != "" {
		t.Errorf("max_age 61: %q", got)
	}
}

// The consent page keeps the ticket and its connection: what was asked without a network is not answered on one.
func TestCodeAndConsent(t *testing.T) {
	w := onSQLite(t)
	w.lines.attach("2", "+8613800000002", w.now.Now())
	for name, line := range map[string]string{"another's session": "2", "another way": "1"} {
		w.phones.shown = map[string]oidc.Code{}
		ticket, b := w.ticket(), w.browser("")
		b.prove(ticket)
		page := b.authorize(ticket)
		b.line = line
		if got := b.allow(page).refusal(); got != "access_denied" && got != "login_required" {
			t.Errorf("%s: %q", name, got)
		}
	}
	w.phones.shown = map[string]oidc.Code{}
	ticket, b := w.ticket(), w.browser("")
	b.prove(ticket)
	first, second := b.authorize(ticket), b.authorize(ticket)
	if got := b.allow(first).refusal(); got != "" {
		t.Errorf("the first page: %q", got)
	}
	if got := b.allow(second).refusal(); got != "login_required" {
		t.Errorf("the second page: %q", got)
	}
	if n := w.rows(`select count(*) from oidc_grants`); n != 1 {
		t.Errorf("%d grants", n)
	}
}

// A server whose cards show nothing says what else to do.
func TestWithoutScreen(t *testing.T) {
	w := onSQLite(t)
	w.provider.ShowCodes(nil)
	ticket, b := w.ticket(), w.browser("")
	res := b.tap(ticket)
	if res.StatusCode != http.StatusForbidden || !strings.Contains(res.body, "手机流量") || strings.Contains(res.body, "<form") {
		t.Errorf("%d\n%s", res.StatusCode, res.body)
	}
	b.cookie = "simtrust=" + simtrust.NewSecret()
	if res := b.post(ticket, ""); res.StatusCode != http.StatusForbidden {
		t.Errorf("a button that is not there: %d", res.StatusCode)
	}
}

// After the phone was asked, a restarted server knows the code and the tries.
func TestCodeAcrossARestart(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.consented()
		ticket, b := w.ticket(), w.browser("")
		b.tap(ticket)
		b.post(ticket, "")
		b.post(ticket, wrong(w.phones.digits(), 0))
		b.post(ticket, wrong(w.phones.digits(), 1))
		again := w.node()
		typed := func(code string) *http.Request {
			req := w.request(http.MethodPost, "/tap/"+ticket, url.Values{"code": {code}}.Encode(), "Origin", w.issuer)
			req.Header.Set("Cookie", b.cookie)
			return req
		}
		if res := serve(again, typed(w.phones.digits())); res.StatusCode != http.StatusSeeOther {
			t.Errorf("the third try: %d", res.StatusCode)
		}
	})
}
