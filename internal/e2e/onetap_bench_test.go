//go:build bench

package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	tapPeople  = 200
	tapButtons = 11 // as many as a chip list has
	tapStock   = 4 * tapPeople * tapButtons
)

// BenchmarkOneTap measures logins by a link in a message, from the POST of its page to the code redeemed: the ticket, the provider's link, the
// app's authorization request with the hint, the token. The sandbox is on SQLite, its phones take processor time too.
func BenchmarkOneTap(b *testing.B) {
	machine(b)
	s := startSandbox(b, "--subscribers", fmt.Sprint(tapPeople))
	t := newTapSite(b, s)
	var rows [][]string
	for _, clients := range []int{1, 16} {
		name := fmt.Sprintf("%d clients", clients)
		t.phones(clients)
		all := contest(b, "one-tap login", 3, 500*time.Millisecond, time.Second, []contender{{name: name, process: &process{pid: s.cmd.Process.Pid}, clients: clients, step: t.login}})
		rows = append(rows, []string{fmt.Sprint(clients), fmt.Sprintf("%.0f", median(all[name], rate)), milliseconds(median(all[name], p50)), milliseconds(median(all[name], p99))})
	}
	results.add("One-tap logins on SQLite, from the page of the link to the code redeemed", []string{"clients", "logins/s", "p50", "p99"}, rows...)
}

// tapSite is the shop, with links to be used.
type tapSite struct {
	*sandbox
	b     *testing.B
	shop  app
	flow  flow
	mu    sync.Mutex
	links []tapped
	lines []map[string]*wire // of each client, by the phone's address
}

// tapped is a link on a phone.
type tapped struct{ path, ip string }

func newTapSite(b *testing.B, s *sandbox) *tapSite {
	t := &tapSite{sandbox: s, b: b, shop: s.app("shop")}
	t.flow = newFlow(t.shop.RedirectURIs[1])
	var bot chatbot
	for _, c := range s.Chatbots {
		if c.Name == "shop" {
			bot = c
		}
	}
	t.call(http.MethodPut, "/messaging/v1/chatbots/"+bot.AgentID+"/quotas", "Bearer "+s.AdminToken, "application/json",
		`{"per_second":1000000,"per_day":1000000,"per_month":10000000,"per_year":100000000}`)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	check(b, json.Unmarshal(t.call(http.MethodPost, "/token", basic(bot.ClientID, bot.ClientSecret), formType, "grant_type=client_credentials&scope=messaging:send"), &token))
	check(b, each(len(s.Subscribers), func(i int) error {
		who := s.Subscribers[i]
		t.call(http.MethodPut, "/messaging/v1/chatbots/"+bot.AgentID+"/opt-ins/"+who.Number, "Bearer "+token.AccessToken, "application/json", `{"evidence":"a benchmark"}`)
		return t.agree(who)
	}))
	for range tapStock / (tapPeople * tapButtons) {
		t.call(http.MethodPost, "/messaging/v1/messages", "Bearer "+token.AccessToken, "application/json", t.message(bot.AgentID))
	}
	t.collect()
	return t
}

func (t *tapSite) message(bot string) string {
	var chips, logins, to []any
	for n := range tapButtons {
		target := fmt.Sprintf("%s/offers/longjing?n=%d", t.Shop, n)
		chips = append(chips, map[string]any{"action": map[string]any{"displayText": fmt.Sprint("open ", n), "urlAction": map[string]any{"openUrl": map[string]string{"url": target, "application": "browser"}}}})
		logins = append(logins, map[string]string{"client_id": t.shop.ClientID, "url": target})
	}
	for _, who := range t.Subscribers {
		to = append(to, who.Number)
	}
	text, err := json.Marshal(map[string]any{"chatbot": bot, "to": to, "class": "service", "logins": logins, "content": map[string]any{"text": "tea", "suggestions": chips}})
	check(t.b, err)
	return string(text)
}

// call speaks to the server and fails the benchmark where that refuses.
func (t *tapSite) call(method, path, authorization, contentType, body string) []byte {
	req, err := http.NewRequest(method, t.Issuer+path, strings.NewReader(body))
	check(t.b, err)
	req.Header.Set("Authorization", authorization)
	req.Header.Set("Content-Type", contentType)
	res, err := http.DefaultClient.Do(req)
	check(t.b, err)
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	check(t.b, err)
	if res.StatusCode >= http.StatusBadRequest {
		t.b.Fatalf("%s: %s %s", path, res.Status, text)
	}
	return text
}

var (
	benchLink   = regexp.MustCompile(`/t/[0-9a-z]{44}`)
	benchHandle = regexp.MustCompile(`action="([^"]+)"(?s:.*)name="handle" value="([^"]+)"`)
)

// agree has a person come to the shop for the first time.
func (t *tapSite) agree(who subscriber) error {
	browser := phone(who.IP)
	browser.Jar, _ = cookiejar.New(nil)
	res, err := browser.Get(t.shop.authorizeURL(t.flow, "openid"))
	if err != nil {
		return err
	}
	defer res.Body.Close()
	page, err := io.ReadAll(res.Body)
	form := benchHandle.FindSubmatch(page)
	if err != nil || form == nil {
		return fmt.Errorf("no page of consent: %s %w", res.Status, err)
	}
	req, err := http.NewRequest(http.MethodPost, t.Issuer+string(form[1]), strings.NewReader(url.Values{"handle": {string(form[2])}, "decision": {"allow"}}.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", formType)
	req.Header.Set("Origin", t.Issuer)
	done, err := browser.Do(req)
	if err == nil {
		_ = done.Body.Close()
	}
	return err
}

// collect reads the links on all phones once they are there, so that neighbours in the list are different people's.
func (t *tapSite) collect() {
	of := make([][]string, len(t.Subscribers))
	deadline := time.Now().Add(5 * time.Minute)
	for i, who := range t.Subscribers {
		for len(of[i]) < tapStock/tapPeople {
			res, err := http.Get(t.Handset + "/subscribers/" + who.Number + "/inbox")
			check(t.b, err)
			text, err := io.ReadAll(res.Body)
			check(t.b, err)
			_ = res.Body.Close()
			if of[i] = benchLink.FindAllString(string(text), -1); len(of[i]) < tapStock/tapPeople && time.Now().After(deadline) {
				t.b.Fatalf("a phone has %d links", len(of[i]))
			}
		}
	}
	for n := range tapStock / tapPeople {
		for i, who := range t.Subscribers {
			t.links = append(t.links, tapped{of[i][n], who.IP})
		}
	}
}

// phones gives every client connections of its own.
func (t *tapSite) phones(clients int) {
	t.lines = make([]map[string]*wire, clients)
	for i := range t.lines {
		t.lines[i] = map[string]*wire{}
	}
}

func (t *tapSite) line(client int, ip string) *wire {
	if t.lines[client][ip] == nil {
		t.lines[client][ip] = &wire{to: strings.TrimPrefix(t.Issuer, "http://"), from: net.ParseIP(ip)}
	}
	return t.lines[client][ip]
}

// login uses one link.
func (t *tapSite) login(client int) error {
	t.mu.Lock()
	if len(t.links) == 0 {
		t.mu.Unlock()
		return fmt.Errorf("all %d links are used: the machine is faster than was thought", tapStock)
	}
	l := t.links[0]
	t.links = t.links[1:]
	t.mu.Unlock()
	line := t.line(client, l.ip)
	ticket, err := t.redirect(line, []byte("POST "+l.path+" HTTP/1.1\r\nHost: "+line.to+"\r\nOrigin: "+t.Issuer+"\r\nContent-Length: 0\r\n\r\n"))
	if err != nil {
		return err
	}
	start, err := t.redirect(line, getRequest(ticket.RequestURI(), line.to))
	if err != nil {
		return err
	}
	authorize, err := url.Parse(t.shop.authorizeURL(t.flow, "openid", "login_hint", start.Query().Get("login_hint")))
	if err != nil {
		return err
	}
	back, err := t.redirect(line, getRequest(authorize.RequestURI(), line.to))
	if err != nil {
		return err
	}
	form := url.Values{"grant_type": {"authorization_code"}, "client_id": {t.shop.ClientID}, "code": {back.Query().Get("code")}, "redirect_uri": {t.flow.redirect}, "code_verifier": {t.flow.verifier}}
	got, err := t.line(client, "").do(postRequest("/token", line.to, "", formType, form.Encode()))
	if err == nil && (got.status != http.StatusOK || !bytes.Contains(got.body, []byte("id_token"))) {
		err = fmt.Errorf("token: %d %s", got.status, got.body)
	}
	return err
}

// redirect is where an answer leads.
func (t *tapSite) redirect(line *wire, request []byte) (*url.URL, error) {
	got, err := line.do(request)
	if err != nil {
		return nil, err
	}
	to := got.header.Get("Location")
	if to == "" {
		return nil, fmt.Errorf("%d %s", got.status, got.body)
	}
	return url.Parse(to)
}
