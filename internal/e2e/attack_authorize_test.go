//go:build e2e

package e2e

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// get answers the response to a GET and its body.
func get(t testing.TB, from *http.Client, url string) (*http.Response, string) {
	t.Helper()
	res, err := from.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// TestRedirectURITricks: a redirect URI is one of the registered ones to the character; for any other there is a page and no redirect.
func TestRedirectURITricks(t *testing.T) { eachAttacked(t, attackRedirectURITricks) }

func attackRedirectURITricks(t *testing.T, s *sandbox) {
	from := phone(s.Subscribers[1].IP)
	for _, uri := range []string{
		"", callback + "/", callback + "x", callback + "/../evil", callback + "?x=1", callback + "?", callback + "#", callback + "#x", callback + ";x",
		callback + " ", " " + callback, callback + "\n", callback + "\r\nSet-Cookie: a=b", callback + "\x00", callback + "%00", callback + "%20",
		"http://127.0.0.1:9/%63allback", "http://127.0.0.1:9//callback", "http://127.0.0.1:9/./callback", "http://127.0.0.1:9\\callback",
		"http://127.0.0.1:9/Callback", "HTTP://127.0.0.1:9/callback", "https://127.0.0.1:9/callback", "//127.0.0.1:9/callback",
		"http://evil@127.0.0.1:9/callback", "http://127.0.0.1:9@evil.example/callback", "http://127.0.0.1:9.evil.example/callback",
		"http://127.0.0.1:10/callback", "http://127.0.0.1/callback", "http://127.0.0.1:09/callback", "http://127.0.0.1.:9/callback",
		"http://localhost:9/callback", "http://127.1:9/callback", "http://[::ffff:127.0.0.1]:9/callback", "http://2130706433:9/callback",
		"http://evil.example/" + callback, "javascript:alert(1)", "data:text/html,x",
	} {
		for _, name := range []string{"shop", "camara", "bank"} {
			a := s.app(name)
			f := newFlow(uri)
			res, body := get(t, from, a.authorizeURL(f, "openid"))
			if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" || len(res.Cookies()) > 0 ||
				!strings.Contains(body, "invalid_request: redirect_uri is missing, repeated or not registered for the client") {
				t.Errorf("%s with %q: %s %v\n%s", name, uri, res.Status, res.Header, body)
			}
		}
	}
	a := s.app("camara")
	for _, more := range []string{"&redirect_uri=" + url.QueryEscape(callback), "&redirect_uri=http://evil.example", "&client_id=" + a.ClientID, "&client_id="} {
		res, _ := get(t, from, a.authorizeURL(newFlow(callback), verifyScope)+more)
		if more == "&client_id=" {
			continue // a parameter without a value counts as left out (RFC 6749 §3.1)
		}
		if res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("%s: %s %v", more, res.Status, res.Header)
		}
	}
	for _, id := range []string{"", "nobody", a.ClientID + " ", strings.ToUpper(a.ClientID), a.ClientID + "\x00"} {
		b := a
		b.ClientID = id
		if res, _ := get(t, from, b.authorizeURL(newFlow(callback), verifyScope)); res.StatusCode != http.StatusBadRequest || res.Header.Get("Location") != "" {
			t.Errorf("client %q: %s %v", id, res.Status, res.Header)
		}
	}
}

// TestAuthorizationRequestAttacks: a request that is wrong in itself goes back to the client with the error of the standard.
func TestAuthorizationRequestAttacks(t *testing.T) { eachAttacked(t, attackAuthorizationRequest) }

func attackAuthorizationRequest(t *testing.T, s *sandbox) {
	from := phone(s.Subscribers[1].IP)
	challenge := strings.Repeat("a", 43)
	for name, tt := range map[string]struct {
		client string
		change []string
		want   string
	}{
		"no PKCE, camara":            {"camara", []string{"code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"no PKCE, public":            {"shop", []string{"scope", "openid phone", "code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"no PKCE, fapi2":             {"bank", []string{"scope", "openid phone", "code_challenge", "", "code_challenge_method", ""}, "invalid_request"},
		"plain":                      {"camara", []string{"code_challenge_method", "plain"}, "invalid_request"},
		"plain by default":           {"camara", []string{"code_challenge_method", ""}, "invalid_request"},
		"method in lower case":       {"camara", []string{"code_challenge_method", "s256"}, "invalid_request"},
		"method without challenge":   {"camara", []string{"code_challenge", ""}, "invalid_request"},
		"challenge too short":        {"camara", []string{"code_challenge", challenge[1:]}, "invalid_request"},
		"challenge too long":         {"camara", []string{"code_challenge", challenge + "a"}, "invalid_request"},
		"challenge in base64":        {"camara", []string{"code_challenge", challenge[2:] + "+/"}, "invalid_request"},
		"implicit flow":              {"camara", []string{"response_type", "token"}, "unsupported_response_type"},
		"hybrid flow":                {"camara", []string{"response_type", "code id_token"}, "unsupported_response_type"},
		"no response type":           {"camara", []string{"response_type", ""}, "invalid_request"},
		"fragment":                   {"camara", []string{"response_mode", "fragment"}, "invalid_request"},
		"form_post":                  {"camara", []string{"response_mode", "form_post"}, "invalid_request"},
		"request object":             {"camara", []string{"request", "eyJhbGciOiJub25lIn0.e30."}, "request_not_supported"},
		"request object elsewhere":   {"camara", []string{"request_uri", "http://127.0.0.1:1/"}, "request_uri_not_supported"},
		"no scope":                   {"camara", []string{"scope", ""}, "invalid_scope"},
		"scope of another client":    {"camara", []string{"scope", verifyScope + " phone"}, "invalid_scope"},
		"scope of the server":        {"camara", []string{"scope", verifyScope + " number:feed"}, "invalid_scope"},
		"scope with quotes":          {"camara", []string{"scope", verifyScope + ` "`}, "invalid_scope"},
		"no purpose":                 {"camara", []string{"scope", "openid number-verification:verify"}, "invalid_scope"},
		"two purposes":               {"camara", []string{"scope", verifyScope + " dpv:RequestedServiceProvision"}, "invalid_scope"},
		"unknown purpose":            {"camara", []string{"scope", "openid number-verification:verify dpv:Advertising"}, "invalid_scope"},
		"mixed with another API":     {"camara", []string{"scope", verifyScope + " number-recycling:check"}, "invalid_scope"},
		"prompt none and login":      {"camara", []string{"prompt", "none login"}, "invalid_request"},
		"unknown prompt":             {"camara", []string{"prompt", "create"}, "invalid_request"},
		"max_age of letters":         {"camara", []string{"max_age", "x"}, "invalid_request"},
		"nonce too long":             {"camara", []string{"nonce", strings.Repeat("n", 513)}, "invalid_request"},
		"nonce with a line break":    {"camara", []string{"nonce", "a\r\nb"}, "invalid_request"},
		"hint that is no token":      {"camara", []string{"id_token_hint", "x.y.z"}, "invalid_request"},
		"purpose that needs consent": {"camara", []string{"scope", "openid number-verification:verify dpv:RequestedServiceProvision"}, "consent_required"},
		"login without consent":      {"shop", []string{"scope", "openid phone", "prompt", "none"}, "consent_required"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.app(tt.client).authorize(t, from, newFlow(callback), verifyScope, tt.change...); got.Get("error") != tt.want || got.Has("code") {
				t.Errorf("%v", got)
			}
		})
	}
	t.Run("repeated", func(t *testing.T) {
		for _, param := range []string{"scope", "state", "nonce", "code_challenge", "response_type", "prompt"} {
			a, f := s.app("camara"), newFlow(callback)
			res, _ := get(t, from, a.authorizeURL(f, verifyScope, "prompt", "none")+"&"+param+"=x")
			back, err := url.Parse(res.Header.Get("Location"))
			if q := back.Query(); err != nil || q.Get("error") != "invalid_request" || q.Has("code") || param == "state" && q.Has("state") {
				t.Errorf("%s: %v", param, q)
			}
		}
	})
}

// TestStateInjection: what a request carries in state comes back encoded, or not at all, and never becomes a header.
func TestStateInjection(t *testing.T) { eachAttacked(t, attackStateInjection) }

func attackStateInjection(t *testing.T, s *sandbox) {
	a, from := s.app("camara"), phone(s.Subscribers[1].IP)
	for state, whole := range map[string]bool{
		`"><script>alert(1)</script>`: true, "a&code=stolen&iss=evil": true, "ü %0d%0aX: y #frag": true, strings.Repeat("s", 4096): true,
		"a\r\nSet-Cookie: a=b": false, "a\nLocation: http://evil.example": false, "a\x00b": false, "\xff\xfe": false,
	} {
		f := newFlow(callback)
		f.state = state
		res, _ := get(t, from, a.authorizeURL(f, verifyScope))
		for try := 0; strings.Contains(res.Header.Get("Location"), unavailable) && try < triesAgain; try++ {
			<-time.After(triesAfter)
			res, _ = get(t, from, a.authorizeURL(f, verifyScope))
		}
		location := res.Header.Get("Location")
		back, err := url.Parse(location)
		if err != nil || !strings.HasPrefix(location, callback+"?") || len(res.Header.Values("Location")) != 1 || len(res.Cookies()) != 0 || back.Fragment != "" {
			t.Errorf("%q: %v %v", state, res.Header, err)
			continue
		}
		q := back.Query()
		if len(q["iss"]) != 1 || len(q["code"]) > 1 || q.Get("iss") != s.Issuer {
			t.Errorf("%q: %v", state, q)
		}
		if whole && (q.Get("state") != state || q.Get("code") == "") || !whole && (q.Has("state") || q.Get("error") != "invalid_request") {
			t.Errorf("%q: %v", state, q)
		}
	}
}
