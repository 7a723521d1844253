package csp_test

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/sqldb"
	"simtrust/messaging/csp"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/optin"
	"simtrust/messaging/sender"
)

// newWorldOnce is a world over SQLite alone.
func newWorldOnce(t testing.TB) *world {
	t.Helper()
	db, err := sqldb.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "csp.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := sqldb.Migrate(t.Context(), db, tables()...); err != nil {
		t.Fatal(err)
	}
	return newWorld(t, db)
}

// TestSamples: the published shapes are taken as they are, from the chatbot that they name.
func TestSamples(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		for i, name := range []string{"mt-text-sms-fallback.json", "mt-text-chiplist.json", "mt-geo.json", "mt-file.json"} {
			data, err := os.ReadFile(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			data = []byte(strings.Replace(string(data), "cb1188a3-37ec-1037-9054-2dc66e44375b", "sample-"+name[:6]+string(rune('a'+i)), 1))
			var got csp.Answer
			status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/messages", "accessToken "+b.token, data, &got)
			if status != http.StatusOK || got.Code != csp.CodeOK || got.ID == "" || got.Conversation != "11659c10-78c8-4bcc-9845-0f3bdcbe466e" {
				t.Errorf("%s: %d %+v", name, status, got)
			}
		}
		w.drain()
		if len(w.bearer.sent) != 4 {
			t.Fatalf("%d were sent", len(w.bearer.sent))
		}
		if s := w.bearer.sent[0]; s.Class != dispatch.ClassAuthentication || string(s.Payload) != "您的验证码123456" {
			t.Errorf("the first: %s %s", s.Class, s.Payload)
		}
	})
}

// TestFallback: what smsSupported says of a text message, and nothing else, is what one says.
func TestFallback(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		w.bearer.plain = true
		m := b.text("m1", 1)
		m.SMS, m.SMSText = true, "请打开应用"
		b.send(m)
		if len(w.bearer.sent) != 1 || w.bearer.sent[0].Channel != "sms" || string(w.bearer.sent[0].Payload) != "【山茶小店】请打开应用" {
			t.Fatalf("%+v", w.bearer.sent)
		}
		b.send(b.text("m2", 1))
		if len(w.bearer.sent) != 1 {
			t.Errorf("a message without smsSupported went as %s", w.bearer.sent[1].Channel)
		}
		other := w.bot("bot_bank")
		m = other.text("m3", 1)
		m.SMS, m.SMSText = true, "请打开应用"
		if code := other.post("messages", m); code != csp.CodeAuthority {
			t.Errorf("a chatbot without leave: %d", code)
		}
	})
}

func TestTraffic(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		want := []dispatch.Class{"authentication", "transaction", "service", "service", "promotion", "service"}
		for i, traffic := range []csp.Traffic{csp.Token, csp.Payment, csp.Premium, csp.Subscription, csp.Advertisement, ""} {
			m := b.text("m"+string(rune('a'+i)), 1)
			m.Traffic = traffic
			b.send(m)
			if got := w.bearer.sent[i].Class; got != want[i] {
				t.Errorf("%q is %s", traffic, got)
			}
		}
	})
}

// TestOnce: twenty copies at once are one message, and the same id with another content is none.
func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		var callers sync.WaitGroup
		for range 20 {
			callers.Go(func() {
				if code := b.post("messages", b.text("m1", 1)); code != csp.CodeOK {
					t.Errorf("refused with %d", code)
				}
			})
		}
		callers.Wait()
		w.drain()
		if len(w.bearer.sent) != 1 {
			t.Errorf("sent %d times", len(w.bearer.sent))
		}
		m := b.text("m1", 1)
		m.Bodies[0].Text = []byte(`"再见"`)
		if code := b.post("messages", m); code != csp.CodeParameter {
			t.Errorf("another content: %d", code)
		}
		if code := b.post("messages", b.text("m1", 2)); code != csp.CodeParameter {
			t.Errorf("another person: %d", code)
		}
		other := w.bot("bot_bank")
		if code := other.post("messages", other.text("m1", 1)); code != csp.CodeOK {
			t.Errorf("another chatbot's id of the same name: %d", code)
		}
		w.drain()
		if len(w.bearer.sent) != 2 {
			t.Errorf("sent %d times in all", len(w.bearer.sent))
		}
	})
}

// body is a message with one body of JSON.
func (b *bot) card(contentType, text string) func(*csp.Message) {
	return func(m *csp.Message) { m.Bodies = []csp.Body{{ContentType: contentType, Text: []byte(text)}} }
}

const (
	chipType = "application/vnd.gsma.botsuggestion.v1.0+json"
	cardType = "application/vnd.gsma.botmessage.v1.0+json"
	fileType = "application/vnd.gsma.rcs-ft-http"
)

func chips(list ...string) func(*csp.Message) {
	return func(m *csp.Message) {
		m.Bodies = append(m.Bodies, csp.Body{ContentType: chipType, Text: []byte(`{"suggestions":[` + strings.Join(list, ",") + `]}`)})
	}
}

func chip(text, data string) string {
	return `{"reply":{"displayText":"` + text + `","postback":{"data":"` + data + `"}}}`
}

func file(text string) func(*csp.Message) {
	return func(m *csp.Message) { m.Bodies = []csp.Body{{ContentType: fileType, Text: []byte(text)}} }
}

// TestRefused: each fault has the code that the interface has for it, and nothing of the message is kept.
func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		eleven := slices.Repeat([]string{chip("好", "y")}, 12)
		for name, c := range map[string]struct {
			change func(*csp.Message)
			code   csp.Code
		}{
			"no messageId":           {func(m *csp.Message) { m.ID = "" }, csp.CodeParameter},
			"a long messageId":       {func(m *csp.Message) { m.ID = strings.Repeat("m", 101) }, csp.CodeParameter},
			"a messageId in Chinese": {func(m *csp.Message) { m.ID = "消息" }, csp.CodeParameter},
			"another sender":         {func(m *csp.Message) { m.From = bank }, csp.CodeSender},
			"no sender":              {func(m *csp.Message) { m.From = "" }, csp.CodeSender},
			"nobody":                 {func(m *csp.Message) { m.To = nil }, csp.CodeParameter},
			"a number alone":         {func(m *csp.Message) { m.To = csp.OneOrMore[string]{number(1)} }, csp.CodeParameter},
			"no plus sign":           {func(m *csp.Message) { m.To = csp.OneOrMore[string]{"tel:8613800000001"} }, csp.CodeParameter},
			"a conversation":         {func(m *csp.Message) { m.To = csp.OneOrMore[string]{"cnv_00000000000000000000000000"} }, csp.CodeParameter},
			"a sip recipient":        {func(m *csp.Message) { m.To = csp.OneOrMore[string]{"sip:+8613800000001@ims.example"} }, csp.CodeParameter},
			"an unknown traffic":     {func(m *csp.Message) { m.Traffic = "spam" }, csp.CodeParameter},
			"sms without words":      {func(m *csp.Message) { m.SMS = true }, csp.CodeParameter},
			"sms of 651 characters":  {func(m *csp.Message) { m.SMS, m.SMSText = true, strings.Repeat("字", 651) }, csp.CodeTextLength},
			"an unknown format":      {func(m *csp.Message) { m.IMFormat = "fax" }, csp.CodeParameter},
			"an unknown capability":  {func(m *csp.Message) { m.Capabilities = []csp.Capability{{ID: "Pager"}} }, csp.CodeParameter},
			"an unknown report":      {func(m *csp.Message) { m.Reports = csp.OneOrMore[csp.Status]{"read"} }, csp.CodeParameter},
			"a report of revocation": {func(m *csp.Message) { m.Reports = csp.OneOrMore[csp.Status]{csp.RevokeOK} }, csp.CodeParameter},
			"a long conversation":    {func(m *csp.Message) { m.Conversation = strings.Repeat("c", 101) }, csp.CodeParameter},
			"no content":             {func(m *csp.Message) { m.Bodies = nil }, csp.CodeMessageType},
			"an empty text":          {b.card("text/plain", `""`), csp.CodeMessageType},
			"an unknown type":        {b.card("image/jpeg", `"x"`), csp.CodeMessageType},
			"what telephones send":   {b.card("application/vnd.gsma.botsuggestion.response.v1.0+json", `{"response":{"reply":{"displayText":"y"}}}`), csp.CodeMessageType},
			"2,001 characters":       {b.card("text/plain", `"`+strings.Repeat("字", 2001)+`"`), csp.CodeTextLength},
			"a text that turns":      {b.card("text/plain", `"隐\u202e藏"`), csp.CodeTextLength},
			"twelve chips":           {chips(eleven...), csp.CodeButtons},
			"a chip of 26 octets":    {chips(chip("一二三四五六七八xy", "y")), csp.CodeButtonName},
			"a chip without words":   {chips(chip("", "y")), csp.CodeButtonName},
			"2,049 characters back":  {chips(chip("好", strings.Repeat("y", 2049))), csp.CodeButtonKey},
			"a chip of no kind":      {chips(`{"action":{"displayText":"好","postback":{"data":"y"}}}`), csp.CodeButtonType},
			"a chip of both kinds":   {chips(`{"reply":{"displayText":"a"},"action":{"displayText":"b"}}`), csp.CodeButtonType},
			"a page by FTP":          {chips(`{"action":{"urlAction":{"openUrl":{"url":"ftp://a.example/","application":"browser"}},"displayText":"好","postback":{"data":"y"}}}`), csp.CodeButtonURL},
			"a card of nothing":      {b.card(cardType, `{"message":{"generalPurposeCard":{"layout":{"cardOrientation":"VERTICAL"},"content":{}}}}`), csp.CodeContent},
			"a long title":           {b.card(cardType, `{"message":{"generalPurposeCard":{"layout":{"cardOrientation":"VERTICAL"},"content":{"title":"`+strings.Repeat("t", 201)+`"}}}}`), csp.CodeTextLength},
			"a large thumbnail": {file(`[{"type":"file","url":"https://a.example/f","contentType":"image/jpeg","fileSize":9},
				{"type":"thumbnail","url":"https://a.example/t","contentType":"image/jpeg","fileSize":200001}]`), csp.CodeFileSize},
			"a file of no size":  {file(`[{"type":"file","url":"https://a.example/f","contentType":"image/jpeg"}]`), csp.CodeFileSize},
			"a file of no type":  {file(`[{"type":"file","url":"https://a.example/f","contentType":"picture","fileSize":9}]`), csp.CodeFileType},
			"a file by no https": {file(`[{"type":"file","url":"file:///etc/passwd","contentType":"image/jpeg","fileSize":9}]`), csp.CodeFileURL},
			"a door's postback":  {chips(chip("开", "simtrust:gate:t1")), csp.CodeContent},
		} {
			m := b.text("refused", 1)
			c.change(&m)
			if code := b.post("messages", m); code != c.code {
				t.Errorf("%s: %d, want %d", name, code, c.code)
			}
		}
		if code := b.post("messages", b.text("refused", 1)); code != csp.CodeOK {
			t.Errorf("the id was used up: %d", code)
		}
		w.drain()
		if len(w.bearer.sent) != 1 {
			t.Errorf("sent %d", len(w.bearer.sent))
		}
	})
}

// TestMalformed: what is no JSON of that shape is told so, by every operation.
func TestMalformed(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		for _, path := range []string{"messages", "revoke", "update/chatBotInfo/optionals", "update/chatBotInfo/menu", "accessToken"} {
			for name, body := range map[string]string{"nothing": "", "half": `{"messageId":`, "a list": `[]`, "two": `{}{}`, "twice": `{"messageId":"a","messageId":"b","appId":"a","appId":"a","menu":{"entries":[]},"menu":{"entries":[]},"emailAddress":"a@b.c","emailAddress":"a@b.c"}`, "no UTF-8": "{\"\xff\":1}"} {
				var got csp.Result
				status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/"+path, "accessToken "+b.token, []byte(body), &got)
				if got.Code != csp.CodeJSON || status != http.StatusBadRequest {
					t.Errorf("%s, %s: %d with status %d", path, name, got.Code, status)
				}
			}
		}
		var got csp.Result
		if status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/messages", "accessToken "+b.token, make([]byte, 2<<20), &got); status != http.StatusRequestEntityTooLarge && status != http.StatusBadRequest {
			t.Errorf("two megabytes: %d", status)
		}
		if status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/nothing", "accessToken "+b.token, []byte(`{}`), &got); status != http.StatusNotFound || got.Code != csp.CodeParameter {
			t.Errorf("no operation: %d %+v", status, got)
		}
		if status := w.raw(http.MethodGet, w.server.URL+"/csp/bot/v1/"+shop+"/messages", "accessToken "+b.token, nil, &got); status != http.StatusMethodNotAllowed || got.Code != csp.CodeParameter {
			t.Errorf("another method: %d %+v", status, got)
		}
	})
}

// TestWhyNot: what the sender, its quotas and its recipients stand in the way with has codes.
func TestWhyNot(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		b := w.bot("bot_shop")
		for reason, code := range map[string]csp.Code{
			sender.ReasonOverDay: csp.CodeDay, sender.ReasonOverMonth: csp.CodeMonth, sender.ReasonOverSecond: csp.CodeSecond, sender.ReasonOverYear: csp.CodeYear,
		} {
			w.senders.over = refuse(simtrust.KindLimited, reason)
			if got := b.post("messages", b.text("q-"+reason, 1)); got != code {
				t.Errorf("%s: %d", reason, got)
			}
		}
		w.senders.over = nil
		w.senders.dead = refuse(simtrust.KindDenied, sender.ReasonSuspended)
		if got := b.post("messages", b.text("suspended", 1)); got != csp.CodeControlled {
			t.Errorf("suspended: %d", got)
		}
		w.senders.dead = nil
		for i, c := range []struct {
			reason string
			code   csp.Code
		}{{optin.ReasonNoOptIn, csp.CodeUser}, {optin.ReasonRecipientChanged, csp.CodeGuest}, {optin.ReasonRefused, csp.CodeRestricted}} {
			w.people.errs[number(10+i)] = refuse(simtrust.KindDenied, c.reason)
			if got := b.post("messages", b.text("p-"+c.reason, 10+i)); got != c.code {
				t.Errorf("%s: %d", c.reason, got)
			}
		}
		some := b.text("some", 1)
		some.To = append(some.To, tel(10))
		var got csp.Answer
		b.ask(http.MethodPost, "messages", "accessToken "+b.token, some, &got)
		if got.Code != csp.CodeOK || got.Message != "not written to: /destinationAddress/1 no_opt_in" {
			t.Errorf("some of them: %+v", got)
		}
		w.drain()
		if len(w.bearer.sent) != 1 {
			t.Errorf("sent %d", len(w.bearer.sent))
		}
	})
}

func FuzzMessages(f *testing.F) {
	w := newWorldOnce(f)
	b := w.bot("bot_shop")
	names, err := filepath.Glob("testdata/mt-*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		w.t = t
		var got csp.Answer
		status := w.raw(http.MethodPost, w.server.URL+"/csp/bot/v1/"+shop+"/messages", "accessToken "+b.token, data, &got)
		if status >= 500 || (status == http.StatusOK) != (got.Code == csp.CodeOK) {
			t.Errorf("%d %+v", status, got)
		}
		if msg := got.Message; json.Unmarshal(data, &csp.Message{}) == nil && strings.Contains(msg, "8613800000001") {
			t.Errorf("a number in %s", msg)
		}
	})
}
