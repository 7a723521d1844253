//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

func (s *sandbox) messagesOf(who subscriber, from string) string {
	at := s.Handset + "/subscribers/" + who.Number + "/messages"
	if from != "" {
		at += "?from=" + url.QueryEscape(from)
	}
	return at
}

// TestMessagesLive: messages appear on open pages as they come, and what was half typed stays; without scripts the list comes again by itself. A
// page that listens does not hold up the end.
func TestMessagesLive(t *testing.T) {
	s := startSandbox(t)
	shop, who, browser := s.enterprise(t, "shop"), s.Subscribers[1], chromium(t)
	list, plain := newScriptedTab(t, browser, "zh-CN"), newTab(t, browser, "zh-CN")
	list.open(s.messagesOf(who, ""))
	plain.open(s.messagesOf(who, ""))
	list.wants("还没有消息")
	runs[bool](list, "window.same = true")
	shop.send(t, who, "service", alert("第一条"))
	list.waits(".talks .count")
	plain.waits(".talks .count")
	if !runs[bool](list, "window.same === true") {
		t.Error("the list was loaded again")
	}
	list.press(".talks a")
	list.waits(`button[value="yes"]`)
	runs[bool](list, "window.same = true")
	list.enter(`input[name="text"]`, "请问")
	shop.send(t, who, "service", alert("第二条"))
	list.waits(".lines form:nth-of-type(2)")
	typed := `document.querySelector("input[name=text]")?.value ?? ""`
	if !runs[bool](list, "window.same === true") || runs[string](list, typed) != "请问" {
		t.Errorf("loaded again, or %q is left of what was typed", runs[string](list, typed))
	}
	list.picture("message-live")
	plain = newTab(t, browser, "zh-CN") // the list comes again by itself, also in the middle of a step to elsewhere
	plain.open(s.messagesOf(who, shop.ChatbotID))
	plain.wants("第一条", "第二条")

	shop.send(t, who, "service", s.carousel(t)) // with pictures, which the policy of the page does not allow yet
	list.waits(`.lines article img[src="` + s.Shop + `/goods/longjing"]`)
	list.until("what was typed, beside pictures", func() bool { return runs[string](list, typed) == "请问" })
	list.press(".write button")
	list.wants(`class="line own"`, "请问")
	if n := runs[int](list, `document.querySelectorAll(".line").length`); n != 4 {
		t.Errorf("%d lines", n)
	}
	s.stop(t)
}

// watched notes what a page does that a message must not have it do.
type watched struct {
	mu      sync.Mutex
	loads   map[network.RequestID]string // but for what the page's policy has stopped
	dialogs []string
}

// watch watches a tab from here on.
func (p tab) watch() *watched {
	p.Helper()
	w := &watched{loads: map[network.RequestID]string{}}
	if err := chromedp.Listen(p.ctx, w.note); err != nil {
		p.Fatal(err)
	}
	return w
}

func (w *watched) note(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch ev := ev.(type) {
	case *network.EventRequestWillBeSent:
		w.loads[ev.RequestID] = ev.Request.URL
	case *network.EventLoadingFailed:
		if ev.BlockedReason == network.BlockedReasonCsp {
			delete(w.loads, ev.RequestID)
		}
	case *page.EventJavascriptDialogOpening:
		w.dialogs = append(w.dialogs, ev.Message)
	}
}

// strays are the dialogs, and the loads from anywhere but home.
func (w *watched) strays(home string) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	out := slices.Clone(w.dialogs)
	for _, at := range w.loads {
		if !strings.HasPrefix(at, home) {
			out = append(out, at)
		}
	}
	return out
}

// slip hands the phones a message as the operator's own gateway does, whatever a sender's platform would say to it.
func (s *sandbox) slip(t *testing.T, who subscriber, sender, name, contentType string, content any) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(s.dir, "rcs.token"))
	if err != nil {
		t.Fatal(err)
	}
	body, isText := content.(string)
	if !isText {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		body = string(text)
	}
	message, err := json.Marshal(map[string]any{"messages": []any{map[string]any{"id": random(), "number": who.Number, "channel": "rcs",
		"sender":  map[string]string{"id": "bot_x", "name": name, "service_id": sender},
		"expires": time.Now().Add(time.Hour), "content_type": contentType, "body": body}}})
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, s.Handset+"/rcs/messages", strings.NewReader(string(message)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var got struct{ Results []struct{ State string } }
	if err := json.NewDecoder(res.Body).Decode(&got); err != nil || len(got.Results) != 1 || got.Results[0].State != "accepted" {
		t.Fatalf("%s: %+v %v", res.Status, got, err)
	}
}

// TestHostileMessageInABrowser: of messages made of HTML, scripts, event handlers and direction marks, in a page that runs scripts, nothing runs, nothing
// is loaded from elsewhere, and nothing around them turns, whether they come while the page is open or before.
func TestHostileMessageInABrowser(t *testing.T) {
	s := startSandbox(t)
	who, browser := s.Subscribers[1], chromium(t)
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s was fetched", r.URL) }))
	defer thief.Close()
	evil := fmt.Sprintf(`</p></form></main>"'><script>fetch("%[1]s/1");alert(1);window.hurt=1</script><img src="%[1]s/2" onerror="alert(2)"><svg onload="alert(3)">`+
		`<iframe src="%[1]s/4"></iframe><style>@import "%[1]s/5";</style><meta http-equiv="refresh" content="0;url=%[1]s/6">`+"\u202e\u2066\u200f", thief.URL)
	sender := `sip:"><script>alert(6)</script>@x.example`
	link := func(to string) any {
		return map[string]any{"action": map[string]any{"displayText": evil, "postback": map[string]any{"data": evil},
			"urlAction": map[string]any{"openUrl": map[string]any{"url": to, "application": "browser"}}}}
	}
	card := func(media string) any {
		return map[string]any{"message": map[string]any{"generalPurposeCard": map[string]any{"layout": map[string]any{"cardOrientation": "VERTICAL"},
			"content": map[string]any{"title": evil, "description": evil,
				"media": map[string]any{"mediaUrl": media, "thumbnailUrl": `javascript:alert(7)`, "mediaContentType": "image/png", "height": "SHORT_HEIGHT"},
				"suggestions": []any{map[string]any{"reply": map[string]any{"displayText": evil, "postback": map[string]any{"data": evil}}},
					link("javascript:fetch('" + thief.URL + "/8')"), link("data:text/html,<script>alert(9)</script>")}}}}}
	}
	const botMessage = "application/vnd.gsma.botmessage.v1.0+json"
	s.slip(t, who, sender, evil, "text/plain;charset=UTF-8", evil)
	s.inbox(t, who, 1)

	p := newScriptedTab(t, browser, "zh-CN")
	seen := p.watch()
	p.open(s.messagesOf(who, ""))
	p.waits(".talks a")
	p.press(".talks a")
	for i, media := range []string{"javascript:alert(8)", `https://x.example"onerror="alert(9)`, "data:image/svg+xml,<svg onload=alert(10)>"} {
		s.slip(t, who, sender, evil, botMessage, card(media)) // while the page is open
		p.waits(fmt.Sprintf(".lines form:nth-of-type(%d)", i+2))
	}
	p.open(s.messagesOf(who, sender))
	p.waits(".lines form:nth-of-type(4)")
	runs[any](p, `document.querySelectorAll("a.choice").forEach(link => link.click()), null`) // as a person would
	if runs[bool](p, `window.hurt === 1`) || runs[int](p, `document.scripts.length`) != 1 || runs[int](p, `document.querySelectorAll("iframe, svg, main style, main meta").length`) != 0 {
		t.Errorf("the message has become part of the page:\n%s", p.html())
	}
	if order := runs[string](p, `getComputedStyle(document.querySelector(".fine")).direction`); order != "ltr" {
		t.Errorf("what stands beside the message runs %s", order)
	}
	p.picture("message-hostile")
	p.press(".lines form:nth-of-type(2) button.choice")
	if strays := seen.strays(s.Handset + "/"); len(strays) != 0 {
		t.Errorf("%q", strays)
	}
}

// TestMediaInABrowser: a place, films, a sound, a file and single cards are drawn on a telephone of 390 points, and nothing sticks out.
func TestMediaInABrowser(t *testing.T) {
	s := startSandbox(t)
	shop, who := s.enterprise(t, "shop"), s.Subscribers[1]
	tea := func(name string) string { return s.Shop + "/goods/" + name }
	film := func(thumbnail any) any {
		return map[string]any{"file": map[string]any{"url": s.Shop + "/film.mp4", "contentType": "video/mp4", "size": 3_200_000, "name": "春茶采摘.mp4", "thumbnail": thumbnail}}
	}
	card := func(orientation, alignment, height string) any {
		layout := map[string]any{"cardOrientation": orientation}
		if alignment != "" {
			layout["imageAlignment"] = alignment
		}
		return map[string]any{"message": map[string]any{"generalPurposeCard": map[string]any{"layout": layout, "content": map[string]any{
			"title": "凤凰单丛", "description": "蜜兰香型，炭火慢焙，回甘悠长。",
			"media": map[string]any{"mediaUrl": tea("dancong"), "mediaContentType": "image/svg+xml", "mediaFileSize": 900, "height": height},
			"suggestions": []any{map[string]any{"reply": map[string]any{"displayText": "来一份", "postback": map[string]any{"data": "buy"}}},
				map[string]any{"action": map[string]any{"displayText": "到店路线", "postback": map[string]any{"data": "map"},
					"mapAction": map[string]any{"showLocation": map[string]any{"location": map[string]any{"latitude": 30.2333, "longitude": 120.0999, "label": "龙井村"}}}}}}}}}}
	}
	for n, content := range []any{
		map[string]any{"location": map[string]any{"latitude": 30.2333, "longitude": 120.0999, "label": "山茶小店 龙井村店"}},
		film(map[string]any{"url": tea("longjing"), "contentType": "image/svg+xml", "size": 900}), film(nil),
		map[string]any{"file": map[string]any{"url": s.Shop + "/call.mp3", "contentType": "audio/mpeg", "size": 90_000, "name": "叫卖.mp3"}},
		map[string]any{"file": map[string]any{"url": s.Shop + "/price-list.pdf", "contentType": "application/pdf", "size": 90_000, "name": "2026 春茶价目表.pdf"}},
		map[string]any{"file": map[string]any{"url": tea("puer"), "contentType": "image/svg+xml", "size": 900, "name": "古树普洱.svg"}},
		card("VERTICAL", "", "TALL_HEIGHT"), card("HORIZONTAL", "LEFT", "MEDIUM_HEIGHT"), card("HORIZONTAL", "RIGHT", "MEDIUM_HEIGHT"),
	} {
		shop.send(t, who, "service", content)
		s.inbox(t, who, n+1) // one after the other
	}
	p := newScriptedTab(t, chromium(t), "zh-CN")
	p.open(s.messagesOf(who, shop.ChatbotID))
	p.publish("message-media")
	pictures := runs[int](p, `Promise.all([...document.images].map(image => { image.loading = "eager"; return image.decode(); })).then(list => list.length)`)
	if pictures != 4 { // one that is not drawn fails the expression
		t.Errorf("%d pictures", pictures)
	}
	for what, holds := range map[string]string{
		"nothing sticks out": `[...document.querySelectorAll("main, main *")].every(part => part.getBoundingClientRect().right <= innerWidth)`,
		"a place, with a pin on its map": `(() => { const map = document.querySelector("a.place[href^='geo:30.2333,120.0999']").getBoundingClientRect(),
			pin = document.querySelector(".place .pin").getBoundingClientRect(); return map.height > 140 && pin.top > map.top && pin.bottom < map.top + 112; })()`,
		"films, one with its picture": `document.querySelectorAll("video").length === 2 && document.querySelectorAll("video[poster$='/goods/longjing']").length === 1
			&& [...document.querySelectorAll("video")].every(film => film.offsetHeight > 120 && film.controls)`,
		"a sound, and a file by its name": `document.querySelector("audio").controls && document.querySelector("a.file").textContent === "2026 春茶价目表.pdf"`,
		"pictures above words, left of them and right of them": `[...document.querySelectorAll("article")].map(card => { const media = card.querySelector(".media").getBoundingClientRect(),
			words = card.querySelector(".words").getBoundingClientRect(); return media.right <= words.left ? "left" : words.right <= media.left ? "right" : media.bottom <= words.top ? "above" : "over"; }).join() === "above,left,right"`,
	} {
		if !runs[bool](p, holds) {
			t.Errorf("not %s", what)
		}
	}
	runs[any](p, `scrollTo(0, document.body.scrollHeight), null`)
	p.publish("message-card")
}
