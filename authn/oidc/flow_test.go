package oidc_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"simtrust/authn/oidc"
)

// reply is a response read to its end.
type reply struct {
	*http.Response
	body string
}

func (w *world) do(req *http.Request) reply {
	w.t.Helper()
	res, err := w.http.Do(req)
	w.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	w.must(err)
	return reply{res, string(body)}
}

func (w *world) request(method, path, body string, header ...string) *http.Request {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.base+path, strings.NewReader(body))
	w.must(err)
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	return req
}

// get asks over line 1.
func (w *world) get(path string, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, path, "", append(header, lineHeader, "1")...))
}

func (w *world) post(path string, form url.Values, header ...string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodPost, path, form.Encode(), header...))
}

// authorize asks as camara for number verification, with changes: an empty value removes a parameter.
func (w *world) authorize(changes ...string) reply {
	w.t.Helper()
	return w.get("/authorize?" + authorization(changes...).Encode())
}

func authorization(changes ...string) url.Values {
	q := url.Values{
		"client_id": {"camara"}, "redirect_uri": {callback}, "response_type": {"code"}, "state": {"st-1"}, "nonce": {"no-1"},
		"scope": {"openid " + oidc.ScopeVerify + " " + oidc.ScopeShare + " " + purpose}, "code_challenge_method": {"S256"}, "code_challenge": {challenge(verifier)},
	}
	return changed(q, changes...)
}

func changed(q url.Values, changes ...string) url.Values {
	for i := 0; i < len(changes); i += 2 {
		q.Set(changes[i], changes[i+1])
		if changes[i+1] == "" {
			q.Del(changes[i])
		}
	}
	return q
}

func challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// answer is the response at the redirect URI.
func (r reply) answer(t testing.TB) url.Values {
	t.Helper()
	to, err := url.Parse(r.Header.Get("Location"))
	if err != nil || !strings.HasPrefix(r.Header.Get("Location"), callback+"?") {
		t.Fatalf("%d to %q: not a redirect to the client\n%s", r.StatusCode, r.Header.Get("Location"), r.body)
	}
	return to.Query()
}

func (w *world) code(changes ...string) string {
	w.t.Helper()
	code := w.authorize(changes...).answer(w.t).Get("code")
	if code == "" {
		w.t.Fatal("no code")
	}
	return code
}

// exchange is a token request of the camara client for a code.
func (w *world) exchange(code string, changes ...string) url.Values {
	return changed(url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback}, "code_verifier": {verifier},
		"client_assertion_type": {assertionType}, "client_assertion": {camaraKey.assertion(w, "camara")},
	}, changes...)
}

type tokens struct {
	Access  string `json:"access_token"`
	Type    string `json:"token_type"`
	Expires int    `json:"expires_in"`
	Scope   string `json:"scope"`
	ID      string `json:"id_token"`
}

func (w *world) tokens(r reply) tokens {
	w.t.Helper()
	if r.StatusCode != http.StatusOK {
		w.t.Fatalf("token: %d %s", r.StatusCode, r.body)
	}
	var out tokens
	w.must(json.Unmarshal([]byte(r.body), &out))
	return out
}

// verification returns a fresh number-verification token.
func (w *world) verification() string {
	w.t.Helper()
	return w.tokens(w.post("/token", w.exchange(w.code()))).Access
}

const (
	pathVerify = "/number-verification/v2/verify"
	pathShare  = "/number-verification/v2/device-phone-number"
)

func (w *world) verify(token, body string, header ...string) reply {
	w.t.Helper()
	req := w.request(http.MethodPost, pathVerify, body, append(header, "Authorization", "Bearer "+token)...)
	req.Header.Set("Content-Type", "application/json")
	return w.do(req)
}

func (w *world) share(token string) reply {
	w.t.Helper()
	return w.do(w.request(http.MethodGet, pathShare, "", "Authorization", "Bearer "+token))
}

// oauthError is "status error" of an OAuth error response.
func (r reply) oauthError() string {
	var e struct {
		Error string `json:"error"`
	}
	_ = json.Unmarshal([]byte(r.body), &e)
	return http.StatusText(r.StatusCode) + " " + e.Error
}

// camaraError is the code of an ErrorInfo, after its status.
func (r reply) camaraError() string {
	var e struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	}
	_ = json.Unmarshal([]byte(r.body), &e)
	if e.Status != r.StatusCode {
		return "status and body differ: " + r.body
	}
	return http.StatusText(r.StatusCode) + " " + e.Code
}
