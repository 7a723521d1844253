//go:build e2e

package e2e

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// agent is a program written for Google's RCS for Business: it knows its base URL, a token, its agentId and clientToken, and nothing of this
// project's packages.
type agent struct {
	*enterprise
	base, clientToken string

	mu      sync.Mutex
	wrong   bool // answers checks with another secret
	failing int  // refuses so many calls
	heard   []map[string]any
}

func (s *sandbox) agent(t *testing.T, name string) *agent {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(s.dir, "sandbox.json"))
	var all struct {
		URLs     struct{ RBM string }
		Chatbots []struct {
			Name        string
			ClientToken string `json:"client_token"`
		}
	}
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	a := &agent{enterprise: s.enterprise(t, name), base: all.URLs.RBM}
	for _, c := range all.Chatbots {
		if c.Name == name {
			a.clientToken = c.ClientToken
		}
	}
	return a
}

// rbm makes a request as Google's client libraries do, with their system parameters.
func (a *agent) rbm(t *testing.T, method, path string, query url.Values, body []byte) (status int, answer map[string]any) {
	t.Helper()
	if query == nil {
		query = url.Values{}
	}
	query.Set("alt", "json")
	query.Set("agentId", a.AgentID)
	req, err := http.NewRequest(method, a.base+path+"?"+query.Encode(), strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+a.access)
	req.Header.Set("Content-Type", "application/json; charset=UTF-8")
	return a.do(t, req, &answer), answer
}

// message sends one under an id.
func (a *agent) message(t *testing.T, to subscriber, id string, body []byte) (status int, answer map[string]any) {
	t.Helper()
	return a.rbm(t, http.MethodPost, "/v1/phones/"+to.Number+"/agentMessages", url.Values{"messageId": {id}}, body)
}

func rbmSample(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../messaging/rbm/testdata/samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// ServeHTTP is the webhook, after the guide: the secret back for a check, and nothing taken that is not signed.
func (a *agent) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var in struct {
		ClientToken, Secret string
		Message             struct{ Data string }
	}
	body, _ := io.ReadAll(r.Body)
	if json.Unmarshal(body, &in) != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if in.Secret != "" {
		if in.ClientToken == a.clientToken && !a.wrong {
			_ = json.NewEncoder(w).Encode(map[string]string{"secret": in.Secret})
		}
		return
	}
	data, err := base64.StdEncoding.DecodeString(in.Message.Data)
	mac := hmac.New(sha512.New, []byte(a.clientToken))
	mac.Write(data)
	var event map[string]any
	if err != nil || r.Header.Get("X-Goog-Signature") != base64.StdEncoding.EncodeToString(mac.Sum(nil)) || json.Unmarshal(data, &event) != nil || a.failing > 0 {
		a.failing--
		w.WriteHeader(http.StatusForbidden)
		return
	}
	a.heard = append(a.heard, event)
}

// listens has the webhook called from now on.
func (a *agent) listens(t *testing.T) {
	t.Helper()
	server := httptest.NewServer(a)
	t.Cleanup(server.Close)
	a.wrong = true
	var refused struct{ Reason string }
	if status := a.ask(t, http.MethodPut, "chatbots/"+a.AgentID+"/webhooks/rbm", map[string]string{"url": server.URL}, &refused); status != http.StatusBadRequest || refused.Reason != "webhook_unchecked" {
		t.Errorf("a wrong echo is taken: %d %+v", status, refused)
	}
	a.wrong = false
	var answer map[string]any
	if status := a.ask(t, http.MethodPut, "chatbots/"+a.AgentID+"/webhooks/rbm", map[string]string{"url": server.URL}, &answer); status != http.StatusOK {
		t.Fatalf("%d %v", status, answer)
	}
}

// hearsOf waits for an event and returns it.
func (a *agent) hearsOf(t *testing.T, wanted func(e map[string]any) bool) map[string]any {
	t.Helper()
	poll, deadline := time.NewTicker(20*time.Millisecond), time.After(messageTime)
	defer poll.Stop()
	for {
		a.mu.Lock()
		for _, e := range a.heard {
			if wanted(e) {
				a.mu.Unlock()
				return e
			}
		}
		heard := fmt.Sprint(a.heard)
		a.mu.Unlock()
		select {
		case <-poll.C:
		case <-deadline:
			t.Fatalf("it was not heard: %s", heard)
		}
	}
}

func happened(kind, message string) func(map[string]any) bool {
	return func(e map[string]any) bool { return e["eventType"] == kind && e["messageId"] == message }
}

// failed holds an error in Google's envelope.
func failed(t *testing.T, status int, answer map[string]any, code int, name string) {
	t.Helper()
	e, _ := answer["error"].(map[string]any)
	if status != code || e["code"] != float64(code) || e["status"] != name || e["message"] == "" {
		t.Errorf("%d %v, want %d %s", status, answer, code, name)
	}
}

// TestAgentForGoogle drives the samples of Google's form over HTTP, with nothing changed but the base URL.
func TestAgentForGoogle(t *testing.T) {
	t.Parallel() // most of it is waiting
	eachStore(t, func(t *testing.T, args ...string) { agentForGoogle(t, startSandbox(t, args...)) })
}

func agentForGoogle(t *testing.T, s *sandbox) {
	bank, rail := s.agent(t, "bank"), s.agent(t, "rail")
	who, plain, away, stranger := s.Subscribers[1], s.Subscribers[2], s.Subscribers[3], s.Subscribers[20]
	bank.listens(t)
	bank.failing = 2

	for i, name := range []string{"text", "standalone", "file"} {
		id := "sample-" + name
		if status, answer := bank.message(t, who, id, rbmSample(t, "agentMessage-"+name+".json")); status != http.StatusOK || answer["name"] != "phones/"+who.Number+"/agentMessages/"+id {
			t.Fatalf("%d %v", status, answer)
		}
		s.inbox(t, who, i+1)
		if e := bank.hearsOf(t, happened("DELIVERED", id)); e["senderPhoneNumber"] != who.Number || e["agentId"] != bank.AgentID || e["eventId"] == "" {
			t.Errorf("%v", e)
		}
	}
	card := s.inbox(t, who, 3)[1]
	s.act(t, who, "reply", map[string]string{"message": card.ID, "postback": "txn:confirm"})
	taken := bank.hearsOf(t, func(e map[string]any) bool { return e["suggestionResponse"] != nil })
	if r := taken["suggestionResponse"].(map[string]any); r["postbackData"] != "txn:confirm" || r["text"] != "Confirm" || r["type"] != "REPLY" || taken["senderPhoneNumber"] != who.Number {
		t.Errorf("%v", taken)
	}
	s.act(t, who, "reply", map[string]string{"to": card.Sender, "text": "你好"})
	bank.hearsOf(t, happened("READ", "sample-standalone"))
	said := bank.hearsOf(t, func(e map[string]any) bool { return e["text"] == "你好" })
	body := fmt.Sprintf(`{"eventType":"READ","messageId":%q}`, said["messageId"])
	if status, answer := bank.rbm(t, http.MethodPost, "/v1/phones/"+who.Number+"/agentEvents", url.Values{"eventId": {"e1"}}, []byte(body)); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}

	var copies sync.WaitGroup
	for range 20 {
		copies.Go(func() {
			if status, answer := bank.message(t, who, "copies", []byte(`{"contentMessage":{"text":"once"}}`)); status != http.StatusOK {
				t.Errorf("%d %v", status, answer)
			}
		})
	}
	copies.Wait()
	if status, answer := bank.message(t, who, "copies", []byte(`{"contentMessage":{"text":"other"}}`)); status != http.StatusOK || answer["contentMessage"].(map[string]any)["text"] != "once" {
		t.Errorf("%d %v", status, answer)
	}
	if list := s.inbox(t, who, 4); len(list) != 4 || list[3].Content.Text != "once" {
		t.Errorf("%+v", list)
	}

	s.act(t, plain, "device", map[string]bool{"rcs": false, "online": true})
	text := rbmSample(t, "agentMessage-text.json")
	status, answer := rail.message(t, plain, "m1", text)
	failed(t, status, answer, http.StatusNotFound, "NOT_FOUND")
	status, nobody := rail.message(t, stranger, "m1", text)
	failed(t, status, nobody, http.StatusNotFound, "NOT_FOUND")
	if fmt.Sprint(answer) != fmt.Sprint(nobody) {
		t.Errorf("a stranger is told apart: %v %v", answer, nobody)
	}
	if status, answer = bank.message(t, plain, "degraded", text); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	if list := s.inbox(t, plain, 1); list[0].Channel != "sms" || list[0].Content.Text != "【示例银行】Hello, world!" {
		t.Errorf("%+v", list)
	}
	status, answer = bank.rbm(t, http.MethodPost, "/v1/users:batchGet", nil, []byte(fmt.Sprintf(`{"users":[%q,%q,%q]}`, who.Number, plain.Number, stranger.Number)))
	if users, _ := answer["reachableUsers"].([]any); status != http.StatusOK || len(users) != 1 || users[0] != who.Number {
		t.Errorf("%d %v", status, answer)
	}

	s.act(t, away, "device", map[string]bool{"rcs": true, "online": false})
	if status, answer = rail.message(t, away, "taken-back", text); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	for _, id := range []string{"taken-back", "none"} {
		if status, answer = rail.rbm(t, http.MethodDelete, "/v1/phones/"+away.Number+"/agentMessages/"+id, nil, nil); status != http.StatusOK || len(answer) != 0 {
			t.Errorf("%d %v", status, answer)
		}
	}
	rail.listens(t)
	if status, answer = rail.message(t, away, "short-lived", []byte(`{"contentMessage":{"text":"now or never"},"ttl":"8s"}`)); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	if e := rail.hearsOf(t, happened("TTL_EXPIRATION_REVOKED", "short-lived")); e["phoneNumber"] != away.Number || e["senderPhoneNumber"] != nil {
		t.Errorf("%v", e)
	}
	s.act(t, away, "device", map[string]bool{"online": true})
	if status, answer = rail.message(t, away, "after", text); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	rail.hearsOf(t, happened("DELIVERED", "after"))
	if list := s.inbox(t, away, 1); len(list) != 1 || list[0].Content.Text != "Hello, world!" {
		t.Errorf("what was taken back, or is over, arrived: %+v", list)
	}

	foreign := *bank.enterprise
	foreign.access = rail.access
	status, answer = (&agent{enterprise: &foreign, base: bank.base}).message(t, who, "foreign", text)
	failed(t, status, answer, http.StatusForbidden, "PERMISSION_DENIED")
	foreign.access = "forged"
	status, answer = (&agent{enterprise: &foreign, base: bank.base}).message(t, who, "forged", text)
	failed(t, status, answer, http.StatusUnauthorized, "UNAUTHENTICATED")
	status, answer = bank.message(t, who, "long", []byte(`{"contentMessage":{"text":"`+strings.Repeat("字", 3073)+`"}}`))
	failed(t, status, answer, http.StatusBadRequest, "INVALID_ARGUMENT")

	if status, answer = bank.message(t, who, "longest", []byte(`{"contentMessage":{"text":"`+strings.Repeat("字", 3072)+`"}}`)); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	bank.hearsOf(t, happened("DELIVERED", "longest"))
	bank.rotates(t)
	if status, answer = bank.message(t, who, "rotated", text); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	bank.hearsOf(t, happened("DELIVERED", "rotated"))
	bank.inOrder(t, "sample-text", "sample-standalone", "sample-file", "copies", "degraded", "longest", "rotated")
}

// rotates has the operator replace the client token.
func (a *agent) rotates(t *testing.T) {
	t.Helper()
	out, err := a.run(t, "messaging", "rbm", "rotate", a.AgentID)
	token := strings.TrimSpace(out)
	if shown, err := a.run(t, "messaging", "rbm", "token", a.AgentID); err != nil || strings.TrimSpace(shown) != token {
		t.Errorf("%v %s", err, shown)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if err != nil || token == a.clientToken {
		t.Fatalf("%v %s", err, out)
	}
	a.clientToken = token
}

// inOrder holds that deliveries were told in the order in which they happened.
func (a *agent) inOrder(t *testing.T, ids ...string) {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	var told []string
	for _, e := range a.heard {
		if e["eventType"] == "DELIVERED" {
			told = append(told, fmt.Sprint(e["messageId"]))
		}
	}
	if fmt.Sprint(told) != fmt.Sprint(ids) {
		t.Errorf("%v, want %v", told, ids)
	}
}
