//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// messageTime is how long a message may take: what a killed server had in hand is taken up again after half a minute.
const messageTime = time.Minute

// enterprise sends messages as one of the sandbox's chatbots.
type enterprise struct {
	chatbot
	*sandbox
	access string
}

func (s *sandbox) enterprise(t *testing.T, name string) *enterprise {
	t.Helper()
	for _, c := range s.Chatbots {
		if c.Name == name {
			e := &enterprise{chatbot: c, sandbox: s}
			e.login(t)
			return e
		}
	}
	t.Fatalf("the sandbox has no chatbot %s", name)
	return nil
}

// login gets the client's token anew.
func (e *enterprise) login(t *testing.T) {
	t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {"messaging:send"}}
	req, err := http.NewRequest(http.MethodPost, e.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.SetBasicAuth(e.ClientID, e.ClientSecret)
	var got answer
	if status := e.do(t, req, &got); status != http.StatusOK {
		t.Fatalf("%d %+v", status, got)
	}
	e.access = got.AccessToken
}

func (e *enterprise) do(t *testing.T, req *http.Request, into any) int {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if err := json.NewDecoder(res.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
	return res.StatusCode
}

func (e *enterprise) ask(t *testing.T, method, path string, body, into any) int {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, e.Issuer+"/messaging/v1/"+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.access)
	req.Header.Set("Content-Type", "application/json")
	return e.do(t, req, into)
}

// sent is the answer to a message.
type sent struct {
	Message    string
	Recipients []struct{ Delivery, Reason string }
}

// send sends a content to one person.
func (e *enterprise) send(t *testing.T, to subscriber, class string, content any) (got sent) {
	t.Helper()
	req := map[string]any{"chatbot": e.AgentID, "to": []string{to.Number}, "class": class, "content": content}
	if status := e.ask(t, http.MethodPost, "messages", req, &got); status != http.StatusAccepted || len(got.Recipients) != 1 {
		t.Fatalf("%d %+v", status, got)
	}
	return got
}

// state is where the one delivery of a message stands.
func (e *enterprise) state(t *testing.T, message string) string {
	t.Helper()
	var got struct{ Deliveries []struct{ State string } }
	if status := e.ask(t, http.MethodGet, "messages/"+message+"/deliveries", nil, &got); status != http.StatusOK || len(got.Deliveries) != 1 {
		t.Fatalf("%d %+v", status, got)
	}
	return got.Deliveries[0].State
}

// event is what a chatbot hears.
type event struct {
	Type string
	Data struct {
		Message, Delivery, State, Channel, Purchase, Result string
		PossibleDuplicate                                   bool `json:"possible_duplicate"`
		Response                                            struct {
			Reply struct{ Postback struct{ Data string } }
		}
		Content struct{ Text string }
	}
}

// hears reads the stream of events from its beginning until one is wanted.
func (e *enterprise) hears(t *testing.T, wanted func(event) bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), messageTime)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, e.Issuer+"/messaging/v1/chatbots/"+e.AgentID+"/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.access)
	req.Header.Set("Last-Event-ID", "0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	var heard strings.Builder
	for lines := bufio.NewScanner(res.Body); lines.Scan(); {
		text, ok := strings.CutPrefix(lines.Text(), "data: ")
		var now event
		if ok && json.Unmarshal([]byte(text), &now) == nil && wanted(now) {
			return
		}
		heard.WriteString(lines.Text() + "\n")
	}
	t.Fatalf("it was not heard:\n%s", &heard)
}

func (e *enterprise) answered(t *testing.T, postback string) {
	t.Helper()
	e.hears(t, func(now event) bool { return now.Type == "reply" && now.Data.Response.Reply.Postback.Data == postback })
}

// got is a message on a phone.
type got struct {
	ID, Channel, Sender, Name string
	Verified                  bool
	Content                   struct{ Text string }
}

// inbox waits until a phone has so many messages.
func (s *sandbox) inbox(t *testing.T, who subscriber, n int) (list []got) {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(messageTime)
	for {
		if status := s.phoneDo(t, http.MethodGet, who, "inbox", nil, &list); status != http.StatusOK {
			t.Fatal(status)
		}
		if len(list) >= n {
			return list
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("%d messages: %+v", n, list)
		}
	}
}

// act has a person do something with their phone.
func (s *sandbox) act(t *testing.T, who subscriber, what string, body any) {
	t.Helper()
	var answer map[string]any
	if status := s.phoneDo(t, http.MethodPost, who, what, body, &answer); status != http.StatusOK {
		t.Fatalf("%s: %d %v", what, status, answer)
	}
}

// carousel is the content that the sandbox leaves for the tour.
func (s *sandbox) carousel(t *testing.T) json.RawMessage {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "carousel.json"))
	var request struct{ Content json.RawMessage }
	if err == nil {
		err = json.Unmarshal(text, &request)
	}
	if err != nil {
		t.Fatal(err)
	}
	return request.Content
}

// alert is a notice with two buttons.
func alert(words string) map[string]any {
	reply := func(text, data string) map[string]any {
		return map[string]any{"reply": map[string]any{"displayText": text, "postback": map[string]any{"data": data}}}
	}
	return map[string]any{"text": words, "suggestions": []any{reply("确认交易", "yes"), reply("否认交易", "no")}}
}

// TestMessages: a carousel arrives verified, and its buttons answer; without rich messages the same arrives as text, and a number typed
// answers alike; a refusal holds; and somebody else's number is not written to.
func TestMessages(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		shop, bank, who := s.enterprise(t, "shop"), s.enterprise(t, "bank"), s.Subscribers[1]
		first := shop.send(t, who, "service", s.carousel(t))
		item := s.inbox(t, who, 1)[0]
		if item.Channel != "rcs" || !item.Verified || item.Name != "山茶小店" || item.Sender != shop.ChatbotID {
			t.Errorf("%+v", item)
		}
		s.act(t, who, "reply", map[string]string{"message": item.ID, "postback": "buy:longjing"})
		shop.answered(t, "buy:longjing")
		for _, state := range []string{"delivered", "displayed"} {
			shop.hears(t, func(now event) bool { return now.Type == "message."+state && now.Data.Message == first.Message })
		}

		s.act(t, who, "device", map[string]bool{"rcs": false})
		bank.send(t, who, "transaction", alert("您的账户支出 1,280.00 元"))
		text := s.inbox(t, who, 2)[1]
		if text.Channel != "sms" || text.Verified || !strings.Contains(text.Content.Text, "回复2 否认交易") {
			t.Errorf("%+v", text)
		}
		s.act(t, who, "reply", map[string]string{"to": text.Sender, "text": "2"})
		bank.answered(t, "no")

		s.act(t, who, "device", map[string]bool{"rcs": true})
		s.act(t, who, "refuse", map[string]string{"sender": shop.ChatbotID})
		if got := shop.send(t, who, "service", s.carousel(t)); got.Recipients[0].Reason != "refused" {
			t.Errorf("after a refusal: %+v", got)
		}
		s.operator(t, who.Number, "release", "")
		s.operator(t, who.Number, "assign", "")
		if got := bank.send(t, who, "transaction", alert("您的账户支出 2.00 元")); got.Recipients[0].Reason != "recipient_changed" {
			t.Errorf("after the number has changed hands: %+v", got)
		}
		if list := s.inbox(t, who, 0); len(list) != 0 {
			t.Errorf("the new holder has %+v", list)
		}
	})
}

// TestMessageKill kills the server between acceptance and delivery: every message comes to its phone, and to its end, once.
func TestMessageKill(t *testing.T) {
	t.Parallel() // most of it is waiting for leases of the killed
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		bank, people := s.enterprise(t, "bank"), s.Subscribers[1:9]
		var messages []string
		for i, who := range people {
			if i%2 == 0 {
				s.act(t, who, "device", map[string]bool{"online": false})
			}
			messages = append(messages, bank.send(t, who, "transaction", alert("您的账户支出 1,280.00 元")).Message)
		}
		s.kill()
		s.start(t)
		bank.login(t)
		for i, who := range people {
			if i%2 == 0 {
				if list := s.inbox(t, who, 0); len(list) != 0 {
					t.Errorf("a phone that is off has %+v", list)
				}
				s.act(t, who, "device", map[string]bool{"online": true})
			}
		}
		for i, who := range people {
			list := s.inbox(t, who, 1)
			if list[0].Verified != (list[0].Channel != "sms") { // an attempt that the kill undid is not made again on its channel
				t.Errorf("%+v", list)
			}
			bank.hears(t, func(now event) bool {
				return (now.Type == "message.delivered" || now.Type == "message.displayed") && now.Data.Message == messages[i]
			})
			if state := bank.state(t, messages[i]); state != "delivered" && state != "displayed" {
				t.Errorf("%s is %s", messages[i], state)
			}
			if again := s.inbox(t, who, 1); len(again) != 1 || again[0].ID != list[0].ID {
				t.Errorf("%+v, then %+v", list, again)
			}
		}
	})
}

// TestMessagesInABrowser: conversations on the page of a phone, without scripts, in Chinese.
func TestMessagesInABrowser(t *testing.T) {
	s := startSandbox(t)
	shop, bank, who := s.enterprise(t, "shop"), s.enterprise(t, "bank"), s.Subscribers[1]
	shop.send(t, who, "service", s.carousel(t))
	p := newTab(t, chromium(t), "zh-CN,zh;q=0.9")
	s.inbox(t, who, 1)
	s.act(t, who, "device", map[string]bool{"rcs": false})
	bank.send(t, who, "transaction", alert("您尾号 8842 的卡支出 ¥1,280.00，商户：示例电器。如非本人操作，请立即否认。"))
	s.inbox(t, who, 2)
	p.open(s.messagesOf(who, ""))
	p.wants("山茶小店", "已认证的发送方", "示例银行")
	p.press(`a[href*="sip"]`)
	p.wants("明前龙井", "凤凰单丛", "古树普洱", s.Shop+"/goods/longjing", "联系客服", "已认证的发送方")
	s.act(t, who, "device", map[string]bool{"rcs": true})
	p.press(`button[value="buy:longjing"]`)
	p.wants(`class="line own"`)
	shop.answered(t, "buy:longjing")
	p.open(s.messagesOf(who, shop.ChatbotID))
	p.publish("message-carousel")
	p.press(".back")
	p.press(`a[href*="%2B"]`)
	p.wants("回复2 否认交易", "发送方未经证明")
	p.enter(`input[name="text"]`, "2")
	p.press(".write button")
	bank.answered(t, "no")
	p.publish("message-sms")
}
