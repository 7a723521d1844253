//go:build e2e

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// campaign sends the carousel of the tour to somebody.
func (s *sandbox) campaign(t *testing.T, to subscriber) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "carousel.json"))
	var request map[string]any
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil {
		t.Fatal(err)
	}
	request["to"] = []string{to.Number}
	var got sent
	if status := s.enterprise(t, "shop").ask(t, http.MethodPost, "messages", request, &got); status != http.StatusAccepted {
		t.Fatalf("%d %+v", status, got)
	}
}

// TestOneTapInABrowser: a button in a message on the phone leads into the shop, logged in.
func TestOneTapInABrowser(t *testing.T) {
	s := startSandbox(t)
	me, browser := s.Subscribers[0], chromium(t) // whose data session this machine is
	s.campaign(t, me)
	s.inbox(t, me, 1)
	p, messages := newTab(t, browser, "zh-CN,zh;q=0.9"), s.messagesOf(me, s.enterprise(t, "shop").ChatbotID)
	p.open(messages)
	p.wants("凤凰单丛", s.Issuer+"/t/")
	p.press(`article:nth-of-type(2) a[href*="/t/"]`)
	p.wants(`<html lang="zh-CN"`, "山茶小店", "已认证的发送方", "登录并打开", `content="noindex"`)
	p.publish("one-tap")
	p.press("form button")
	p.wants("138****0001", "本机号码一键登录") // the shop is new to this person
	p.press(allow)
	p.wants("凤凰单丛", "蜜兰香型", "138****0001")
	if p.location() != s.Shop+"/offers/dancong" {
		t.Errorf("the person is at %s", p.location())
	}
	p.picture("one-tap-shop")
	p.open(messages)
	p.press(`article:nth-of-type(1) a[href*="/t/"]`) // another button, of which nobody has made use
	p.press("form button")
	p.wants("明前龙井", "138****0001")
	p.open(messages)
	p.press(`article:nth-of-type(2) a[href*="/t/"]`)
	if status := p.press("form button"); status != http.StatusGone {
		t.Errorf("a second time: %d", status)
	}
	p.wants("链接已经用过")
	p.picture("one-tap-used")
}

// TestOneTapElsewhere: where no network tells who is there, a code from the phone does.
func TestOneTapElsewhere(t *testing.T) {
	s := startSandbox(t)
	me, browser := s.Subscribers[1], chromium(t)
	link, _ := s.tap(t, me)
	p := newTab(t, browser, "en")
	p.open(link)
	p.press("form button") // on the first subscriber's data session
	if strings.HasPrefix(p.location(), s.Shop) {
		t.Errorf("a forwarded link leads to %s", p.location())
	}
	p.picture("one-tap-forwarded")
	s.operator(t, s.Subscribers[0].Number, "detach", "") // Wi-Fi from here on
	p.open(link)
	p.press("form button")
	p.picture("one-tap-offer")
	p.press("form button")
	asked := s.asked(t, me, true)
	code := sixDigits.FindString(asked.Text)
	if code == "" || strings.Contains(p.html(), code) {
		t.Fatalf("the phone shows %q", asked.Text)
	}
	p.picture("one-tap-code")
	p.enter("#code", code)
	p.press("form button")
	p.press(allow)
	p.wants("明前龙井", "138****0002")
	if p.location() != s.Shop+"/offers/longjing" {
		t.Errorf("the person is at %s", p.location())
	}
}
