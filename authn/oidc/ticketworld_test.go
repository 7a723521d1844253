package oidc_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"simtrust"
	"simtrust/authn/oidc"
)

// phones are the screens of SIMs.
type phones struct {
	mu      sync.Mutex
	shown   map[string]oidc.Code // by Ref
	cleared []string
	err     error
}

func (p *phones) Show(_ context.Context, c oidc.Code) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return "", p.err
	}
	p.shown[c.Ref] = c
	return "prompt " + c.Ref, nil
}

func (p *phones) Clear(_ context.Context, _, prompt string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cleared = append(p.cleared, prompt)
	return nil
}

func (p *phones) fail(err error) { p.mu.Lock(); defer p.mu.Unlock(); p.err = err }

func (p *phones) count() int { p.mu.Lock(); defer p.mu.Unlock(); return len(p.shown) }

// digits are those of the one prompt so far.
func (p *phones) digits() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.shown {
		return c.Digits
	}
	return ""
}

// wrong is a code that is not c, for each n below 8 another.
func wrong(c string, n int) string { return c[:5] + string('0'+(c[5]-'0'+1+byte(n))%10) }

// askTicket has a ticket made by a client, for the person on line 1 at the shop, with changes.
func (w *world) askTicket(client string, changes ...string) reply {
	w.t.Helper()
	token := w.tokens(w.post("/token", url.Values{"grant_type": {"client_credentials"}, "scope": {oidc.ScopeTicket}}, w.basic(client)...)).Access
	fields := map[string]string{"id": "delivery 1", "tenure": string(w.lines.tenure("1")), "client_id": "shop",
		"target_link_uri": "https://shop.example/tea?id=5", "expires": w.now.Now().Add(time.Hour).Format(time.RFC3339Nano)}
	for i := 0; i < len(changes); i += 2 {
		fields[changes[i]] = changes[i+1]
	}
	body, err := json.Marshal(fields)
	w.must(err)
	req := w.request(http.MethodPost, "/authn/v1/tickets", string(body), "Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	return w.do(req)
}

type ticketRes struct {
	Ticket  string    `json:"ticket"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

func (w *world) ticketOf(r reply) (t ticketRes) {
	w.t.Helper()
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("ticket: %d %s", r.StatusCode, r.body)
	}
	w.must(json.Unmarshal([]byte(r.body), &t))
	return t
}

// ticket is a fresh one.
func (w *world) ticket(changes ...string) string {
	w.t.Helper()
	return w.ticketOf(w.askTicket("messages", append([]string{"id", simtrust.NewID("dlv")}, changes...)...)).Ticket
}

// reason is "status reason" of a problem.
func (r reply) reason() string {
	var p struct {
		Reason string `json:"reason"`
	}
	_ = json.Unmarshal([]byte(r.body), &p)
	return http.StatusText(r.StatusCode) + " " + p.Reason
}

// browser is somebody's, on a line or, with "", on none; it keeps its cookie.
type browser struct {
	w      *world
	line   string
	cookie string
}

func (w *world) browser(line string) *browser { return &browser{w: w, line: line} }

func (b *browser) send(method, path, body string, header ...string) reply {
	b.w.t.Helper()
	req := b.w.request(method, path, body, header...)
	if b.line != "" {
		req.Header.Set(lineHeader, b.line)
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", b.cookie)
	}
	res := b.w.do(req)
	for _, c := range res.Cookies() {
		b.cookie = c.Name + "=" + c.Value
	}
	return res
}

func (b *browser) tap(ticket string) reply {
	b.w.t.Helper()
	return b.send(http.MethodGet, "/tap/"+ticket, "")
}

// post answers a page of a link: without a code it asks for one.
func (b *browser) post(ticket, code string, header ...string) reply {
	b.w.t.Helper()
	form := url.Values{}
	if code != "" {
		form.Set("code", code)
	}
	if len(header) == 0 {
		header = []string{"Origin", b.w.issuer}
	}
	return b.send(http.MethodPost, "/tap/"+ticket, form.Encode(), header...)
}

// authorize asks as the shop would with the ticket, with changes.
func (b *browser) authorize(ticket string, changes ...string) reply {
	b.w.t.Helper()
	q := authorization(append([]string{"client_id", "shop", "scope", "openid phone", "login_hint", ticket}, changes...)...)
	return b.send(http.MethodGet, "/authorize?"+q.Encode(), "")
}

// allow presses the button of a consent page.
func (b *browser) allow(page reply) reply {
	b.w.t.Helper()
	found := handleField.FindStringSubmatch(page.body)
	if page.StatusCode != http.StatusOK || found == nil {
		b.w.t.Fatalf("no consent page: %d %v\n%s", page.StatusCode, page.Header, page.body)
	}
	form := url.Values{"handle": {found[1]}, "decision": {"allow"}}
	return b.send(http.MethodPost, "/authorize/consent", form.Encode(), "Origin", b.w.issuer)
}

// prove has the code shown and types it in.
func (b *browser) prove(ticket string) reply {
	b.w.t.Helper()
	b.tap(ticket)
	b.post(ticket, "")
	return b.post(ticket, b.w.phones.digits())
}

// consented has the holder on line 1 agree to what the shop asks for, so that no page is shown.
func (w *world) consented() *world {
	w.t.Helper()
	w.must(w.accounts.Consent(w.t.Context(), consentTo(w, "shop", "openid", "phone")))
	return w
}

// refusal is the error at the redirect URI; "" where there is a code.
func (r reply) refusal() string {
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(r.Header.Get("Location"), callback+"?") {
		return "no answer to the client: " + r.Status
	}
	return to.Query().Get("error")
}

// rows counts what is stored.
func (w *world) rows(query string, args ...any) (n int) {
	w.t.Helper()
	w.must(w.db.QueryRow(w.t.Context(), query, args...).Scan(&n))
	return n
}
