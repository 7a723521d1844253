//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"
)

// verdict is what a server made of something that is good for one use.
type verdict string

const (
	accepted    verdict = "accepted"
	refused     verdict = "refused"     // used before, as far as the server knows
	unknown     verdict = "unknown"     // 503: the outcome is not known
	unreachable verdict = "unreachable" // the connection broke before there was an answer
	cut         verdict = "cut"         // the connection broke within the answer
	odd         verdict = "odd"         // anything else
)

// ticket is a code or a token: good for one use, in all the time that the store exists.
type ticket struct {
	name     string
	use      func(into any) (verdict, error)
	accepted atomic.Int32
	last     verdict
}

// history is every ticket that was ever issued, and what was wrong with what became of them.
type history struct {
	dying atomic.Bool // the server is being killed: connections may break

	mu      sync.Mutex
	tickets []*ticket
	faults  []string
	counts  map[verdict]int
}

func (h *history) fault(format string, args ...any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.faults) < 20 {
		h.faults = append(h.faults, fmt.Sprintf(format, args...))
	}
}

func (h *history) issue(name string, use func(into any) (verdict, error)) *ticket {
	t := &ticket{name: name, use: use}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.tickets = append(h.tickets, t)
	return t
}

// present uses the ticket and notes what the server said.
func (h *history) present(t *ticket, into any) verdict {
	if into == nil {
		into = new(any)
	}
	v, err := t.use(into)
	h.note(t.name, v, err)
	if v == accepted && t.accepted.Add(1) > 1 {
		h.fault("a %s was accepted twice", t.name)
	}
	h.mu.Lock()
	t.last = v
	h.mu.Unlock()
	return v
}

// settle uses the ticket until the server knows the outcome.
func (h *history) settle(t *ticket, into any) verdict {
	v := h.present(t, into)
	for try := 0; v == unknown && try < triesAgain; try++ {
		<-time.After(triesAfter)
		v = h.present(t, into)
	}
	return v
}

// note counts a verdict, and complains about one that a client must not see.
func (h *history) note(what string, v verdict, err error) {
	h.mu.Lock()
	if h.counts == nil {
		h.counts = map[verdict]int{}
	}
	h.counts[v]++
	h.mu.Unlock()
	if v == odd || (v == cut || v == unreachable) && !h.dying.Load() {
		h.fault("%s: %s: %v", what, v, err)
	}
}

func (h *history) count(v verdict) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.counts[v]
}

// since answers the tickets issued after the first n.
func (h *history) since(n int) []*ticket {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.tickets[n:len(h.tickets):len(h.tickets)]
}

// login is one full login: authorize, token, verify, each answered as it should. It reports whether the server answered at all.
// With again every code or, in turn, every token is presented a second time at the same moment.
func (h *history) login(a app, from *http.Client, number string, turn int, again bool) bool {
	code, ok := h.code(a, from, number)
	if !ok {
		return false
	}
	var got answer
	if again && turn%2 == 0 {
		ok = h.race(code, &got)
	} else {
		ok = h.present(code, &got) != unreachable
	}
	if !ok || got.AccessToken == "" {
		return ok
	}
	token := h.token(a, got.AccessToken, number)
	if again && turn%2 == 1 {
		return h.race(token, nil)
	}
	return h.present(token, nil) != unreachable
}

// race presents the ticket twice at once. Where both were answered, one was accepted.
func (h *history) race(t *ticket, got *answer) bool {
	var second answer
	var v [2]verdict
	var wg sync.WaitGroup
	wg.Go(func() { v[1] = h.present(t, &second) })
	if got == nil {
		got = new(answer)
	}
	v[0] = h.present(t, got)
	wg.Wait()
	if got.AccessToken == "" {
		*got = second
	}
	if v[0] == refused && v[1] == refused {
		h.fault("a fresh %s was refused twice", t.name)
	}
	return v[0] != unreachable && v[1] != unreachable
}

// code asks for an authorization code, again where the server says so.
func (h *history) code(a app, from *http.Client, number string) (*ticket, bool) {
	f := newFlow(a.RedirectURIs[0])
	code, v, err := a.tryAuthorize(from, f)
	h.note("authorize", v, err)
	for try := 0; v == unknown && try < triesAgain; try++ {
		<-time.After(triesAfter)
		code, v, err = a.tryAuthorize(from, f)
		h.note("authorize", v, err)
	}
	if v != accepted {
		return nil, false
	}
	return h.issue("code", func(into any) (verdict, error) { return a.redeem(f, code, into) }), true
}

// token is an access token of the number.
func (h *history) token(a app, token, number string) *ticket {
	return h.issue("token", func(any) (verdict, error) { return a.spend(token, number) })
}

// tryAuthorize is authorize for a server that may go away.
func (a app) tryAuthorize(from *http.Client, f flow) (string, verdict, error) {
	res, err := from.Get(a.authorizeURL(f, verifyScope))
	if err != nil {
		return "", unreachable, err
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, res.Body); err != nil {
		return "", cut, err
	}
	back, err := url.Parse(res.Header.Get("Location"))
	switch q := back.Query(); {
	case res.StatusCode == http.StatusServiceUnavailable:
		return "", unknown, nil
	case err != nil || res.StatusCode != http.StatusFound:
		return "", odd, fmt.Errorf("%s", res.Status)
	case q.Get("code") != "":
		return q.Get("code"), accepted, nil
	case q.Get("error") == unavailable:
		return "", unknown, nil
	default:
		return "", odd, fmt.Errorf("%v", q)
	}
}

// redeem exchanges a code at the token endpoint.
func (a app) redeem(f flow, code string, into any) (verdict, error) {
	req, err := a.request("/token", url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {f.redirect}, "code_verifier": {f.verifier}})
	if err != nil {
		return odd, err
	}
	var oauth struct {
		Error string `json:"error"`
	}
	return send(a.http, req, into, &oauth, func(status int) bool {
		return status == http.StatusBadRequest && oauth.Error == "invalid_grant"
	})
}

// spend uses a token for number verification.
func (a app) spend(token, number string) (verdict, error) {
	req, err := a.apiRequest(http.MethodPost, "/number-verification/v2/verify", token, fmt.Sprintf(`{"phoneNumber":%q}`, number))
	if err != nil {
		return odd, err
	}
	var got apiAnswer
	v, err := send(a.http, req, &got, &got, func(status int) bool {
		return status == http.StatusUnauthorized && got.Code == "UNAUTHENTICATED"
	})
	if v == accepted && (got.Verified == nil || !*got.Verified) {
		return odd, errors.New("the number was not verified")
	}
	return v, err
}

// send sends a request and judges the answer: 200 or 201 goes to ok, another status to bad, and is a refusal if isRefusal says so.
func send(c *http.Client, req *http.Request, ok, bad any, isRefusal func(status int) bool) (verdict, error) {
	res, err := c.Do(req)
	if err != nil {
		return unreachable, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		return cut, err
	}
	into, good := bad, res.StatusCode == http.StatusOK || res.StatusCode == http.StatusCreated
	if good {
		into = ok
	}
	err = json.Unmarshal(body, into)
	switch {
	case err != nil:
		return odd, err
	case good:
		return accepted, nil
	case res.StatusCode == http.StatusServiceUnavailable:
		return unknown, nil
	case isRefusal(res.StatusCode):
		return refused, nil
	}
	return odd, fmt.Errorf("%s: %s", res.Status, body)
}
