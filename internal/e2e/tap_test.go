//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// linker has links made that log people in, as a module that sends messages does.
type linker struct {
	app
	sandbox *sandbox
	token   string
}

var printedCredential = regexp.MustCompile(`(client_id|client_secret) +(\S+)`)

func (s *sandbox) linker(t *testing.T) linker {
	t.Helper()
	out, err := s.run(t, "app", "register", "Links", "--auth", "client_secret_basic", "--scope", "login:ticket")
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	l := linker{app: s.app("service"), sandbox: s}
	for _, found := range printedCredential.FindAllStringSubmatch(out, -1) {
		if found[1] == "client_id" {
			l.ClientID = found[2]
		} else {
			l.ClientSecret = found[2]
		}
	}
	got, err := l.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"login:ticket"}})
	if err != nil || got.AccessToken == "" {
		t.Fatalf("client_credentials: %+v %v", got, err)
	}
	l.token = got.AccessToken
	return l
}

type link struct {
	Ticket string `json:"ticket"`
	URL    string `json:"url"`
}

// link is one to the shop for a subscriber.
func (l linker) link(t *testing.T, who subscriber) (made link) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"id": random(), "tenure": who.Tenure, "client_id": l.sandbox.client("shop").ClientID,
		"target_link_uri": l.sandbox.Shop + "/", "expires": time.Now().Add(time.Hour).Format(time.RFC3339)})
	if err != nil {
		t.Fatal(err)
	}
	req, err := l.apiRequest(http.MethodPost, "/authn/v1/tickets", l.token, string(body))
	if err != nil {
		t.Fatal(err)
	}
	res, err := l.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(&made); err != nil || made.URL == "" {
		t.Fatalf("%s: %+v %v", res.Status, made, err)
	}
	return made
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// TestTapOnMobileData: from the link into the shop; the link is used then.
func TestTapOnMobileData(t *testing.T) {
	s := startSandbox(t)
	me := s.Subscribers[0]
	made := s.linker(t).link(t, me)
	p := newTab(t, chromium(t), "zh-CN")
	p.open(made.URL)
	p.wants("138****0001", "山茶小店 Camellia")
	p.press(allow)
	p.wants("138****0001", "新顾客")
	if p.location() != s.Shop+"/" {
		t.Errorf("arrived at %s", p.location())
	}
	if status := p.open(made.URL); status != http.StatusGone {
		t.Errorf("the link again: %d", status)
	}
	p.wants("链接已使用或已过期")
	p.picture("tap-past")
}

// TestTapOnWiFi: the phone shows a code, the page takes it, in the browser that asked for it.
func TestTapOnWiFi(t *testing.T) {
	s := startSandbox(t)
	me := s.Subscribers[0]
	made, browser := s.linker(t).link(t, me), chromium(t)
	s.operator(t, me.Number, "detach", "")
	p, other := newTab(t, browser, "zh-CN"), newTab(t, browser, "en")
	p.open(made.URL)
	p.wants("在我的手机上显示验证码", "山茶小店 Camellia")
	p.picture("tap-offer")
	p.press("button")
	shown := s.asked(t, me, true)
	code := sixDigits.FindString(shown.Text)
	if shown.Kind != "login" || code == "" || code[2:] != shown.VerificationCode || !strings.Contains(shown.Text, "山茶小店") {
		t.Fatalf("the phone shows %+v", shown)
	}
	display := newTab(t, browser, "zh-CN")
	display.open(s.Handset + "/subscribers/" + me.Number)
	display.wants(code)
	if strings.Contains(display.text("body"), "与对方页面上的数字一致才继续") {
		t.Error("the phone asks to compare a code that is to be typed in")
	}
	display.picture("tap-phone")
	p.wants("输入验证码")
	p.picture("tap-code")
	if strings.Contains(p.html(), code) {
		t.Error("the page shows the code")
	}
	if status := other.open(made.URL); status != http.StatusForbidden {
		t.Errorf("another browser: %d", status)
	}
	other.wants("Go on in the other browser")
	other.picture("tap-elsewhere")
	wrong := strings.Map(func(r rune) rune { return '0' + (r-'0'+1)%10 }, code)
	p.enter("#code", wrong)
	if status := p.press("button"); status != http.StatusForbidden {
		t.Errorf("a wrong code: %d", status)
	}
	p.wants("剩余次数：2")
	p.picture("tap-wrong")
	p.enter("#code", code)
	p.press("button")
	p.wants("138****0001", "本机号码")
	p.press(allow)
	p.wants("新顾客")
	s.asked(t, me, false)
	if status := p.open(made.URL); status != http.StatusGone {
		t.Errorf("the link again: %d", status)
	}
}

// TestTapForwarded: the link is another person's, and nobody is logged in.
func TestTapForwarded(t *testing.T) {
	s := startSandbox(t)
	made := s.linker(t).link(t, s.Subscribers[1])
	p := newTab(t, chromium(t), "zh-CN")
	if status := p.open(made.URL); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
	p.wants("这个链接是发给别人的")
	p.picture("tap-others")
	p.open(s.Shop)
	p.wants("本机号码一键登录")
	if q := s.tapped(t, s.Subscribers[0], made.Ticket); q.Get("error") != "login_required" || q.Has("code") {
		t.Errorf("%v", q)
	}
}

// tapped asks for a login with a ticket from a subscriber's phone, without a page, again where it is told to.
func (s *sandbox) tapped(t *testing.T, from subscriber, ticket string) url.Values {
	t.Helper()
	q := s.tappedOnce(t, from, ticket)
	for try := 0; q.Get("error") == unavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		q = s.tappedOnce(t, from, ticket)
	}
	return q
}

func (s *sandbox) tappedOnce(t *testing.T, from subscriber, ticket string) url.Values {
	t.Helper()
	f := newFlow(callback)
	res, err := phone(from.IP).Get(s.app("shop").authorizeURL(f, "openid phone") + "&prompt=none&login_hint=" + ticket)
	if err != nil {
		t.Error(err)
		return nil
	}
	defer res.Body.Close()
	to, err := res.Location()
	if err != nil {
		t.Errorf("%s: %v", res.Status, err)
		return nil
	}
	return to.Query()
}

// TestTapOnce: twenty copies at once are one code, and none after a kill.
func TestTapOnce(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		me, l := s.Subscribers[1], s.linker(t)
		shop := s.app("shop")
		page := shop.consentPage(t, me.IP)
		if _, err := shop.answerConsent(consentAnswer{page: page, ip: me.IP, origin: []string{s.Issuer}, cookie: page.cookie}); err != nil {
			t.Fatal(err)
		}
		first, second := l.link(t, me), l.link(t, me)
		var codes atomic.Int32
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				if s.tapped(t, me, first.Ticket).Has("code") {
					codes.Add(1)
				}
			})
		}
		all.Wait()
		if codes.Load() != 1 {
			t.Errorf("%d codes", codes.Load())
		}
		s.kill()
		s.start(t)
		if q := s.tapped(t, me, first.Ticket); q.Get("error") != "login_required" {
			t.Errorf("the spent one after a kill: %v", q)
		}
		if q := s.tapped(t, me, second.Ticket); !q.Has("code") {
			t.Errorf("the other one after a kill: %v", q)
		}
	})
}
