//go:build e2e

package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestDoorsInABrowser presses what the tour has a person press: a link in a message logs in by a code of the SIM, a small purchase is confirmed by its
// button, a large one by the SIM, and an envelope that is opened twice is told of once.
func TestDoorsInABrowser(t *testing.T) {
	s := startSandbox(t)
	who, browser := s.Subscribers[3], chromium(t)
	p, screen := newScriptedTab(t, browser, "zh-CN"), newTab(t, browser, "zh-CN")
	s.tapsIn(t, p, screen, who)
	s.buys(t, p, screen, who)
	s.opensAnEnvelope(t, p, who)
}

// tapsIn opens a link of a message where no network tells who is there.
func (s *sandbox) tapsIn(t *testing.T, p, screen tab, who subscriber) {
	t.Helper()
	s.campaign(t, who)
	s.inbox(t, who, 1)
	s.operator(t, s.Subscribers[0].Number, "detach", "")
	p.open(s.messagesOf(who, s.enterprise(t, "shop").ChatbotID))
	p.waits("article")
	p.press(`article:nth-of-type(2) a[href*="/t/"]`)
	p.press("form button") // open it
	p.press("form button") // have the phone show a code
	code := sixDigits.FindString(s.asked(t, who, true).Text)
	screen.open(s.Handset + "/subscribers/" + who.Number)
	screen.wants(`<p class="digits">`+code+`</p>`, "山茶小店", `<details class="unneeded"><summary>`)
	screen.picture("doors-code")
	p.enter("#code", code)
	p.press("form button")
	p.press(allow)
	p.wants("凤凰单丛", "138****0004")
	if p.location() != s.Shop+"/offers/dancong" {
		t.Errorf("the person is at %s", p.location())
	}
	s.asked(t, who, false)
}

// buttonOf is the first button of the nth message that has any.
func buttonOf(n int) string {
	return fmt.Sprintf(".line:nth-child(%d of .line:has(.choice)) .choice", n)
}

// buys confirms a small purchase with its button, and a large one with the signing PIN.
func (s *sandbox) buys(t *testing.T, p, screen tab, who subscriber) {
	t.Helper()
	b := s.teller(t)
	small := b.ask(t, who, "128.00")
	p.open(s.messagesOf(who, ""))
	p.waits(".talks li:nth-child(2)")
	p.press(".talks li:first-child a")
	p.wants("¥128.00", "示例电器")
	p.picture("doors-purchase")
	p.press(buttonOf(1))
	b.ended(t, small, "confirmed", "button", "")
	p.until("told of the payment", func() bool { return strings.Contains(p.html(), "您已确认付款 ¥128.00") }) // before the next button moves

	large := b.ask(t, who, "48000.00")
	p.waits(buttonOf(2))
	p.press(buttonOf(2))
	s.asked(t, who, true)
	screen.open(s.Handset + "/subscribers/" + who.Number)
	screen.wants("¥48,000.00", "张伟")
	screen.picture("doors-sim")
	screen.enter("#pin", who.SigningPIN)
	screen.press(`button[value="confirm"]`)
	screen.wants("已提交")
	b.ended(t, large, "confirmed", "sim", "")
}

// opensAnEnvelope presses its button twice.
func (s *sandbox) opensAnEnvelope(t *testing.T, p tab, who subscriber) {
	t.Helper()
	shop := s.enterprise(t, "shop")
	if out, err := s.run(t, "messaging", "red-envelope", "fund", shop.AgentID, "888", "CNY", "--key", "doors"); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	c := shop.envelope(t, 888, 10, "")
	var got sent
	if status := shop.ask(t, http.MethodPost, "red-envelopes/"+c.Campaign+"/messages", map[string]any{"key": "1", "to": []string{who.Number}}, &got); status != http.StatusAccepted {
		t.Fatalf("%d %+v", status, got)
	}
	p.open(s.messagesOf(who, shop.ChatbotID))
	open := buttonOf(2) // below the carousel
	p.waits(open)
	p.press(open)
	p.until("told of the share", func() bool { return strings.Contains(p.html(), "您领到了") })
	p.press(open)
	p.picture("doors-envelope")
	shop.stands(t, c.Campaign, func(now envelope) bool { return now.Fulfilled == 1 })
	closed := envelope{}
	if status := shop.ask(t, http.MethodPost, "red-envelopes/"+c.Campaign+"/close", struct{}{}, &closed); status != http.StatusOK || closed.Given != 1 {
		t.Errorf("%d %+v", status, closed)
	}
	p.open(s.messagesOf(who, shop.ChatbotID))
	if told, pressed := strings.Count(p.html(), "您领到了"), strings.Count(p.html(), `class="line own"`); told != 1 || pressed != 2 {
		t.Errorf("pressed %d times, told %d times", pressed, told)
	}
	if sum := s.wallet(t, who)["CNY"]; sum == 0 || sum != closed.Claimed {
		t.Errorf("paid %d of %d", sum, closed.Claimed)
	}
}
