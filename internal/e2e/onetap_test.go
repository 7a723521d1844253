//go:build e2e

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

var tapLink = regexp.MustCompile(`https?://[0-9.:]+/t/[0-9a-z]{44}`)

// tapMessage is a message with one button, which opens a tea of the shop with its recipient logged in.
func (s *sandbox) tapMessage(e *enterprise, to ...subscriber) map[string]any {
	var numbers []string
	for _, who := range to {
		numbers = append(numbers, who.Number)
	}
	target := s.Shop + "/offers/longjing"
	return map[string]any{"chatbot": e.AgentID, "to": numbers, "class": "service", "content": openButton("今日新茶到店", "去看看", target),
		"logins": []any{map[string]string{"client_id": s.client("shop").ClientID, "url": target}}}
}

func openButton(words, label, target string) map[string]any {
	return map[string]any{"text": words, "suggestions": []any{map[string]any{"action": map[string]any{
		"urlAction":   map[string]any{"openUrl": map[string]string{"url": target, "application": "browser"}},
		"displayText": label, "postback": map[string]string{"data": "open"}}}}}
}

// tap sends such a message and returns the link that arrived.
func (s *sandbox) tap(t *testing.T, who subscriber) (link string, message sent) {
	t.Helper()
	shop := s.enterprise(t, "shop")
	before := len(s.inbox(t, who, 0))
	if status := shop.ask(t, http.MethodPost, "messages", s.tapMessage(shop, who), &message); status != http.StatusAccepted {
		t.Fatalf("%d %+v", status, message)
	}
	s.inbox(t, who, before+1)
	return s.lastLink(t, who), message
}

// lastLink is the link in the last message on a phone.
func (s *sandbox) lastLink(t *testing.T, who subscriber) string {
	t.Helper()
	var list []json.RawMessage
	if status := s.phoneDo(t, http.MethodGet, who, "inbox", nil, &list); status != http.StatusOK || len(list) == 0 {
		t.Fatal(status)
	}
	link := tapLink.FindString(string(list[len(list)-1]))
	if link == "" {
		t.Fatalf("no link in %s", list[len(list)-1])
	}
	return link
}

// surfer is a browser on a phone: it keeps cookies and follows redirects.
type surfer struct {
	*http.Client
	issuer string
}

func (s *sandbox) surf(ip string) surfer {
	c := phone(ip)
	c.Jar, _ = cookiejar.New(nil)
	c.CheckRedirect = nil
	return surfer{c, s.Issuer}
}

// look fetches a page.
func (b surfer) look(t *testing.T, url string) (status int, body string) {
	t.Helper()
	return b.answer(t, http.MethodGet, url, "")
}

// press sends a page's form.
func (b surfer) press(t *testing.T, url, form string) (status int, body string) {
	t.Helper()
	return b.answer(t, http.MethodPost, url, form)
}

func (b surfer) answer(t *testing.T, method, url, form string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodPost {
		req.Header.Set("Origin", b.issuer)
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := b.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(text) + "\n" + res.Request.URL.String()
}

var formField = regexp.MustCompile(`name="handle" value="([^"]+)"`)

// enter goes from a link to the shop, agreeing where asked, and returns the last page.
func (b surfer) enter(t *testing.T, link string) (status int, body string) {
	t.Helper()
	status, body = b.press(t, link, "")
	if found := formField.FindStringSubmatch(body); found != nil {
		action := regexp.MustCompile(`action="([^"]+)"`).FindStringSubmatch(body)
		return b.press(t, b.issuer+action[1], url.Values{"handle": {found[1]}, "decision": {"allow"}}.Encode())
	}
	return status, body
}

// TestOneTap: a link logs its recipient in at the page that the message names, on their own data session, once; and nobody else.
func TestOneTap(t *testing.T) {
	eachStore(t, func(t *testing.T, args ...string) {
		s := startSandbox(t, args...)
		me, other := s.Subscribers[1], s.Subscribers[2]
		link, _ := s.tap(t, me)
		for range 100 {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				if status, body := s.surf(other.IP).answer(t, method, link, ""); status != http.StatusOK {
					t.Fatalf("%s: %d %s", method, status, body)
				}
			}
		}
		if status, body := s.surf(other.IP).enter(t, link); status != http.StatusForbidden || strings.Contains(body, s.Shop+"/offers") {
			t.Errorf("forwarded to another's phone: %d %s", status, body)
		}
		mine := s.surf(me.IP)
		status, body := mine.enter(t, link)
		if status != http.StatusOK || !strings.Contains(body, `id="customer"`) || !strings.HasSuffix(body, s.Shop+"/offers/longjing") {
			t.Fatalf("%d %s", status, body)
		}
		if status, body := mine.look(t, s.Shop); status != http.StatusOK || !strings.Contains(body, "顾客编号") {
			t.Errorf("%d %s", status, body)
		}
		for _, b := range []surfer{mine, s.surf(me.IP), s.surf(other.IP)} {
			if status, _ := b.enter(t, link); status != http.StatusGone {
				t.Errorf("again: %d", status)
			}
		}
		if status, body := s.surf(other.IP).look(t, s.Shop); !strings.Contains(body, "/login") {
			t.Errorf("the other is logged in: %d %s", status, body)
		}
	})
}

// TestOneTapEnds: a link is dead once its message is taken back, its sender suspended, or the number somebody else's.
func TestOneTapEnds(t *testing.T) {
	s := startSandbox(t)
	shop, me := s.enterprise(t, "shop"), s.Subscribers[1]
	lost := func(what, link string) {
		t.Helper()
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if status, _ := s.surf(me.IP).answer(t, method, link, ""); status != http.StatusNotFound {
				t.Errorf("%s: %d", what, status)
			}
		}
	}
	revoked, message := s.tap(t, me)
	var answer map[string]any
	if status := shop.ask(t, http.MethodPost, "messages/"+message.Message+"/revocation", map[string]any{}, &answer); status != http.StatusAccepted {
		t.Fatalf("%d %v", status, answer)
	}
	lost("taken back", revoked)
	link, _ := s.tap(t, me)
	s.admin(t, http.MethodPost, "/messaging/v1/chatbots/"+shop.AgentID+"/suspension", map[string]string{"why": "a test"})
	lost("of a suspended sender", link)
	s.admin(t, http.MethodPost, "/messaging/v1/chatbots/"+shop.AgentID+"/resumption", map[string]string{"why": "a test"})
	if status, body := s.surf(me.IP).look(t, link); status != http.StatusOK {
		t.Fatalf("%d %s", status, body)
	}
	s.operator(t, me.Number, "release", "")
	lost("of a number that nobody holds", link)
	s.operator(t, me.Number, "assign", "")
	s.operator(t, me.Number, "attach", fmt.Sprintf(`{"ip":%q}`, me.IP))
	lost("of a number that somebody else holds", link)
}

// TestOneTapBySMS: a text message carries the link of its recipient, and each gets another.
func TestOneTapBySMS(t *testing.T) {
	s := startSandbox(t)
	shop, a, b := s.enterprise(t, "shop"), s.Subscribers[1], s.Subscribers[2]
	for _, who := range []subscriber{a, b} {
		s.act(t, who, "device", map[string]bool{"rcs": false})
	}
	var message sent
	if status := shop.ask(t, http.MethodPost, "messages", s.tapMessage(shop, a, b), &message); status != http.StatusAccepted {
		t.Fatalf("%d %+v", status, message)
	}
	for _, who := range []subscriber{a, b} {
		if item := s.inbox(t, who, 1)[0]; item.Channel != "sms" {
			t.Fatalf("%+v", item)
		}
	}
	if s.lastLink(t, a) == s.lastLink(t, b) {
		t.Error("both have the same link")
	}
	if status, body := s.surf(b.IP).enter(t, s.lastLink(t, b)); status != http.StatusOK || !strings.Contains(body, `id="customer"`) {
		t.Errorf("%d %s", status, body)
	}
}

// TestOneTapKill kills the server after a link was pressed: it leads to the same ticket, which logs in once.
func TestOneTapKill(t *testing.T) {
	s := startSandbox(t)
	me := s.Subscribers[1]
	link, _ := s.tap(t, me)
	ticket := func() string {
		b := s.surf(me.IP)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		req, err := http.NewRequest(http.MethodPost, link, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", s.Issuer)
		res, err := b.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		return res.Header.Get("Location")
	}
	first := ticket()
	s.kill()
	s.start(t)
	if again := ticket(); first == "" || again != first {
		t.Errorf("%q before, %q after", first, again)
	}
	if status, body := s.surf(me.IP).enter(t, link); status != http.StatusOK || !strings.Contains(body, `id="customer"`) {
		t.Errorf("%d %s", status, body)
	}
	s.kill()
	s.start(t)
	if status, _ := s.surf(me.IP).enter(t, link); status != http.StatusGone {
		t.Errorf("after it was used: %d", status)
	}
}

// TestOneTapOpenIDClient: an app made with npm's openid-client is opened from a message.
func TestOneTapOpenIDClient(t *testing.T) {
	s := startSandbox(t)
	shop, me, other := s.enterprise(t, "shop"), s.Subscribers[3], s.Subscribers[4]
	home := "http://" + freeAddress(t)
	app := map[string]any{"name": "Tea club", "auth": "none", "profile": "oidc", "scopes": []string{"openid", "phone"}, "redirect_uris": []string{home + "/callback"},
		"initiate_login_uri": home + "/begin"}
	var made struct{ App struct{ ID string } }
	if err := json.Unmarshal(s.admin(t, http.MethodPost, "/account/v1/apps", app), &made); err != nil {
		t.Fatal(err)
	}
	target := home + "/club/7"
	message := map[string]any{"chatbot": shop.AgentID, "to": []string{me.Number}, "class": "service", "content": openButton("茶会邀请", "参加", target),
		"logins": []any{map[string]string{"client_id": made.App.ID, "url": target}}}
	var refused struct{ Reason string }
	if status := shop.ask(t, http.MethodPost, "messages", message, &refused); status != http.StatusForbidden || refused.Reason != "login_not_allowed" {
		t.Errorf("before the operator allows it: %d %+v", status, refused)
	}
	if out, err := s.run(t, "messaging", "app", "allow", shop.AgentID, made.App.ID, "--name", "茶友会", "--origin", home); err != nil {
		t.Fatal(err, out)
	}
	var accepted sent
	if status := shop.ask(t, http.MethodPost, "messages", message, &accepted); status != http.StatusAccepted {
		t.Fatalf("%d %+v", status, accepted)
	}
	s.inbox(t, me, 1)
	tapped := func(from string) (got struct {
		Landed, Error string
		Pages         int
		Claims        struct {
			Subject string   `json:"sub"`
			AMR     []string `json:"amr"`
		}
		UserInfo struct {
			PhoneNumber string `json:"phone_number"`
		}
	}) {
		runPeer(t, "onetap.mjs", map[string]any{"issuer": s.Issuer, "from": from, "link": s.lastLink(t, me), "target": target, "scope": "openid phone",
			"client": map[string]any{"client_id": made.App.ID, "initiate_login_uri": home + "/begin", "redirect_uris": []string{home + "/callback"}}}, &got)
		return got
	}
	if got := tapped(other.IP); got.Error == "" || got.Claims.Subject != "" {
		t.Errorf("on another's phone: %+v", got)
	}
	if got := tapped(me.IP); got.Landed != target || got.UserInfo.PhoneNumber != me.Number || got.Pages != 2 {
		t.Errorf("%+v", got)
	}
	if got := tapped(me.IP); got.Error == "" || got.Claims.Subject != "" {
		t.Errorf("a second time: %+v", got)
	}
}

// admin calls an operation as the operator.
func (s *sandbox) admin(t *testing.T, method, path string, body any) []byte {
	t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(method, s.Issuer+path, bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.AdminToken)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, _ := io.ReadAll(res.Body)
	if res.StatusCode >= http.StatusBadRequest {
		t.Fatalf("%s: %s %s", path, res.Status, got)
	}
	return got
}
