//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// upstream is what sandbox.json says to whoever plays another operator's platform.
type upstream struct {
	RBM struct {
		Webhook     string `json:"webhook"`
		ClientToken string `json:"client_token"`
		AgentID     string `json:"agent_id"`
		AccessToken string `json:"access_token"`
	} `json:"rbm"`
	CSP struct {
		Notify    string `json:"notify"`
		Token     string `json:"token"`
		ChatbotID string `json:"chatbot_id"`
		AppID     string `json:"app_id"`
		AppKey    string `json:"app_key"`
	} `json:"csp"`
}

func (s *sandbox) upstream(t *testing.T) upstream {
	t.Helper()
	var w struct{ Upstream upstream }
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	if err == nil {
		err = json.Unmarshal(text, &w)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w.Upstream
}

// maap plays another operator's. It signs as the published rules say, by itself.
type maap struct {
	upstream
	mu    sync.Mutex
	asked []demand
	// unknown are the persons that it does not reach.
	unknown []string
	tokens  int
}

// demand is what the platform was asked.
type demand struct {
	method, path string
	query        url.Values
	auth         string
	body         map[string]any
}

func (p *maap) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	q := demand{method: r.Method, path: r.URL.Path, query: r.URL.Query(), auth: r.Header.Get("Authorization")}
	_ = json.NewDecoder(r.Body).Decode(&q.body)
	p.asked = append(p.asked, q)
	w.Header().Set("Content-Type", "application/json")
	switch {
	case strings.HasSuffix(q.path, "/accessToken"):
		p.tokens++
		_ = json.NewEncoder(w).Encode(map[string]any{"accessToken": fmt.Sprint("t", p.tokens), "expires": 7200, "errorCode": 0})
	case strings.HasPrefix(q.path, "/bot/"):
		p.chinese(w, q)
	case q.auth != "Bearer "+p.RBM.AccessToken:
		w.WriteHeader(http.StatusUnauthorized)
	case strings.HasSuffix(q.path, "users:batchGet"):
		_ = json.NewEncoder(w).Encode(map[string]any{"reachableUsers": q.body["users"]})
	case slices.ContainsFunc(p.unknown, func(n string) bool { return strings.Contains(q.path, n) }):
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"error":{"code":404,"message":"…","status":"NOT_FOUND"}}`)
	default:
		_, _ = io.WriteString(w, `{}`)
	}
}

// chinese answers in the Chinese shape. The first token does not last.
func (p *maap) chinese(w http.ResponseWriter, q demand) {
	code := 0
	if q.auth != fmt.Sprint("accessToken t", p.tokens) || p.tokens == 1 {
		code = 42001
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"messageId": q.body["messageId"], "errorCode": code})
}

// was waits until the platform was asked something.
func (p *maap) was(t *testing.T, wanted func(demand) bool) demand {
	t.Helper()
	poll := time.NewTicker(20 * time.Millisecond)
	defer poll.Stop()
	deadline := time.After(messageTime)
	for {
		p.mu.Lock()
		i := slices.IndexFunc(p.asked, wanted)
		var found demand
		if i >= 0 {
			found = p.asked[i]
		}
		p.mu.Unlock()
		if i >= 0 {
			return found
		}
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("the platform was not asked: %+v", p.asked)
		}
	}
}

func post(t *testing.T, target, body string, header map[string]string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	return ask(t, req, header)
}

func ask(t *testing.T, req *http.Request, header map[string]string) (int, string) {
	t.Helper()
	for k, v := range header {
		req.Header.Set(k, v)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(text)
}

// event calls the webhook in Google's shape.
func (p *maap) event(t *testing.T, clientToken string, members map[string]any) int {
	t.Helper()
	if members["sendTime"] == nil {
		members["sendTime"] = time.Now().UTC()
	}
	if members["agentId"] == nil {
		members["agentId"] = p.RBM.AgentID
	}
	data, _ := json.Marshal(members)
	h := hmac.New(sha512.New, []byte(clientToken))
	h.Write(data)
	status, _ := post(t, p.RBM.Webhook, `{"message":{"data":"`+base64.StdEncoding.EncodeToString(data)+`"}}`,
		map[string]string{"X-Goog-Signature": base64.StdEncoding.EncodeToString(h.Sum(nil))})
	return status
}

// signed are the headers of a callback in the Chinese shape.
func (p *maap) signed(token string, at time.Time) map[string]string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	x := hex.EncodeToString(b)
	nonce := x[:8] + "-" + x[8:12] + "-" + x[12:16] + "-" + x[16:20] + "-" + x[20:]
	words := []string{token, strconv.FormatInt(at.Unix(), 10), nonce}
	timestamp := words[1]
	slices.Sort(words)
	sum := sha256.Sum256([]byte(strings.Join(words, "")))
	return map[string]string{"signature": hex.EncodeToString(sum[:]), "timestamp": timestamp, "nonce": nonce, "chatbotId": p.CSP.ChatbotID}
}

func (p *maap) notice(t *testing.T, kind, body string, header map[string]string) int {
	t.Helper()
	path := map[string]string{"messages": "/messageNotification/%s/messages", "status": "/deliveryNotification/%s/status"}[kind]
	status, _ := post(t, p.CSP.Notify+fmt.Sprintf(path, p.CSP.ChatbotID), body, header)
	return status
}

// text is a text from a person in the Chinese shape, said a second ago.
func (p *maap) text(id string, from subscriber, words string) string {
	body, _ := json.Marshal(map[string]any{"messageId": id, "messageList": []any{map[string]any{"contentType": "text/plain", "contentText": words}},
		"dateTime": time.Now().Add(-time.Second), "destinationAddress": p.CSP.ChatbotID, "senderAddress": "tel:" + from.Number, "conversationId": "c", "contributionId": "k"})
	return string(body)
}

// said are the texts of persons to a chatbot, in their order, up to the last one.
func (e *enterprise) said(t *testing.T, last string) (words []string) {
	t.Helper()
	e.hears(t, func(now event) bool {
		if now.Type == "reply" {
			words = append(words, now.Data.Content.Text)
		}
		return slices.Contains(words, last)
	})
	return words
}

// TestUpstreamCallbacks: a platform that knows one of the chatbots calls back. What it signs counts once, whatever comes again, also after
// the server was killed; what is forged, stale, of another or about another changes nothing.
func TestUpstreamCallbacks(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		rail, who := s.enterprise(t, "rail"), s.Subscribers[2]
		p := &maap{upstream: s.upstream(t)}

		if status, body := post(t, p.RBM.Webhook, `{"clientToken":"`+p.RBM.ClientToken+`","secret":"1234567890"}`, nil); status != 200 || body != "1234567890" {
			t.Errorf("%d %s", status, body)
		}
		if status, body := post(t, p.RBM.Webhook, `{"clientToken":"wrong","secret":"1234567890"}`, nil); status < 400 || strings.Contains(body, "1234567890") {
			t.Errorf("to a wrong client token: %d %s", status, body)
		}
		check, _ := http.NewRequest(http.MethodGet, p.CSP.Notify+"/check", nil)
		check.Header.Set("echoStr", "echo-1")
		if status, body := ask(t, check, p.signed(p.CSP.Token, time.Now())); status != 200 || body != "echo-1" {
			t.Errorf("%d %s", status, body)
		}

		said := func(id, words string) map[string]any {
			return map[string]any{"senderPhoneNumber": who.Number, "messageId": id, "text": words}
		}
		of := func(agent string) map[string]any { m := said("m9", "forged"); m["agentId"] = agent; return m }
		for name, got := range map[string][2]int{
			"Google's":              {p.event(t, p.RBM.ClientToken, said("m1", "one")), 200},
			"signed by another":     {p.event(t, "another", said("m9", "forged")), 401},
			"another agent's":       {p.event(t, p.RBM.ClientToken, of("bank_agent")), 403},
			"from nobody":           {p.event(t, p.RBM.ClientToken, map[string]any{"senderPhoneNumber": "+8613999999999", "messageId": "m8", "text": "forged"}), 200},
			"an unknown message's":  {p.event(t, p.RBM.ClientToken, map[string]any{"senderPhoneNumber": who.Number, "eventType": "DELIVERED", "messageId": "a1"}), 200},
			"the Chinese":           {p.notice(t, "messages", p.text("m1", who, "two"), p.signed(p.CSP.Token, time.Now())), 200},
			"a wrong token's":       {p.notice(t, "messages", p.text("m9", who, "forged"), p.signed("another", time.Now())), 401},
			"a stale one":           {p.notice(t, "messages", p.text("m9", who, "forged"), p.signed(p.CSP.Token, time.Now().Add(-6*time.Minute))), 401},
			"unsigned":              {p.notice(t, "messages", p.text("m9", who, "forged"), nil), 401},
			"an unknown one's fate": {p.notice(t, "status", `{"deliveryInfoList":[{"messageId":"a1","status":"delivered"}]}`, p.signed(p.CSP.Token, time.Now())), 200},
		} {
			if got[0] != got[1] {
				t.Errorf("%s: %d", name, got[0])
			}
		}
		header, three := p.signed(p.CSP.Token, time.Now()), p.text("m2", who, "three")
		again := func() {
			var all sync.WaitGroup
			for range 20 {
				all.Go(func() {
					if status := p.notice(t, "messages", three, header); status != 200 {
						t.Errorf("a copy: %d", status)
					}
				})
			}
			all.Wait()
		}
		again()
		s.kill()
		s.start(t)
		rail.login(t)
		again()
		if status := p.notice(t, "messages", p.text("m9", who, "forged"), header); status != 401 {
			t.Errorf("another body under headers that were used: %d", status)
		}
		p.event(t, p.RBM.ClientToken, said("m1", "one"))
		p.event(t, p.RBM.ClientToken, said("m3", "four"))
		words := rail.said(t, "four")
		slices.Sort(words)
		if !slices.Equal(words, []string{"four", "one", "three", "two"}) {
			t.Errorf("%q", words)
		}
		p.recycled(t, s, rail, who)
	})
}

// recycled: what was said, and kept, before a number changed hands is not its next holder's; a kept copy is not either, however old.
func (p *maap) recycled(t *testing.T, s *sandbox, rail *enterprise, who subscriber) {
	t.Helper()
	said := func(id, words string, at time.Time) map[string]any {
		return map[string]any{"senderPhoneNumber": who.Number, "messageId": id, "text": words, "sendTime": at}
	}
	before, written := time.Now().Add(-time.Second), p.text("m4", who, "five")
	s.operator(t, who.Number, "transfer", "")
	for what, status := range map[string]int{
		"Google's":    p.event(t, p.RBM.ClientToken, said("m4", "five", before)),
		"the Chinese": p.notice(t, "messages", written, p.signed(p.CSP.Token, time.Now())),
		"an old one":  p.event(t, p.RBM.ClientToken, said("m5", "five", before.Add(-31*24*time.Hour))),
		"a new one":   p.event(t, p.RBM.ClientToken, said("m6", "six", time.Now())),
	} {
		if status != http.StatusOK {
			t.Errorf("%s: %d", what, status)
		}
	}
	if words := rail.said(t, "six"); slices.Contains(words, "five") {
		t.Errorf("the next holder said %q", words)
	}
}

// TestUpstreamRBM: the chatbot's messages go by the platform in Google's shape and come to their ends by its events, in any order.
func TestUpstreamRBM(t *testing.T) {
	p := &maap{}
	far := httptest.NewServer(p)
	defer far.Close()
	s := startSandbox(t, "--upstream", "rbm="+far.URL)
	p.mu.Lock()
	p.upstream, p.unknown = s.upstream(t), []string{s.Subscribers[2].Number}
	p.mu.Unlock()
	rail, who := s.enterprise(t, "rail"), s.Subscribers[1]

	message := rail.send(t, who, "service", map[string]any{"text": "您的列车晚点"}).Message
	q := p.was(t, func(q demand) bool {
		return q.method == http.MethodPost && strings.HasSuffix(q.path, "/agentMessages")
	})
	id := q.query.Get("messageId")
	if !strings.Contains(q.path, who.Number) || q.query.Get("agentId") != p.RBM.AgentID || len(id) != 36 || q.body["messageTrafficType"] != "SERVICEREQUEST" {
		t.Errorf("%+v", q)
	}
	if list := s.inbox(t, who, 0); len(list) != 0 {
		t.Errorf("the operator's own gateway had %+v", list)
	}
	for _, event := range []string{"TTL_EXPIRATION_REVOKE_FAILED", "TTL_EXPIRATION_REVOKED", "DELIVERED", "TTL_EXPIRATION_REVOKED"} {
		if status := p.event(t, p.RBM.ClientToken, map[string]any{"senderPhoneNumber": who.Number, "eventType": event, "messageId": id}); status != 200 {
			t.Errorf("%s: %d", event, status)
		}
	}
	rail.hears(t, func(now event) bool { return now.Type == "message.delivered" && now.Data.Message == message })
	if got := rail.state(t, message); got != "delivered" {
		t.Errorf("after a late DELIVERED: %s", got)
	}

	unreached := rail.send(t, s.Subscribers[2], "service", map[string]any{"text": "您的列车晚点"}).Message
	rail.hears(t, func(now event) bool { return now.Data.Message == unreached && now.Data.Channel == "enhanced" })

	taken := rail.send(t, who, "service", map[string]any{"text": "请忽略"}).Message
	p.was(t, func(q demand) bool {
		return q.query.Get("messageId") != "" && q.query.Get("messageId") != id && strings.Contains(q.path, who.Number)
	})
	if status := rail.ask(t, http.MethodPost, "messages/"+taken+"/revocation", map[string]any{}, new(any)); status >= 300 {
		t.Errorf("a revocation: %d", status)
	}
	p.was(t, func(q demand) bool { return q.method == http.MethodDelete && strings.Contains(q.path, who.Number) })
	bank := s.enterprise(t, "bank")
	bank.send(t, s.Subscribers[3], "transaction", alert("您的账户支出 2.00 元"))
	if got := s.inbox(t, s.Subscribers[3], 1)[0]; got.Channel != "rcs" {
		t.Errorf("another chatbot's message: %+v", got)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, q := range p.asked {
		if strings.Contains(fmt.Sprint(q.path, q.body), s.Subscribers[3].Number) {
			t.Errorf("the platform was told the number of another chatbot's recipient: %+v", q)
		}
	}
}

// TestUpstreamCSP: the same in the Chinese shape, whose first token does not last.
func TestUpstreamCSP(t *testing.T) {
	p := &maap{}
	far := httptest.NewServer(p)
	defer far.Close()
	s := startSandbox(t, "--upstream", "csp="+far.URL+"/bot/v1")
	p.mu.Lock()
	p.upstream = s.upstream(t)
	p.mu.Unlock()
	rail, who := s.enterprise(t, "rail"), s.Subscribers[1]
	message := rail.send(t, who, "service", alert("您的列车晚点")).Message
	q := p.was(t, func(q demand) bool { return strings.HasSuffix(q.path, "/messages") && q.auth == "accessToken t2" })
	id, _ := q.body["messageId"].(string)
	if list, _ := q.body["messageList"].([]any); len(list) != 2 || q.body["senderAddress"] != p.CSP.ChatbotID || len(id) != 36 {
		t.Errorf("%+v", q)
	}
	if got := p.was(t, func(q demand) bool { return strings.HasSuffix(q.path, "/accessToken") }); got.body["appId"] != p.CSP.AppID || got.body["appKey"] != p.CSP.AppKey {
		t.Errorf("%+v", got)
	}
	for _, state := range []string{"sent", "delivered", "displayed"} {
		body := fmt.Sprintf(`{"deliveryInfoList":[{"messageId":%q,"status":%q,"dateTime":"2026-11-22T16:00:00.000+08:00","destinationAddress":%q,"senderAddress":"tel:%s"}]}`,
			id, state, p.CSP.ChatbotID, who.Number)
		if status := p.notice(t, "status", body, p.signed(p.CSP.Token, time.Now())); status != 200 {
			t.Errorf("%s: %d", state, status)
		}
	}
	rail.hears(t, func(now event) bool { return now.Type == "message.displayed" && now.Data.Message == message })
	response, _ := json.Marshal(map[string]any{"messageId": "r1", "inReplyTo": id, "senderAddress": "tel:" + who.Number, "destinationAddress": p.CSP.ChatbotID,
		"messageList": []any{map[string]any{"contentType": "application/vnd.gsma.botsuggestion.response.v1.0+json",
			"contentText": map[string]any{"response": map[string]any{"reply": map[string]any{"displayText": "确认交易", "postback": map[string]any{"data": "yes"}}}}}}})
	if status := p.notice(t, "messages", string(response), p.signed(p.CSP.Token, time.Now())); status != 200 {
		t.Errorf("a reply: %d", status)
	}
	rail.hears(t, func(now event) bool {
		return now.Type == "reply" && now.Data.Message == message && now.Data.Response.Reply.Postback.Data == "yes"
	})
	s.reachesByItsOwnWay(t, who, s.Subscribers[2])
}

// reachesByItsOwnWay: that one chatbot's platform may reach everybody says nothing of another chatbot.
func (s *sandbox) reachesByItsOwnWay(t *testing.T, rich, plain subscriber) {
	t.Helper()
	s.act(t, plain, "device", map[string]bool{"rcs": false, "online": true})
	bank := s.agent(t, "bank")
	for who, want := range map[string]int{rich.Number: http.StatusOK, plain.Number: http.StatusNotFound} {
		if status, answer := bank.rbm(t, http.MethodGet, "/v1/phones/"+who+"/capabilities", url.Values{"requestId": {"r1"}}, nil); status != want {
			t.Errorf("%d %v", status, answer)
		}
	}
	status, answer := bank.rbm(t, http.MethodPost, "/v1/users:batchGet", nil, []byte(fmt.Sprintf(`{"users":[%q,%q]}`, rich.Number, plain.Number)))
	if users, _ := answer["reachableUsers"].([]any); status != http.StatusOK || len(users) != 1 || users[0] != rich.Number {
		t.Errorf("%d %v", status, answer)
	}
}
