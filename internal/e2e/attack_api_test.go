//go:build e2e

package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	verifyPath  = "/number-verification/v2/verify"
	sharePath   = "/number-verification/v2/device-phone-number"
	recyclePath = "/number-recycling/v0.2/check"
)

// want is the exact answer to an attack on a CAMARA API.
type want struct {
	status int
	code   string
}

// ask sends one request to an API, again where it is told to; change may do anything to it.
func (a app) ask(t *testing.T, method, path, token, body string, change func(*http.Request)) (want, http.Header) {
	t.Helper()
	got, header := a.askOnce(t, method, path, token, body, change)
	for try := 0; got.status == http.StatusServiceUnavailable && try < triesAgain; try++ {
		<-time.After(triesAfter)
		got, header = a.askOnce(t, method, path, token, body, change)
	}
	return got, header
}

func (a app) askOnce(t *testing.T, method, path, token, body string, change func(*http.Request)) (want, http.Header) {
	t.Helper()
	req, err := a.apiRequest(method, path, token, body)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(req)
	}
	res, err := a.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, _ := io.ReadAll(res.Body)
	got := struct {
		Status int    `json:"status"`
		Code   string `json:"code"`
	}{}
	if res.StatusCode >= 400 {
		if err := json.Unmarshal(text, &got); err != nil || got.Status != res.StatusCode {
			t.Errorf("%s %s: %s: %s", method, path, res.Status, text)
		}
	}
	return want{res.StatusCode, got.Code}, res.Header
}

// verifyToken is a fresh token for number verification.
func (s *sandbox) verifyToken(t *testing.T, me subscriber) string {
	t.Helper()
	camara, f := s.app("camara"), newFlow(callback)
	got := camara.token(t, f, camara.authorize(t, phone(me.IP), f, verifyScope).Get("code"))
	if got.AccessToken == "" {
		t.Fatalf("no token: %+v", got)
	}
	return got.AccessToken
}

// TestBodyAttacks: a body that is not exactly one JSON object of the operation's shape is refused, and costs no token.
func TestBodyAttacks(t *testing.T) { eachAttacked(t, attackBody) }

func attackBody(t *testing.T, s *sandbox) {
	camara, me := s.app("camara"), s.Subscribers[1]
	token := s.verifyToken(t, me)
	good := fmt.Sprintf(`{"phoneNumber":%q}`, me.Number)
	header := func(name string, values ...string) func(*http.Request) {
		return func(r *http.Request) { r.Header[name] = values }
	}
	invalid := want{http.StatusBadRequest, "INVALID_ARGUMENT"}
	media := want{http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE"}
	for name, tt := range map[string]struct {
		body   string
		change func(*http.Request)
		want   want
	}{
		"empty":                 {"", header("Content-Type", "application/json"), invalid},
		"empty object":          {"{}", nil, invalid},
		"null":                  {"null", nil, invalid},
		"list":                  {"[" + good + "]", nil, invalid},
		"text":                  {`"` + me.Number + `"`, nil, invalid},
		"twice":                 {good + good, nil, invalid},
		"trailing brace":        {good + "}", nil, invalid},
		"trailing NUL":          {good + "\x00", nil, invalid},
		"cut short":             {good[:len(good)-1], nil, invalid},
		"byte order mark":       {"\ufeff" + good, nil, invalid},
		"comment":               {"/**/" + good, nil, invalid},
		"single quotes":         {strings.ReplaceAll(good, `"`, `'`), nil, invalid},
		"duplicate member":      {`{"phoneNumber":"+8613800000002",` + good[1:], nil, invalid},
		"duplicate, escaped":    {`{"phone\u004eumber":"+8613800000002",` + good[1:], nil, invalid},
		"duplicate, unknown":    {`{"x":1,"x":2,` + good[1:], nil, invalid},
		"other case":            {strings.Replace(good, "phoneNumber", "PhoneNumber", 1), nil, invalid},
		"other case beside":     {`{"PHONENUMBER":"+8613800000002",` + good[1:], nil, invalid},
		"number of numbers":     {`{"phoneNumber":8613800000002}`, nil, invalid},
		"list of numbers":       {`{"phoneNumber":["` + me.Number + `"]}`, nil, invalid},
		"null number":           {`{"phoneNumber":null}`, nil, invalid},
		"no plus":               {`{"phoneNumber":"8613800000002"}`, nil, invalid},
		"full-width digits":     {`{"phoneNumber":"+８６13800000002"}`, nil, invalid},
		"spaces":                {`{"phoneNumber":"+86 138 0000 0002"}`, nil, invalid},
		"newline after":         {`{"phoneNumber":"+8613800000002\n"}`, nil, invalid},
		"too long":              {`{"phoneNumber":"+8613800000002000"}`, nil, invalid},
		"leading zero":          {`{"phoneNumber":"+0613800000002"}`, nil, invalid},
		"both forms":            {`{"hashedPhoneNumber":"` + strings.Repeat("a", 64) + `",` + good[1:], nil, invalid},
		"short hash":            {`{"hashedPhoneNumber":"` + strings.Repeat("a", 63) + `"}`, nil, invalid},
		"hash not hex":          {`{"hashedPhoneNumber":"` + strings.Repeat("g", 64) + `"}`, nil, invalid},
		"lone surrogate":        {`{"x":"\ud800",` + good[1:], nil, invalid},
		"not UTF-8":             {"{\"x\":\"\xff\"," + good[1:], nil, invalid},
		"deep nesting":          {`{"x":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `,` + good[1:], nil, invalid},
		"70 KB":                 {`{"x":"` + strings.Repeat("x", 70_000) + `",` + good[1:], nil, want{http.StatusBadRequest, "INVALID_ARGUMENT"}},
		"70 KB, chunked":        {`{"x":"` + strings.Repeat("x", 70_000) + `",` + good[1:], func(r *http.Request) { r.ContentLength = -1 }, invalid},
		"form":                  {"phoneNumber=" + url.QueryEscape(me.Number), header("Content-Type", "application/x-www-form-urlencoded"), media},
		"text/plain":            {good, header("Content-Type", "text/plain"), media},
		"no type":               {good, header("Content-Type"), media},
		"two types":             {good, header("Content-Type", "application/json", "text/plain"), media},
		"UTF-16":                {good, header("Content-Type", "application/json; charset=utf-16"), media},
		"gzip":                  {good, header("Content-Encoding", "gzip"), media},
		"correlator with space": {good, header("X-Correlator", "a b"), invalid},
		"two correlators":       {good, header("X-Correlator", "a", "b"), invalid},
		"long correlator":       {good, header("X-Correlator", strings.Repeat("c", 257)), invalid},
		"correlator in Latin-1": {good, header("X-Correlator", "\xfc"), invalid},
		"two tokens":            {good, header("Authorization", "Bearer "+token, "Bearer "+token), want{http.StatusUnauthorized, "UNAUTHENTICATED"}},
		"Basic":                 {good, header("Authorization", "Basic "+token), want{http.StatusUnauthorized, "UNAUTHENTICATED"}},
		"token in the query": {good, func(r *http.Request) {
			r.Header.Del("Authorization")
			r.URL.RawQuery = "access_token=" + token
		}, want{http.StatusUnauthorized, "UNAUTHENTICATED"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, h := camara.ask(t, http.MethodPost, verifyPath, token, tt.body, tt.change)
			if got != tt.want || len(h.Values("X-Correlator")) != 1 || h.Get("X-Correlator") == "" {
				t.Errorf("%+v, want %+v; %v", got, tt.want, h)
			}
		})
	}
	got, h := camara.ask(t, http.MethodPost, verifyPath, token, `{"later":{"version":[1]},`+good[1:], header("X-Correlator", "Az09-_:;./<>{}"))
	if got.status != http.StatusOK || h.Get("X-Correlator") != "Az09-_:;./<>{}" {
		t.Errorf("the token did not survive, or an unknown member or a good correlator was refused: %+v %v", got, h)
	}
}

// TestOwnAPIBodyAttacks: the server's own API refuses unknown members too, and answers problems.
func TestOwnAPIBodyAttacks(t *testing.T) { eachAttacked(t, attackOwnAPI) }

func attackOwnAPI(t *testing.T, s *sandbox) {
	for name, tt := range map[string]struct {
		path, body string
		status     int
	}{
		"unknown member":         {"/renumber/v1/show", `{"number":"+8613800000001","x":1}`, 400},
		"unknown query":          {"/renumber/v1/show?x=1", `{"number":"+8613800000001"}`, 400},
		"duplicate":              {"/renumber/v1/show", `{"number":"+8613800000001","number":"+8613800000001"}`, 400},
		"other case":             {"/renumber/v1/show", `{"Number":"+8613800000001"}`, 400},
		"trailing":               {"/renumber/v1/show", `{"number":"+8613800000001"} 1`, 400},
		"no number":              {"/renumber/v1/show", `{"number":"1' or '1'='1"}`, 400},
		"never ours":             {"/renumber/v1/show", `{"number":"+8613899999999"}`, 404},
		"no source":              {"/renumber/v1/feed", `{"events":[]}`, 400},
		"events of another kind": {"/renumber/v1/feed", `{"source":"x","events":{}}`, 400},
		"2 MB":                   {"/renumber/v1/feed", `{"source":"` + strings.Repeat("x", 2<<20) + `"}`, 413},
		"unknown path":           {"/renumber/v1/nothing", `{}`, 404},
		"path with dots":         {"/renumber/v1/../v1/show", `{"number":"+8613800000001"}`, 404},
		"double slash":           {"//renumber/v1/show", `{"number":"+8613800000001"}`, 404},
		"app without redirect":   {"/account/v1/apps", `{"name":"x","auth":"none","profile":"oidc","redirect_uris":[],"scopes":["openid"]}`, 400},
		"app with script":        {"/account/v1/apps", `{"name":"x","auth":"none","profile":"oidc","redirect_uris":["javascript:alert(1)"],"scopes":["openid"]}`, 400},
		"app with fragment":      {"/account/v1/apps", `{"name":"x","auth":"none","profile":"oidc","redirect_uris":["https://a.example/#x"],"scopes":["openid"]}`, 400},
		"app over plain http":    {"/account/v1/apps", `{"name":"x","auth":"none","profile":"oidc","redirect_uris":["http://a.example/"],"scopes":["openid"]}`, 400},
	} {
		t.Run(name, func(t *testing.T) {
			if got := s.problem(t, http.MethodPost, tt.path, "Bearer "+s.AdminToken, tt.body); got.Status != tt.status {
				t.Errorf("%+v, want %d", got, tt.status)
			}
		})
	}
}
