package web_test

import (
	"strings"
	"testing"

	"simtrust/messaging/gsma"
	"simtrust/web"
)

func page(t *testing.T, v web.View) (text, policy string) {
	w := render(t, v, "zh", "")
	return w.Body.String(), w.Header().Get("Content-Security-Policy")
}

func open(url string) gsma.Suggestion {
	return gsma.NewAction("查看", "view", gsma.Action{URL: &gsma.URLAction{OpenURL: &gsma.OpenURL{URL: url, Application: gsma.Browser}}})
}

func carousel(cards ...gsma.CardContent) gsma.Content {
	return gsma.Content{RichCard: gsma.RichCard{Carousel: &gsma.Carousel{Layout: gsma.CarouselLayout{Width: gsma.Medium}, Content: cards}}}
}

// TestMessage: cards, buttons and media, and what the page may load: the media's origins and nothing else.
func TestMessage(t *testing.T) {
	c := carousel(
		gsma.CardContent{Title: "绿茶", Description: "一百克", Media: &gsma.Media{URL: "https://media.example/a.jpg", ContentType: "image/jpeg", Height: gsma.Tall, Description: "茶"}, Suggestions: []gsma.Suggestion{open("https://shop.example/1"), gsma.NewReply("购买", "buy-1")}},
		gsma.CardContent{Title: "红茶", Media: &gsma.Media{URL: "http://127.0.0.1:9/b.mp4", ContentType: "video/mp4", Height: gsma.Short}},
		gsma.CardContent{Title: "白茶", Media: &gsma.Media{URL: "https://media.example/c", ContentType: "application/octet-stream", Height: gsma.Tall}},
	)
	text, policy := page(t, web.Message{Sender: "山茶小店", Brand: "Camellia", Verified: true, Content: web.ContentOf(c)})
	for _, want := range []string{`<img src="https://media.example/a.jpg" alt="茶"`, `class="media tall"`, `<video src="http://127.0.0.1:9/b.mp4"`, `<img src="https://media.example/c"`, `href="https://shop.example/1"`, "购买", "已认证的发送方", `class="cards many"`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing", want)
		}
	}
	if strings.Contains(text, "buy-1") {
		t.Error("a postback stands on a page that cannot send it")
	}
	if want := "img-src http://127.0.0.1:9 https://media.example; media-src http://127.0.0.1:9 https://media.example;"; !strings.Contains(policy, want) || !strings.HasPrefix(policy, "default-src 'none'") {
		t.Error(policy)
	}
}

// TestHostileMessage: nothing in a message runs, turns the page's text or widens what it may load.
func TestHostileMessage(t *testing.T) {
	evil := `</p><script>alert(1)</script>`
	bad := gsma.Content{Text: evil + "\u202e", Suggestions: []gsma.Suggestion{open("javascript:alert(1)"), open(`https://x.example/"onclick="alert(1)`), gsma.NewReply("<img src=x onerror=alert(1)>", "x")}}
	card := carousel(
		gsma.CardContent{Title: evil, Media: &gsma.Media{URL: "javascript:alert(1)", ContentType: "image/svg+xml", Height: gsma.Tall}},
		gsma.CardContent{Description: evil, Media: &gsma.Media{URL: "https://a.example; script-src *", ContentType: "image/png", Height: gsma.Tall, ThumbnailURL: "data:text/html,x"}},
	)
	for _, c := range []gsma.Content{bad, card, {File: &gsma.File{FileInfo: gsma.FileInfo{URL: "javascript:alert(1)", ContentType: "text/html", Name: evil}}}} {
		text, policy := page(t, web.Message{Sender: evil, Brand: evil, Content: web.ContentOf(c)})
		for _, never := range []string{"<script", "javascript:", "onerror=alert(1)>", `"onclick="`} {
			if strings.Contains(text, never) {
				t.Errorf("%q is on the page", never)
			}
		}
		if strings.Contains(policy, "script-src") || strings.Contains(policy, "*") {
			t.Error(policy)
		}
	}
	if text, _ := page(t, web.Message{Content: web.ContentOf(bad)}); !strings.Contains(text, `dir="auto"`) || !strings.Contains(text, "<bdi>") {
		t.Error("text that turns its direction is not set apart")
	}
}

// TestHostileHosts: what stands where a host should be is nothing that a page may load from, and no directive of its policy.
func TestHostileHosts(t *testing.T) {
	var cards []gsma.CardContent
	for _, host := range []string{"a.example;script-src", "a.example,script-src", "*", "*.example", "'unsafe-inline'", `a.example"onerror="alert(1)`, "[::1];", "a.example:*"} {
		cards = append(cards, gsma.CardContent{Media: &gsma.Media{URL: "https://" + host + "/x.png", ContentType: "image/png", Height: gsma.Tall}})
	}
	cards = append(cards, gsma.CardContent{Media: &gsma.Media{URL: "https://z.example:8443/x.png", ContentType: "image/png", Height: gsma.Tall}},
		gsma.CardContent{Media: &gsma.Media{URL: "http://[::1]:8080/x.png", ContentType: "image/png", Height: gsma.Tall}})
	_, policy := page(t, web.Message{Content: web.ContentOf(carousel(cards...))})
	const list = "http://[::1]:8080 https://z.example:8443"
	if !strings.Contains(policy, "; img-src "+list+"; media-src "+list+"; base-uri ") {
		t.Error(policy)
	}
}
