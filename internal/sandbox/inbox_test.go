package sandbox

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"simtrust/messaging/gsma"
)

// arrived is a rich message on a subscriber's phone.
func (r *rig) arrived(s *Subscriber) inboxItem {
	r.t.Helper()
	r.submit(rich(r.t, "1", s))
	r.until(func() bool { return r.state("1") != mailAccepted })
	return r.inbox(s)[0]
}

func TestReply(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	item := r.arrived(s)
	if status := r.act(s, "reply", answerWire{Message: item.ID, Postback: "deny"}); status != http.StatusOK {
		t.Fatal(status)
	}
	got := last(server, func() []rcsInbound { return server.inbound })
	if got.From != s.Number || got.To != bot || got.InReplyTo != "dlv_1" || got.ContentType != gsma.TypeResponse || got.ID == "" {
		t.Errorf("%+v", got)
	}
	res, err := gsma.Decode(gsma.Part{ContentType: got.ContentType, Data: []byte(got.Body)})
	if err != nil || res.Response == nil || res.Response.Reply.Postback.Data != "deny" {
		t.Errorf("%s %v", got.Body, err)
	}
	if status := r.act(s, "reply", answerWire{To: item.Sender, Text: "谁？"}); status != http.StatusOK {
		t.Fatal(status)
	}
	text := last(server, func() []rcsInbound { return server.inbound })
	if text.ContentType != gsma.TypeText || text.Body != "谁？" || text.ID == got.ID {
		t.Errorf("%+v", text)
	}
	if status := r.act(s, "spam", spamWire{Message: item.ID, Type: "fraud"}); status != http.StatusOK {
		t.Fatal(status)
	}
	if got := last(server, func() []rcsSpam { return server.spam }); got != (rcsSpam{s.Number, "1", "fraud"}) {
		t.Errorf("%+v", got)
	}
	if status := r.act(s, "refuse", refuseWire{item.Sender}); status != http.StatusOK {
		t.Fatal(status)
	}
	if got := last(server, func() []refusalOf { return server.refused }); got != (refusalOf{s.Number, bot}) {
		t.Errorf("%+v", got)
	}
	if list := r.inbox(s); len(list) != 1 {
		t.Errorf("the inbox for programs holds what the person wrote: %+v", list)
	}
}

// TestRepliesThatThereAreNot: none of them reaches the server.
func TestRepliesThatThereAreNot(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	item := r.arrived(s)
	for name, c := range map[string]struct {
		number, what string
		body         any
		status       int
	}{
		"another's message":  {r.subscriber(1).Number, "reply", answerWire{Message: item.ID, Postback: "deny"}, http.StatusNotFound},
		"no message":         {s.Number, "reply", answerWire{Message: "inb_x", Postback: "deny"}, http.StatusNotFound},
		"no button":          {s.Number, "reply", answerWire{Message: item.ID, Postback: "confirm"}, http.StatusNotFound},
		"nothing":            {s.Number, "reply", answerWire{}, http.StatusBadRequest},
		"both":               {s.Number, "reply", answerWire{Message: item.ID, Postback: "deny", To: bot, Text: "x"}, http.StatusBadRequest},
		"no words":           {s.Number, "reply", answerWire{To: bot}, http.StatusBadRequest},
		"a stranger":         {s.Number, "reply", answerWire{To: "sip:other@botplatform.rcs.example", Text: "x"}, http.StatusNotFound},
		"no number":          {"+8613900000000", "reply", answerWire{To: bot, Text: "x"}, http.StatusNotFound},
		"not JSON":           {s.Number, "reply", "x", http.StatusBadRequest},
		"spam of another":    {r.subscriber(1).Number, "spam", spamWire{Message: item.ID}, http.StatusNotFound},
		"refusing strangers": {s.Number, "refuse", refuseWire{"sip:other@botplatform.rcs.example"}, http.StatusNotFound},
	} {
		if status := r.post("/subscribers/"+c.number+"/"+c.what, c.body, &struct{}{}, ""); status != c.status {
			t.Errorf("%s: %d", name, status)
		}
	}
	r.device(s, false, true)
	if status := r.act(s, "reply", answerWire{Message: item.ID, Postback: "deny"}); status != http.StatusConflict {
		t.Errorf("without rich messages: %d", status)
	}
	r.device(s, true, false)
	if status := r.act(s, "reply", answerWire{Message: item.ID, Postback: "deny"}); status != http.StatusConflict {
		t.Errorf("switched off: %d", status)
	}
	r.device(s, true, true)
	server.set(true, "")
	if status := r.act(s, "reply", answerWire{Message: item.ID, Postback: "deny"}); status != http.StatusServiceUnavailable {
		t.Errorf("without a server: %d", status)
	}
	if len(server.inbound)+len(server.spam)+len(server.refused) != 0 {
		t.Errorf("%+v %+v %+v", server.inbound, server.spam, server.refused)
	}
	if status := r.get("/subscribers/+8613900000000/inbox", &struct{}{}); status != http.StatusNotFound {
		t.Errorf("an inbox of nobody: %d", status)
	}
}

// TestInboxPages walks through a message with forms alone.
func TestInboxPages(t *testing.T) {
	r, server := newMailRig(t)
	s := r.subscriber(0)
	r.submit(rich(t, "1", s))
	r.until(func() bool { return r.state("1") == mailDelivered })
	own := "/subscribers/" + s.Number
	talk := own + "/messages?from=" + url.QueryEscape(bot)
	contains := func(text string, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if !strings.Contains(text, part) {
				t.Errorf("no %s in\n%s", part, text)
			}
		}
	}
	_, phone, _ := r.page(own, nil)
	contains(phone, "消息", `class="count">1<`)
	_, phones, _ := r.page("/", nil)
	contains(phones, `class="count">1<`)
	_, list, _ := r.page(own+"/messages", nil)
	contains(list, "示例银行", "1,280.00", "已认证的发送方", `class="count">1<`)
	if r.state("1") != mailDelivered {
		t.Error("a line in the list counts as a message seen")
	}
	_, page, _ := r.page(talk, nil)
	contains(page, "否认交易", `name="postback" value="deny"`, "已认证的发送方", "5G 消息")
	if r.state("1") != mailDisplayed {
		t.Error("what is on the page is not seen")
	}
	id := r.inbox(s)[0].ID
	_, page, at := r.page(own+"/messages", url.Values{"do": {"take"}, "sender": {bot}, "message": {id}, "postback": {"deny"}})
	contains(page, `class="line own"`)
	if !strings.Contains(at, "from=") || len(server.inbound) != 1 {
		t.Errorf("%s %+v", at, server.inbound)
	}
	_, page, _ = r.page(own+"/messages", url.Values{"do": {"text"}, "sender": {bot}, "text": {"<script>alert(1)</script>"}})
	contains(page, "&lt;script&gt;")
	_, page, _ = r.page(own+"/messages", url.Values{"do": {"report"}, "sender": {bot}, "message": {id}})
	contains(page, "已举报")
	_, page, _ = r.page(own+"/messages", url.Values{"do": {"refuse"}, "sender": {bot}})
	contains(page, "已退订")
	_, page, _ = r.page(own+"/messages", url.Values{"do": {"take"}, "sender": {bot}, "message": {id}, "postback": {"other"}})
	contains(page, "未能发送")
	_, page, _ = r.page(talk+"&said=you+won", nil)
	if strings.Contains(page, "you won") {
		t.Error("the page says what its address does")
	}
	for _, path := range []string{"/subscribers/+8613900000000/messages", own + "/messages?from=nobody", "/subscribers/" + r.subscriber(1).Number + "/messages?from=" + url.QueryEscape(bot)} {
		if status, _, _ := r.page(path, nil); status != http.StatusNotFound {
			t.Errorf("%s: %d", path, status)
		}
	}
}

// TestHostileInbox: a message of HTML and direction marks runs nothing and turns nothing, whether or not a sender's platform let it through.
func TestHostileInbox(t *testing.T) {
	r, _ := newMailRig(t)
	s := r.subscriber(0)
	evil := "</p><script>alert(1)</script>\u202e<img src=x onerror=alert(2)>"
	card, err := json.Marshal(map[string]any{"message": map[string]any{"generalPurposeCard": map[string]any{
		"layout": map[string]any{"cardOrientation": "VERTICAL"},
		"content": map[string]any{"title": evil, "description": evil,
			"media": map[string]any{"mediaUrl": "javascript:alert(3)", "mediaContentType": "image/png", "height": "SHORT_HEIGHT"},
			"suggestions": []any{
				map[string]any{"reply": map[string]any{"displayText": evil, "postback": map[string]any{"data": `"><script>alert(4)</script>`}}},
				map[string]any{"action": map[string]any{"displayText": "go", "postback": map[string]any{"data": "x"}, "urlAction": map[string]any{"openUrl": map[string]any{"url": "javascript:alert(5)", "application": "browser"}}}},
			}}}}})
	if err != nil {
		t.Fatal(err)
	}
	m := rich(t, "1", s)
	m.ContentType, m.Body, m.Sender.Name, m.Sender.ServiceID = gsma.TypeCard, string(card), evil, `sip:"><script>alert(6)</script>@x.example`
	if got := r.submit(m)[0]; got.State != mailAccepted {
		t.Fatalf("%+v", got)
	}
	r.until(func() bool { return r.state("1") == mailDelivered })
	for path, own := range map[string]int{"": 0, "/messages": 1, "/messages?from=" + url.QueryEscape(m.Sender.ServiceID): 1} {
		status, text, _ := r.page("/subscribers/"+s.Number+path, nil)
		if n := strings.Count(text, "<script"); n != own {
			t.Errorf("%s: %d scripts in\n%s", path, n, text)
		}
		for _, never := range []string{"<script>alert", "<img src=x", `"javascript:`} {
			if status != http.StatusOK || strings.Contains(text, never) {
				t.Errorf("%s: %d, %s in\n%s", path, status, never, text)
			}
		}
	}
	if list := r.inbox(s); len(list) != 1 || list[0].Name != evil {
		t.Errorf("%+v", list)
	}
}
