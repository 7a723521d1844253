//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

// callback is the redirect URI of the sandbox's clients that have no server of their own.
const callback = "http://127.0.0.1:9/callback"

// authorizeWith is authorize with a request that the test has changed.
func (a app) authorizeWith(t *testing.T, from *http.Client, f flow, change func(*http.Request)) url.Values {
	t.Helper()
	q := a.authorizeWithOnce(t, from, f, change)
	for try := 0; q.Get("error") == unavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		q = a.authorizeWithOnce(t, from, f, change)
	}
	return q
}

func (a app) authorizeWithOnce(t *testing.T, from *http.Client, f flow, change func(*http.Request)) url.Values {
	t.Helper()
	req, err := http.NewRequest(http.MethodGet, a.authorizeURL(f, verifyScope), nil)
	if err != nil {
		t.Fatal(err)
	}
	change(req)
	res, err := from.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	back, err := url.Parse(res.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(res.Header.Get("Location"), callback) {
		t.Fatalf("authorize: %s %v", res.Status, res.Header)
	}
	return back.Query()
}

// consentPage is a consent page as it was shown to a browser that had no cookie.
type consentPage struct {
	handle, body string
	header       http.Header
	cookie       *http.Cookie
}

var handleField = regexp.MustCompile(`name="handle" value="([^"]+)"`)

func (a app) consentPage(t *testing.T, ip string) consentPage {
	t.Helper()
	res, body := get(t, phone(ip), a.authorizeURL(newFlow(callback), "openid phone"))
	for try := 0; strings.Contains(res.Header.Get("Location"), unavailable) && try < triesAgain; try++ {
		<-time.After(triesAfter)
		res, body = get(t, phone(ip), a.authorizeURL(newFlow(callback), "openid phone"))
	}
	found := handleField.FindStringSubmatch(body)
	if res.StatusCode != http.StatusOK || found == nil || len(res.Cookies()) != 1 {
		t.Fatalf("no consent page: %s %v\n%s", res.Status, res.Header, body)
	}
	return consentPage{found[1], body, res.Header, res.Cookies()[0]}
}

// consentAnswer is a POST that says yes to a page.
type consentAnswer struct {
	page          consentPage
	ip            string
	origin        []string
	cookie, extra *http.Cookie
}

// answerConsent sends the answer; the response has no body left.
func (a app) answerConsent(c consentAnswer) (*http.Response, error) {
	form := url.Values{"handle": {c.page.handle}, "decision": {"allow"}}
	req, err := http.NewRequest(http.MethodPost, a.issuer+"/authorize/consent", strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if c.origin != nil {
		req.Header["Origin"] = c.origin
	}
	for _, cookie := range []*http.Cookie{c.cookie, c.extra} {
		if cookie != nil {
			req.AddCookie(cookie)
		}
	}
	res, err := phone(c.ip).Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, res.Body)
	return res, err
}
