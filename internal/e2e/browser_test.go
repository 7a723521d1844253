//go:build e2e

package e2e

import (
	"net/http"
	"strings"
	"testing"
)

const (
	allow = `button[value="allow"]`
	deny  = `button[value="deny"]`
)

// TestBrowserLogsIn is the first thing a visitor does: open the page, see one's own number, press one button.
func TestBrowserLogsIn(t *testing.T) {
	s := startSandbox(t)
	p := newTab(t, chromium(t), "zh-CN,zh;q=0.9")
	p.open(s.Shop)
	p.wants("山茶小店")
	p.picture("shop")
	p.press(`a[href="/login"]`)
	p.wants(`<html lang="zh-CN"`, "138****0001", "本机号码一键登录", "山茶小店 Camellia")
	if !strings.HasPrefix(p.location(), s.Issuer+"/authorize?") {
		t.Errorf("the page is %s", p.location())
	}
	if number := s.Subscribers[0].Number[3:]; strings.Contains(p.html(), number) || strings.Contains(p.location(), number) {
		t.Error("the page or its address shows the whole number")
	}
	p.publish("login")

	p.press(allow)
	p.wants("138****0001", "新顾客")
	p.picture("welcome")
	if p.location() != s.Shop+"/" || p.text("#no") != "1" || p.text("#visits") != "1" {
		t.Errorf("%s: customer %s, visit %s", p.location(), p.text("#no"), p.text("#visits"))
	}
	sub := p.text("#sub")
	p.press(`form[action="/logout"] button`)
	p.press(`a[href="/login"]`) // agreed already: no page in between
	p.wants("欢迎回来")
	if p.text("#visits") != "2" || p.text("#sub") != sub {
		t.Errorf("visit %s of %s, before %s", p.text("#visits"), p.text("#sub"), sub)
	}
}

// TestBrowserDeclines goes back to the shop, in English, and the shop is polite about it.
func TestBrowserDeclines(t *testing.T) {
	s := startSandbox(t)
	p := newTab(t, chromium(t), "en-GB,en;q=0.9")
	p.open(s.Shop + "/login")
	p.wants(`<html lang="en"`, "138****0001", "One-key login", "Not now", "your mobile number")
	p.picture("login")
	if status := p.press(deny); status != http.StatusOK || !strings.HasPrefix(p.location(), s.Shop+"/callback?error=access_denied") {
		t.Errorf("%d at %s", status, p.location())
	}
	p.wants("You are not logged in", "The shop did not learn your number")
	p.picture("declined")
	p.press("a.plain")
	p.wants("Longjing tea")
	p.press(`a[href="/login"]`)
	p.press(allow)
	p.wants("New customer")
	p.picture("welcome")
}

// TestBrowserOnWiFi gets a page that says what to do, and a button that works once it is done.
func TestBrowserOnWiFi(t *testing.T) {
	s := startSandbox(t)
	browser, me := chromium(t), s.Subscribers[0]
	s.operator(t, me.Number, "detach", "")
	p := newTab(t, browser, "zh-CN")
	if status := p.open(s.Shop + "/login"); status != http.StatusForbidden {
		t.Errorf("status %d", status)
	}
	p.wants("请使用手机流量", "关闭无线局域网", "山茶小店 Camellia")
	p.picture("wifi")
	p.press("a.button") // still on Wi-Fi
	p.wants("请使用手机流量")
	s.operator(t, me.Number, "attach", "")
	p.press("a.button")
	p.wants("138****0001")
	p.press(allow)
	p.wants("新顾客")

	s.operator(t, me.Number, "detach", "")
	back := newTab(t, browser, "en")
	back.open(s.Shop + "/login")
	back.wants("Switch to mobile data")
	back.picture("wifi-english")
	back.press("a.plain")
	back.wants("You are not logged in")
	if !strings.HasPrefix(back.location(), s.Shop+"/") {
		t.Errorf("the way back leads to %s", back.location())
	}
}

// TestBrowserAtTheNumberDesk releases the number and assigns it anew: the second login is another customer.
func TestBrowserAtTheNumberDesk(t *testing.T) {
	s := startSandbox(t)
	browser := chromium(t)
	p := newTab(t, browser, "zh-CN")
	p.open(s.Shop + "/login")
	p.press(allow)
	first := p.text("#sub")

	desk := newTab(t, browser, "zh-CN")
	desk.open(s.Desk)
	desk.wants("号码柜台", "138****0001")
	desk.picture("desk")
	stale := newTab(t, browser, "zh-CN")
	stale.open(s.Desk)
	desk.press(`section:first-of-type button[value="release"]`)
	desk.wants("已完成", "空号")
	desk.picture("desk-free")
	stale.press(`section:first-of-type button[value="release"]`)
	stale.wants("该操作不适用于此号码的当前状态")
	p.open(s.Shop + "/login")
	p.wants("请使用手机流量")
	desk.press(`section:first-of-type button[value="assign"]`)
	desk.wants("已完成")

	p.open(s.Shop + "/login")
	p.wants("138****0001") // the new holder has agreed to nothing yet
	p.press(allow)
	p.wants("新顾客")
	if p.text("#no") != "2" || p.text("#visits") != "1" || p.text("#sub") == first {
		t.Errorf("customer %s, visit %s, sub %s, the first holder's was %s", p.text("#no"), p.text("#visits"), p.text("#sub"), first)
	}
	p.picture("second-customer")
}
