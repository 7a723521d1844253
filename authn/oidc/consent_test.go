package oidc_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"simtrust/account"
)

// page is a consent page in a browser.
type page struct {
	reply
	handle string
	cookie *http.Cookie
}

var handleField = regexp.MustCompile(`name="handle" value="([^"]+)"`)

// consentPage opens the shop's consent page over line 1.
func (w *world) consentPage(header ...string) page {
	w.t.Helper()
	res := w.get("/authorize?"+authorization("client_id", "shop", "scope", "openid phone").Encode(), header...)
	found := handleField.FindStringSubmatch(res.body)
	if res.StatusCode != http.StatusOK || found == nil || len(res.Cookies()) != 1 {
		w.t.Fatalf("no consent page: %d %v\n%s", res.StatusCode, res.Header, res.body)
	}
	return page{res, found[1], res.Cookies()[0]}
}

// press answers a page as its browser would, with changes: "Origin" and "Cookie" are headers, "line" the connection, the rest
// fields of the form; an empty value removes.
func (w *world) press(p page, changes ...string) reply {
	w.t.Helper()
	all := changed(url.Values{
		"handle": {p.handle}, "decision": {"allow"}, "Origin": {w.issuer}, "Cookie": {p.cookie.Name + "=" + p.cookie.Value}, "line": {"1"},
	}, changes...)
	form := url.Values{"handle": all["handle"], "decision": all["decision"]}
	req := w.request(http.MethodPost, "/authorize/consent", form.Encode())
	for field, header := range map[string]string{"Origin": "Origin", "Cookie": "Cookie", "line": lineHeader} {
		if v := all.Get(field); v != "" {
			req.Header.Set(header, v)
		}
	}
	return w.do(req)
}

func (w *world) shopTokens(code string) tokens {
	w.t.Helper()
	return w.tokens(w.post("/token", url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier}, "client_id": {"shop"},
	}))
}

// login presses the button and returns the shop's tokens.
func (w *world) login() tokens {
	w.t.Helper()
	return w.shopTokens(w.press(w.consentPage()).answer(w.t).Get("code"))
}

func TestConsent(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.consentPage()
		for _, want := range []string{"138****0001", "Demo shop", "本机号码一键登录", `action="/authorize/consent"`} {
			if !strings.Contains(p.body, want) {
				t.Errorf("the page lacks %s:\n%s", want, p.body)
			}
		}
		if strings.Contains(p.body, "13800000001") {
			t.Error("the page shows the whole number")
		}
		if csp := p.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") || !strings.Contains(csp, "form-action 'self' https://shop.example") {
			t.Errorf("policy: %s", csp)
		}
		if c := p.cookie; c.Name != "simtrust" || !c.HttpOnly || c.Secure || c.Path != "/" || c.SameSite != http.SameSiteLaxMode {
			t.Errorf("cookie: %v", c)
		}
		res := w.press(p)
		if back := res.answer(t); res.StatusCode != http.StatusSeeOther || back.Get("code") == "" || back.Get("state") != "st-1" {
			t.Fatalf("%d %v", res.StatusCode, back)
		}
		if again := w.get("/authorize?" + authorization("client_id", "shop", "scope", "openid phone").Encode()).answer(t); again.Get("code") == "" {
			t.Errorf("second login: %v", again)
		}
	})
}

func TestConsentPageOnDemand(t *testing.T) {
	w := onSQLite(t)
	w.login()
	for _, prompt := range []string{"login", "consent", "select_account", "login consent"} {
		res := w.get("/authorize?" + authorization("client_id", "shop", "scope", "openid phone", "prompt", prompt).Encode())
		if res.StatusCode != http.StatusOK || !handleField.MatchString(res.body) {
			t.Errorf("prompt=%s: %d", prompt, res.StatusCode)
		}
	}
	more := w.get("/authorize?" + authorization("client_id", "shop", "scope", "openid phone number-recycling:check").Encode())
	if more.StatusCode != http.StatusOK {
		t.Errorf("a further scope: %d", more.StatusCode)
	}
}

// The cookie of a provider on https can be set by no other host of its domain.
// Consent binds the purpose, so the page names it.
func TestConsentNamesThePurpose(t *testing.T) {
	w := onSQLite(t)
	for lang, want := range map[string]string{"zh": "营销", "en": "marketing"} {
		res := w.get("/authorize?"+authorization("client_id", "camara", "scope", "openid dpv:Marketing").Encode(), "Accept-Language", lang)
		if !strings.Contains(res.body, want) {
			t.Errorf("%d without %s:\n%s", res.StatusCode, want, res.body)
		}
	}
}

// The page may lead back to the app and nowhere else, and no redirect URI writes the page's policy.
func TestConsentPolicy(t *testing.T) {
	w := onSQLite(t)
	targets := map[string]string{
		"https://app.example:8443/cb?x=1":   "https://app.example:8443",
		"http://127.0.0.1:7000/cb":          "http://127.0.0.1:7000",
		"http://[::1]:7000/cb":              "http:",
		"com.example.app:/cb":               "com.example.app:",
		"com.example.app://cb;sandbox,x/cb": "com.example.app:",
	}
	_, err := w.accounts.RegisterApp(t.Context(), account.Registration{ID: "native", Name: "Native", Auth: account.AuthNone, Sector: "app.example",
		Profile: account.ProfileOIDC, Scopes: []string{"openid"}, RedirectURIs: slices.Collect(maps.Keys(targets))})
	w.must(err)
	for uri, want := range targets {
		res := w.authorize("client_id", "native", "scope", "openid", "redirect_uri", uri)
		if csp := res.Header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "form-action 'self' "+want) {
			t.Errorf("%s: %d %s", uri, res.StatusCode, csp)
		}
	}
}

func TestConsentCookieOverTLS(t *testing.T) {
	w := onSQLite(t, "https://id.example")
	p := w.consentPage()
	if c := p.cookie; c.Name != "__Host-simtrust" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie: %v", c)
	}
	if back := w.press(p).answer(t); back.Get("code") == "" {
		t.Errorf("answer: %v", back)
	}
}

func TestConsentAttacks(t *testing.T) {
	w := onSQLite(t)
	other := w.consentPage("Cookie", "")
	for name, test := range map[string]struct {
		changes []string
		status  int
	}{
		"no Origin":                 {[]string{"Origin", ""}, http.StatusForbidden},
		"null Origin":               {[]string{"Origin", "null"}, http.StatusForbidden},
		"Origin of another site":    {[]string{"Origin", "https://evil.example"}, http.StatusForbidden},
		"Origin that starts alike":  {[]string{"Origin", w.issuer + ".evil.example"}, http.StatusForbidden},
		"no cookie":                 {[]string{"Cookie", ""}, http.StatusBadRequest},
		"cookie of another browser": {[]string{"Cookie", "simtrust=" + other.cookie.Value}, http.StatusBadRequest},
		"two cookies":               {[]string{"Cookie", "simtrust=" + other.cookie.Value + "; simtrust=" + other.cookie.Value}, http.StatusBadRequest},
		"no handle":                 {[]string{"handle", ""}, http.StatusBadRequest},
		"guessed handle":            {[]string{"handle", strings.Repeat("0", 52)}, http.StatusBadRequest},
		"handle of another page":    {[]string{"handle", other.handle}, http.StatusBadRequest},
	} {
		w.run(t, name, func(t *testing.T) {
			p := w.consentPage()
			if res := w.press(p, test.changes...); res.StatusCode != test.status || res.Header.Get("Location") != "" {
				t.Errorf("%d %v", res.StatusCode, res.Header)
			}
			if back := w.press(p).answer(t); back.Get("code") == "" {
				t.Errorf("the attempt used the page up: %v", back)
			}
			w.forget()
		})
	}
}

// forget withdraws all consent for the shop, so that its page is shown again.
func (w *world) forget() {
	w.t.Helper()
	w.must(w.accounts.Withdraw(w.t.Context(), withdrawal(w.lines.tenure("1"), "shop")))
}

// The answer counts only while the connection is what it was when the page was shown.
func TestConsentOnAnotherConnection(t *testing.T) {
	w := onSQLite(t)
	for name, change := range map[string]func(){
		"other tenure":  func() { w.lines.attach("1", "+8613800000002", w.now.Now()) },
		"other session": func() { l := w.lines.sessions["1"]; l.Session = "ses-new"; w.lines.sessions["1"] = l },
	} {
		p := w.consentPage()
		change()
		if back := w.press(p).answer(t); back.Get("error") != "access_denied" || back.Has("code") {
			t.Errorf("%s: %v", name, back)
		}
		if res := w.press(p); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: the page can be answered again: %d", name, res.StatusCode)
		}
	}
	p := w.consentPage()
	if res := w.press(p, "line", "none"); res.StatusCode != http.StatusForbidden || res.Header.Get("Location") != "" {
		t.Errorf("on Wi-Fi: %d %v", res.StatusCode, res.Header)
	}
	if back := w.press(p).answer(t); back.Get("code") == "" {
		t.Errorf("back on mobile data: %v", back)
	}
}

func TestConsentEnds(t *testing.T) {
	w := onSQLite(t)
	w.run(t, "denied", func(t *testing.T) {
		p := w.consentPage()
		if back := w.press(p, "decision", "deny").answer(t); back.Get("error") != "access_denied" || back.Get("state") != "st-1" {
			t.Errorf("%v", back)
		}
		if res := w.press(p); res.StatusCode != http.StatusBadRequest {
			t.Errorf("after denying: %d", res.StatusCode)
		}
	})
	w.run(t, "no decision", func(t *testing.T) {
		if back := w.press(w.consentPage(), "decision", "").answer(t); back.Get("error") != "access_denied" {
			t.Errorf("%v", back)
		}
	})
	w.run(t, "too late", func(t *testing.T) {
		p := w.consentPage()
		w.now.advance(10 * time.Minute)
		if res := w.press(p); res.StatusCode != http.StatusBadRequest {
			t.Errorf("%d", res.StatusCode)
		}
	})
	w.run(t, "app suspended meanwhile", func(t *testing.T) {
		p := w.consentPage()
		_, err := w.accounts.SuspendApp(t.Context(), "shop")
		w.must(err)
		if res := w.press(p); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%d %v", res.StatusCode, res.Header)
		}
		_, err = w.accounts.ResumeApp(t.Context(), "shop")
		w.must(err)
	})
}

func TestConsentOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		p := w.consentPage()
		var codes atomic.Int32
		var all sync.WaitGroup
		for range 16 {
			all.Go(func() {
				if strings.Contains(w.press(p).Header.Get("Location"), "code=") {
					codes.Add(1)
				}
			})
		}
		all.Wait()
		if n := codes.Load(); n != 1 {
			t.Errorf("%d codes", n)
		}
	})
}

// Two tabs of one browser share the cookie and have a page each.
func TestConsentInTwoTabs(t *testing.T) {
	w := onSQLite(t)
	first := w.consentPage()
	second := w.consentPage("Cookie", "simtrust="+first.cookie.Value)
	for _, p := range []page{first, second} {
		if back := w.press(p, "Cookie", "simtrust="+second.cookie.Value).answer(t); back.Get("code") == "" {
			t.Errorf("%v", back)
		}
	}
}
