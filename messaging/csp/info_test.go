package csp_test

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust/messaging/csp"
)

// TestOptionals: what a chatbot says about itself is proposed, what it leaves out stays, and what is in force is found.
func TestOptionals(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		for _, body := range []map[string]any{
			{"serviceDescription": "茶", "themeColour": "#0A2540", "category": []string{"tea"}, "longitude": 121.5},
			{"autograph": "山茶"},
		} {
			if code := b.post("update/chatBotInfo/optionals", body); code != csp.CodeOK {
				t.Fatalf("%d", code)
			}
		}
		bot := w.senders.bots["bot_shop"]
		if p := bot.Proposed; p == nil || p.Description != "茶" || p.Colour != "#0A2540" || p.Signature != "山茶" || bot.Profile.Description != "" {
			t.Errorf("proposed %+v", p)
		}
		var info csp.Info
		b.ask(http.MethodGet, "find/chatBotInfo", "accessToken "+b.token, nil, &info)
		if info.Code != csp.CodeOK || info.Description != "" || info.AccessNo != "106500" || info.Domain != "botplatform.rcs.example.cn" || info.Status != 0 || !info.Verified {
			t.Errorf("%+v", info)
		}
		if code := w.bot("bot_bank").post("update/chatBotInfo/optionals", map[string]int{"serviceDescription": 1}); code != csp.CodeJSON {
			t.Errorf("a number for a text: %d", code)
		}
	})
}

func entry(text string) string { return chip(text, "p") }

func TestMenu(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		sub := func(n int) string {
			return `{"menu":{"displayText":"更多","entries":[` + strings.Join(slicesOf(entry("子"), n), ",") + `]}}`
		}
		menu := func(entries ...string) []byte {
			return []byte(`{"menu":{"entries":[` + strings.Join(entries, ",") + `]}}`)
		}
		for name, c := range map[string]struct {
			body []byte
			code csp.Code
		}{
			"two levels":          {menu(entry("一"), sub(5)), csp.CodeOK},
			"four at the top":     {menu(slicesOf(entry("一"), 4)...), csp.CodeButtons},
			"six below":           {menu(sub(6)), csp.CodeButtons},
			"three levels":        {menu(`{"menu":{"displayText":"a","entries":[` + sub(1) + `]}}`), csp.CodeButtonType},
			"26 octets":           {menu(entry("一二三四五六七八xy")), csp.CodeButtonName},
			"an entry of no kind": {menu(`{}`), csp.CodeButtonType},
			"an empty menu below": {menu(sub(0)), csp.CodeButtons},
			"a reply and a menu":  {menu(`{"reply":{"displayText":"a","postback":{"data":"p"}},"menu":{"displayText":"b","entries":[` + entry("c") + `]}}`), csp.CodeButtonType},
			"a list for a menu":   {[]byte(`{"menu":[]}`), csp.CodeJSON},
		} {
			var got csp.Result
			w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/update/chatBotInfo/menu", "accessToken "+b.token, c.body, &got)
			if got.Code != c.code {
				t.Errorf("%s: %d, want %d (%s)", name, got.Code, c.code, got.Message)
			}
		}
		if n := len(w.senders.bots["bot_shop"].Menu.Entries); n != 2 {
			t.Errorf("the menu has %d entries", n)
		}
	})
}

func slicesOf(s string, n int) []string {
	list := make([]string, n)
	for i := range list {
		list[i] = s
	}
	return list
}

type upload struct {
	kind, name string
	data       []byte
}

func (b *bot) upload(contentType string, files ...upload) (csp.Uploaded, int) {
	b.t.Helper()
	var body bytes.Buffer
	m := multipart.NewWriter(&body)
	for _, f := range files {
		part, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename=%q`, f.name)}, "Content-Type": {f.kind}})
		if err == nil {
			_, err = part.Write(f.data)
		}
		if err != nil {
			b.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, b.server.URL+"/csp/bot/v1/"+b.id+"/medias/upload", &body)
	if err != nil {
		b.t.Fatal(err)
	}
	if contentType == "" {
		contentType = m.FormDataContentType()
	}
	req.Header.Set("Content-Type", contentType)
	req.Header.Set("Authorization", "accessToken "+b.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	var got csp.Uploaded
	if err := json.Unmarshal(data, &got); err != nil {
		b.t.Fatal(err)
	}
	return got, res.StatusCode
}

var picture = append([]byte("\x89PNG\r\n\x1a\n"), make([]byte, 100)...)

func TestUpload(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		got, _ := b.upload("", upload{"image/png", "a.png", picture}, upload{"image/png", "t.png", picture})
		if got.Code != csp.CodeOK || len(got.Files) != 2 || got.Files[0].Name != "a.png" || got.Files[0].Size != 108 || !strings.HasPrefix(got.Files[0].URL, "https://id.example/messaging/v1/files/fil_") {
			t.Fatalf("%+v", got)
		}
		for name, c := range map[string]struct {
			contentType string
			files       []upload
			code        csp.Code
		}{
			"none":          {"", nil, csp.CodeNoFile},
			"no form":       {"image/png", []upload{{"image/png", "a.png", picture}}, csp.CodeNoFile},
			"cut":           {"multipart/form-data; boundary=other", []upload{{"image/png", "a.png", picture}}, csp.CodeNoFile},
			"three":         {"", slicesOfUpload(3), csp.CodeFiles},
			"a page":        {"", []upload{{"text/html", "a.html", []byte("<script>")}}, csp.CodeFileType},
			"a false type":  {"", []upload{{"image/jpeg", "a.jpg", picture}}, csp.CodeFileType},
			"no type":       {"", []upload{{"", "a.png", picture}}, csp.CodeFileType},
			"nothing in it": {"", []upload{{"image/png", "a.png", nil}}, csp.CodeFileType},
			"11 MiB":        {"", []upload{{"image/png", "a.png", append(picture, make([]byte, 11<<20)...)}}, csp.CodeFileSize},
		} {
			if got, status := b.upload(c.contentType, c.files...); got.Code != c.code || status == http.StatusOK {
				t.Errorf("%s: %d %s with status %d, want %d", name, got.Code, got.Message, status, c.code)
			}
		}
		b.token = "none"
		if got, _ := b.upload("", upload{"image/png", "a.png", picture}); got.Code != csp.CodeToken {
			t.Errorf("without a token: %d", got.Code)
		}
	})
}

func slicesOfUpload(n int) (list []upload) {
	for range n {
		list = append(list, upload{"image/png", "a.png", picture})
	}
	return list
}
