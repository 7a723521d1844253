//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// cspBot is a chatbot's program that speaks the Chinese interface and knows nothing of this server but what sandbox.json says.
type cspBot struct {
	*enterprise
	root          string
	AppID         string `json:"app_id"`
	AppKey        string `json:"app_key"`
	CallbackToken string `json:"callback_token"`
	token         string

	mu     sync.Mutex
	forged []string
	got    []cspCall
}

// cspCall is what it was called with.
type cspCall struct {
	path string
	body []byte
}

func (s *sandbox) cspBot(t *testing.T, name string) *cspBot {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	var all struct {
		URLs     map[string]string
		Chatbots []json.RawMessage
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	b := &cspBot{enterprise: s.enterprise(t, name), root: all.URLs["csp"]}
	i := slices.IndexFunc(s.Chatbots, func(c chatbot) bool { return c.Name == name })
	if err := json.Unmarshal(all.Chatbots[i], b); err != nil {
		t.Fatal(err)
	}
	return b
}

// call asks an operation; the path is that of the guides.
func (b *cspBot) call(t *testing.T, path string, body []byte) (got map[string]any) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, b.root+"/bot/v1/"+b.ChatbotID+"/"+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if b.token != "" {
		req.Header.Set("authorization", "accessToken "+b.token)
	}
	b.do(t, req, &got)
	return got
}

func (b *cspBot) ok(t *testing.T, path string, body []byte) map[string]any {
	t.Helper()
	got := b.call(t, path, body)
	if got["errorCode"] != 0.0 {
		t.Fatalf("%s: %v", path, got)
	}
	return got
}

// logIn gets an access token, and has the answers of persons called to a server of the chatbot's own.
func (b *cspBot) logIn(t *testing.T) {
	t.Helper()
	body, _ := json.Marshal(map[string]string{"appId": b.AppID, "appKey": b.AppKey})
	got := b.ok(t, "accessToken", body)
	if got["expires"] != 7200.0 || got["url"] != b.root {
		t.Fatalf("%v", got)
	}
	b.token, _ = got["accessToken"].(string)
}

// listen registers a notifyURL.
func (b *cspBot) listen(t *testing.T) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		words := []string{b.CallbackToken, r.Header.Get("timestamp"), r.Header.Get("nonce")}
		slices.Sort(words)
		sum := sha256.Sum256([]byte(strings.Join(words, "")))
		body, err := io.ReadAll(r.Body)
		b.mu.Lock()
		defer b.mu.Unlock()
		if err != nil || r.Header.Get("signature") != hex.EncodeToString(sum[:]) {
			b.forged = append(b.forged, r.URL.Path)
			w.WriteHeader(http.StatusForbidden)
			return
		}
		if r.URL.Path == "/check" {
			w.Header().Set("echoStr", r.Header.Get("echoStr"))
			w.Header().Set("appId", b.AppID)
			return
		}
		b.got = append(b.got, cspCall{r.URL.Path, body})
		_, _ = io.WriteString(w, `{"errorCode":0,"errorMessage":""}`)
	}))
	t.Cleanup(s.Close)
	var set map[string]any
	if status := b.ask(t, http.MethodPut, "chatbots/"+b.AgentID+"/webhooks/csp", map[string]string{"url": s.URL}, &set); status != http.StatusOK {
		t.Fatalf("%d %v", status, set)
	}
}

// hearsCSP waits until it was called at a path with words in the body.
func (b *cspBot) hearsCSP(t *testing.T, path string, words ...string) []byte {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(messageTime)
	for {
		b.mu.Lock()
		for _, c := range b.got {
			if c.path == path && !slices.ContainsFunc(words, func(w string) bool { return !bytes.Contains(c.body, []byte(w)) }) {
				b.mu.Unlock()
				return c.body
			}
		}
		b.mu.Unlock()
		select {
		case <-poll.C:
		case <-deadline:
			b.mu.Lock()
			defer b.mu.Unlock()
			t.Fatalf("not called at %s with %v; forged %v, called %s", path, words, b.forged, b.got)
		}
	}
}

// sample is a published request, from this chatbot to a person, under an id of its own.
func (b *cspBot) sample(t *testing.T, name, id string, to subscriber, change func(map[string]any)) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../messaging/csp/testdata", name))
	var m map[string]any
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	m["messageId"], m["destinationAddress"] = id, []string{"tel:" + to.Number}
	if _, has := m["senderAddress"]; has {
		m["senderAddress"] = b.ChatbotID
	}
	if change != nil {
		change(m)
	}
	body, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// TestChatbotByCSP: the published requests, from a program that knows the guides alone, come to a phone, and what becomes of them comes back.
func TestChatbotByCSP(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		b, who := s.cspBot(t, "shop"), s.Subscribers[1]
		b.logIn(t)
		b.listen(t)
		status := "/deliveryNotification/" + b.ChatbotID + "/status"
		reports := func(m map[string]any) { m["reportRequest"] = []string{"sent", "delivered", "displayed", "failed"} }

		for i, name := range []string{"mt-text-chiplist.json", "mt-geo.json", "mt-file.json"} {
			b.ok(t, "messages", b.sample(t, name, name, who, reports))
			if item := s.inbox(t, who, i+1)[i]; item.Channel != "rcs" || !item.Verified || item.Sender != b.ChatbotID {
				t.Errorf("%s: %+v", name, item)
			}
			b.hearsCSP(t, status, `"`+name+`"`, `"delivered"`, "tel:"+who.Number)
		}
		if again := b.ok(t, "messages", b.sample(t, "mt-geo.json", "mt-geo.json", who, reports)); again["messageId"] != "mt-geo.json" {
			t.Errorf("again: %v", again)
		}

		s.act(t, who, "reply", map[string]string{"message": s.inbox(t, who, 3)[0].ID, "postback": "q"})
		inbound := "/messageNotification/" + b.ChatbotID + "/messages"
		b.hearsCSP(t, inbound, `"data":"q"`, "tel:"+who.Number, "11659c10-78c8-4bcc-9845-0f3bdcbe466e")
		s.act(t, who, "reply", map[string]string{"to": b.ChatbotID, "text": "明天北京到上海"})
		b.hearsCSP(t, inbound, "明天北京到上海")

		s.act(t, who, "device", map[string]bool{"rcs": false})
		b.ok(t, "messages", b.sample(t, "mt-text-sms-fallback.json", "code", who, func(m map[string]any) { m["smsContent"] = "验证码123456，五分钟有效" }))
		if item := s.inbox(t, who, 4)[3]; item.Channel != "sms" || !strings.HasSuffix(item.Content.Text, "】验证码123456，五分钟有效") {
			t.Errorf("%+v", item)
		}
		b.hearsCSP(t, status, `"code"`, `"deliveredToNetwork"`)

		s.act(t, who, "device", map[string]bool{"rcs": true, "online": false})
		b.ok(t, "messages", b.sample(t, "mt-text-chiplist.json", "regretted", who, nil))
		b.ok(t, "revoke", b.sample(t, "mt-revoke.json", "regretted", who, nil))
		b.hearsCSP(t, status, `"regretted"`, `"revokeOk"`)

		s.operator(t, who.Number, "release", "")
		s.operator(t, who.Number, "assign", "")
		if got := b.call(t, "messages", b.sample(t, "mt-geo.json", "stranger", who, nil)); got["errorCode"] != 46002.0 {
			t.Errorf("after the number has changed hands: %v", got)
		}
		if len(b.forged) != 0 {
			t.Errorf("forged: %v", b.forged)
		}
	})
}

// TestForeignChatbotByCSP: rail's token is good for rail alone, and rail may not send text.
func TestForeignChatbotByCSP(t *testing.T) {
	s := startSandbox(t)
	shop, rail, who := s.cspBot(t, "shop"), s.cspBot(t, "rail"), s.Subscribers[1]
	shop.logIn(t)
	rail.logIn(t)
	sms := rail.sample(t, "mt-text-sms-fallback.json", "m1", who, nil)
	if got := rail.call(t, "messages", sms); got["errorCode"] != 48001.0 {
		t.Errorf("a text message of rail's: %v", got)
	}
	if got := rail.call(t, "messages", shop.sample(t, "mt-geo.json", "m2", who, nil)); got["errorCode"] != 30008.0 {
		t.Errorf("from shop, by rail: %v", got)
	}
	token := rail.token
	rail.token = shop.token
	if got := rail.call(t, "messages", rail.sample(t, "mt-geo.json", "m3", who, nil)); got["errorCode"] != 30008.0 {
		t.Errorf("with shop's token: %v", got)
	}
	rail.logIn(t)
	rail.token = token
	if got := rail.call(t, "messages", rail.sample(t, "mt-geo.json", "m4", who, nil)); got["errorCode"] != 40014.0 {
		t.Errorf("with the token of before: %v", got)
	}
	if list := s.inbox(t, who, 0); len(list) != 0 {
		t.Errorf("the phone has %+v", list)
	}
}
