package web_test

import (
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"simtrust/messaging/gsma"
	"simtrust/web"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// TestConversation: cards with buttons that answer, links that lead out, and pictures from where they are, in a form without script.
func TestConversation(t *testing.T) {
	c := carousel(
		gsma.CardContent{Title: "绿茶", Media: &gsma.Media{URL: "https://media.example/a.jpg", ContentType: "image/jpeg", Height: gsma.Tall}, Suggestions: []gsma.Suggestion{gsma.NewReply("购买", "buy-1"), open("https://shop.example/1")}},
		gsma.CardContent{Title: "红茶", Suggestions: []gsma.Suggestion{{Reply: &gsma.Choice{DisplayText: "没有暗号"}}}},
	)
	text, policy := page(t, web.Conversation{Masked: "+86138****0001", InboxURL: "/subscribers/1/messages", Action: "/subscribers/1/messages", Sender: "sip:shop@x.example",
		Name: "山茶小店", Verified: true, Latest: "inb_1", Lines: []web.Line{
			{ID: "inb_1", At: noon, Channel: "rcs", Verified: true, Content: web.ContentOf(c).Pressable()},
			{Own: true, At: noon, Content: web.Content{Text: "购买"}},
		}})
	for _, want := range []string{`<button class="choice" name="postback" value="buy-1">`, `name="postback" value="没有暗号"`, `href="https://shop.example/1"`,
		`<img src="https://media.example/a.jpg"`, `name="message" value="inb_1"`, `value="report"`, `value="refuse"`, "已认证的发送方", `class="line own"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, `value="view"`) {
		t.Error("a button that leads out is one that answers too")
	}
	if !strings.Contains(policy, "img-src https://media.example; media-src https://media.example; ") || !strings.HasSuffix(policy, "form-action 'self'") {
		t.Error(policy)
	}
}

// TestHostileConversation: names, words, postbacks and ids stay what they are: text and values.
func TestHostileConversation(t *testing.T) {
	evil := "\"></p><script>alert(1)</script>\u202e"
	text, policy := page(t, web.Conversation{Sender: evil, Name: evil, Latest: evil, Said: evil, Action: "/x", InboxURL: "/x", Lines: []web.Line{
		{ID: evil, Channel: evil, Content: web.ContentOf(gsma.Content{Text: evil + " https://x.example/\"onmouseover=\"alert(2)", Suggestions: []gsma.Suggestion{gsma.NewReply(evil, evil), open("javascript:alert(3)")}}).Pressable()},
		{Own: true, Content: web.Content{Text: evil}},
	}})
	list, _ := page(t, web.Inbox{Talks: []web.Talk{{URL: "javascript:alert(4)", Name: evil, Last: evil}}})
	for _, never := range []string{"<script", `"javascript:`, `"onmouseover=`} {
		if strings.Contains(text+list, never) {
			t.Errorf("%q is on the page\n%s\n%s", never, text, list)
		}
	}
	if strings.Contains(policy, "script-src") || strings.Contains(policy, "unsafe") {
		t.Error(policy)
	}
}

// TestLivePage: a page that follows a stream runs one script, pinned by its hash, which asks its own server alone; without scripts the list comes
// again by itself, and a conversation, where somebody may be writing, does not.
func TestLivePage(t *testing.T) {
	evil := "\"><script>alert(1)</script>"
	live := web.Live{Stream: "/subscribers/1/messages/stream?from=" + evil, State: `{"latest":"` + evil + `"}`}
	for _, c := range []struct {
		view   web.View
		reload bool
	}{
		{web.Inbox{Talks: []web.Talk{{URL: "/x", Name: evil}}, Live: live}, true},
		{web.Conversation{Name: evil, Lines: []web.Line{{ID: "inb_1", Content: web.Content{Text: evil}}}, Live: live}, false},
	} {
		text, policy := page(t, c.view)
		_, script, found := strings.Cut(text, "<script>")
		script, _, _ = strings.Cut(script, "</script>")
		sum := sha256.Sum256([]byte(script))
		if !found || strings.Count(text, "<script") != 1 || !strings.Contains(script, "EventSource(main.dataset.stream)") {
			t.Errorf("%T: the script is not the only one in\n%s", c.view, text)
		}
		if want := "; script-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; connect-src 'self'; "; !strings.Contains(policy, want) || strings.Count(policy, "-src '") != 4 {
			t.Errorf("%T: no %s in %s", c.view, want, policy)
		}
		if strings.Contains(text, `<noscript><meta http-equiv="refresh"`) != c.reload || strings.Count(text, "http-equiv") > 1 {
			t.Errorf("%T without scripts:\n%s", c.view, text)
		}
	}
}

// TestLinksInTexts: a link in a text can be followed, and only it.
func TestLinksInTexts(t *testing.T) {
	for text, want := range map[string]string{
		"详情 https://m.example/a。":        `<a href="https://m.example/a" rel="noopener noreferrer">https://m.example/a</a>。`,
		"(http://m.example/a?b=1).":      `(<a href="http://m.example/a?b=1" rel="noopener noreferrer">http://m.example/a?b=1</a>).`,
		"javascript:alert(1)":            `dir="auto">javascript:alert(1)</p>`,
		"https://m.example/<b>x</b>":     `>https://m.example/</a>&lt;b&gt;x&lt;/b&gt;`,
		"https:// und sonst nichts":      `dir="auto">https:// und sonst nichts</p>`,
		"a https://a.example b http://b": `>https://a.example</a> b <a href="http://b"`,
	} {
		got, _ := page(t, web.Message{Content: web.Content{Text: text}})
		if !strings.Contains(got, want) {
			t.Errorf("%s: no %s in\n%s", text, want, got[strings.Index(got, "<body"):])
		}
	}
}

func TestCardText(t *testing.T) {
	c := web.ContentOfCardText(gsma.CardText{Signature: "示例银行", Title: "消费提醒", Words: "支出", Link: "https://m.example/a"})
	text, _ := page(t, web.Conversation{Name: "10086", Lines: []web.Line{{Channel: "card-sms", Content: c.Pressable()}}})
	for _, want := range []string{"<h2 dir=\"auto\">消费提醒</h2>", `href="https://m.example/a"`, ">m.example/a<", "卡片短信", "发送方未经证明"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}
