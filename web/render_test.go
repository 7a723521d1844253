package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"simtrust/web"
)

func render(t *testing.T, v web.View, header, query string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/page?"+query, nil)
	r.Header.Set("Accept-Language", header)
	w := httptest.NewRecorder()
	web.Render(w, r, http.StatusOK, v)
	return w
}

var everyView = []web.View{
	web.Consent{App: "<b>山茶</b>", Masked: "+86138****0001", Asked: []string{"openid", "phone", "custom:x"}, Action: "/consent", Handle: "h1",
		Targets: []string{"https://shop.example"}},
	web.NoNetwork{App: "<b>山茶</b>", RetryURL: "/authorize?x=1", BackURL: "https://shop.example/"},
	web.TapOffer{App: "<b>山茶</b>", Action: "/tap/1", Targets: []string{"https://shop.example"}},
	web.TapCode{App: "<b>山茶</b>", Action: "/tap/1", Left: 2},
	web.TapEnd{App: "<b>山茶</b>", Cause: web.TapOthers, RetryURL: "/tap/1"},
	web.Problem{Status: 400, Code: "invalid_request", Text: "<script>alert(1)</script>", BackURL: "javascript:alert(1)"},
	web.ShopHome{LoginURL: "/login"},
	web.ShopAccount{Masked: "+86138****0001", Subject: "<i>sub</i>", No: 1, Visits: 1, Since: time.Unix(0, 0), LogoutURL: "/logout"},
	web.ShopNoLogin{Denied: true, LoginURL: "/login", HomeURL: "/"},
	web.ShopNoLogin{Detail: "<b>山茶</b>", LoginURL: "/login", HomeURL: "/"},
	web.Desk{Shop: "http://127.0.0.1:1", Said: "<s>", Numbers: []web.DeskNumber{{Masked: "+86138****0001", Holder: "<u>", Actions: []string{"attach"}}}},
	web.Lost{HomeURL: "/"},
	web.LostMessage{},
	web.OneTap{Sender: "<b>山茶", Brand: "<u>", App: "<i>sub", Action: "/t/1", Target: "https://shop.example"},
	web.OneTapUsed{},
	web.Message{Sender: "<b>山茶", Brand: "<u>", Verified: true, Content: web.Content{Text: "<i>sub", Chips: []web.Button{{Text: "<u>", URL: "tel:+8610086"}, {Text: "x"}}}},
	web.Inbox{Masked: "+86138****0001", PhoneURL: "/", Talks: []web.Talk{{URL: "/x", Name: "<b>山茶", Last: "<i>sub", Unread: 1}}},
	web.Inbox{Masked: "+86138****0001", PhoneURL: "/"},
	web.Conversation{Masked: "+86138****0001", Name: "<b>山茶", Sender: "<u>", Latest: "<u>", Said: "refused", Lines: []web.Line{{Own: true, Content: web.Content{Text: "<i>sub"}},
		{Channel: "sms", Content: web.Content{Text: "<i>sub", Chips: []web.Button{{Text: "<u>", Postback: "<u>", Press: true}}}}}},
	web.Phone{Masked: "+86138****0001", Action: "/subscribers/1", Online: true, Said: "sent", Card: &web.PhoneCard{ICCID: "8986", SigningTries: 3}},
	web.Phone{Masked: "+86138****0001", Action: "/subscribers/1", Card: &web.PhoneCard{},
		Prompt: &web.PhonePrompt{ID: "prm_1", Kind: "transaction", Text: "【转账确认】\n收款人：<b>山茶", Code: "0815", Notice: "<i>sub", Min: 4, Max: 8}},
	web.Phone{Masked: "+86138****0001", Action: "/subscribers/1", Card: &web.PhoneCard{}, Prompt: &web.PhonePrompt{ID: "prm_1", Kind: "login", Text: "【登录确认】\n<b>山茶", Typed: "608170", Min: 4, Max: 8}},
	web.Phones{Phones: []web.PhoneLine{{URL: "/subscribers/1", Masked: "+86138****0001", Card: true, Asking: true}, {Masked: "<u>"}}},
}

func TestEveryPageInBothLanguages(t *testing.T) {
	for _, v := range everyView {
		for _, lang := range []string{"zh-CN", "en"} {
			w := render(t, v, lang, "")
			body := w.Body.String()
			if w.Code != http.StatusOK || !strings.Contains(body, `<html lang="`+lang) {
				t.Errorf("%T in %s: %d\n%s", v, lang, w.Code, body)
			}
			if strings.Contains(body, "<no value>") || strings.Contains(body, "ZgotmplZ\" ") {
				t.Errorf("%T in %s has a hole:\n%s", v, lang, body)
			}
		}
	}
}

// TestNothingGetsOut holds what every page promises: no script, no foreign load, no framing, no caching, input escaped.
func TestNothingGetsOut(t *testing.T) {
	for _, v := range everyView {
		w := render(t, v, "en", "")
		body, h := w.Body.String(), w.Header()
		for _, bad := range []string{"<script", "<b>山茶", "<i>sub", "<u>", `"javascript:`, "src="} {
			if strings.Contains(body, bad) {
				t.Errorf("%T contains %s", v, bad)
			}
		}
		csp := h.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%T: CSP %q lacks %s", v, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") || h.Get("Cache-Control") != "no-store" || h.Get("X-Content-Type-Options") != "nosniff" ||
			h.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%T: headers %v", v, h)
		}
	}
}

// TestFormsNameTheirOrigin: under no-referrer a browser posts them with Origin: null, which the consent endpoint refuses.
func TestFormsNameTheirOrigin(t *testing.T) {
	for _, v := range everyView {
		if got := render(t, v, "en", "").Header().Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("%T: Referrer-Policy %q", v, got)
		}
	}
}

func TestBackToTheApp(t *testing.T) {
	for uri, want := range map[string]string{
		"https://shop.example/cb?error=access_denied&state=s": `href="https://shop.example/cb?error=access_denied&amp;state=s"`,
		"http://127.0.0.1:9/cb":                               `href="http://127.0.0.1:9/cb"`,
		"com.example.shop:/cb?error=access_denied":            `href="com.example.shop:/cb?error=access_denied"`,
		`com.example.shop:/"><b>`:                             `href="com.example.shop:/%22%3e%3cb%3e"`,
		"javascript:alert(1)//.example:":                      `href="#ZgotmplZ"`,
		"java\tscript:alert.x":                                `href="#ZgotmplZ"`,
		" com.example.shop:/cb":                               `href="#ZgotmplZ"`,
		"data:text/html,a.b:c":                                `href="#ZgotmplZ"`,
	} {
		for _, v := range []web.View{web.NoNetwork{BackURL: uri}, web.Problem{BackURL: uri}} {
			if body := render(t, v, "en", "").Body.String(); !strings.Contains(body, want) {
				t.Errorf("%T: %q: want %s in\n%s", v, uri, want, body)
			}
		}
	}
}

func TestConsentFormMayLeadToTheAppOnly(t *testing.T) {
	csp := render(t, everyView[0], "en", "").Header().Get("Content-Security-Policy")
	if !strings.HasSuffix(csp, "form-action 'self' https://shop.example") {
		t.Error(csp)
	}
}

func TestLanguage(t *testing.T) {
	for _, c := range []struct{ header, query, want string }{
		{"", "", "zh"}, {"fr, de;q=0.9", "", "en"}, {"*", "", "zh"}, {"", "ui_locales=de", "en"}, {"zh", "ui_locales=de", "zh"}, {"fr, en;q=0.8, zh;q=0.2", "", "en"}, {"zh-TW", "", "zh"}, {"EN-gb;q=0.5", "", "en"},
		{"zh-CN", "ui_locales=fr+en-US", "en"}, {"en", "ui_locales=zh-CN", "zh"}, {"en", "ui_locales=", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/?"+c.query, nil)
		r.Header.Set("Accept-Language", c.header)
		if got := web.Language(r); got != c.want {
			t.Errorf("%+v: %s", c, got)
		}
	}
}

// TestEndsOfLinks: each cause has words of its own, and only what mobile data can mend offers it.
func TestEndsOfLinks(t *testing.T) {
	for cause, retry := range map[web.TapCause]bool{
		web.TapOthers: false, web.TapPast: false, web.TapDead: true,
		web.TapElsewhere: true, web.TapLate: true, web.TapLimited: true, web.TapUnable: true,
	} {
		body := render(t, web.TapEnd{App: "Shop", Cause: cause, RetryURL: "/tap/1"}, "en", "").Body.String()
		if strings.Contains(body, "<h1></h1>") || strings.Contains(body, "<p></p>") || strings.Contains(body, `href="/tap/1"`) != retry {
			t.Errorf("%s:\n%s", cause, body)
		}
	}
}

// TestProblemsBlameTheRightOne: only a request that does not hold is the app's fault.
func TestProblemsBlameTheRightOne(t *testing.T) {
	for cause, want := range map[web.Cause]string{
		"": "The app sent a request", web.CauseApp: "This app cannot log people in", web.CauseLate: "answered before or is too old", web.CauseBusy: "right now",
	} {
		body := render(t, web.Problem{Status: 400, Cause: cause, Code: "invalid_request"}, "en", "").Body.String()
		if !strings.Contains(body, want) || cause != "" && strings.Contains(body, "The app sent") {
			t.Errorf("%q: no %q in\n%s", cause, want, body)
		}
	}
}
