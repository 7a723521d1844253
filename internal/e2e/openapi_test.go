//go:build e2e

package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// published is a CAMARA API as its own OpenAPI document describes it.
type published struct {
	base   string
	routes routers.Router
}

func (s *sandbox) published(t *testing.T, file, path string) published {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	p := published{base: s.Issuer + path}
	doc.Servers = openapi3.Servers{{URL: p.base}}
	if p.routes, err = gorillamux.NewRouter(doc); err != nil {
		t.Fatal(err)
	}
	return p
}

// call is one request and the answer that is due: a CAMARA code, or none for 200.
type call struct {
	name, method, path, token, body string
	correlator                      string
	status                          int
	code                            string
}

// check sends the request, again where it is told to, and holds the answer, and a good request too, against the document.
func (p published) check(t *testing.T, c call) {
	t.Helper()
	for try := 0; !p.answered(t, c, try == triesAgain); try++ {
		<-time.After(triesAfter)
	}
}

func (p published) answered(t *testing.T, c call, last bool) bool {
	t.Helper()
	if c.correlator == "" {
		c.correlator = "b4333c46-49c0-4f62-80d7-f0ef930f1c46"
	}
	req, err := http.NewRequestWithContext(t.Context(), c.method, p.base+c.path, strings.NewReader(c.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-correlator", c.correlator)
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode == http.StatusServiceUnavailable && !last {
		return false
	}
	var info struct{ Code string }
	if err := json.Unmarshal(body, &info); err != nil || res.StatusCode != c.status || info.Code != c.code {
		t.Errorf("%d %s, want %d %s: %s %v", res.StatusCode, info.Code, c.status, c.code, body, err)
	}
	if got := res.Header.Get("x-correlator"); res.StatusCode != http.StatusBadRequest && got != c.correlator {
		t.Errorf("x-correlator %q", got)
	}
	req.Body = io.NopCloser(strings.NewReader(c.body))
	p.validate(t, req, res, body)
	return true
}

func (p published) validate(t *testing.T, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	route, params, err := p.routes.FindRoute(req)
	if err != nil {
		t.Fatal(err)
	}
	in := &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc}}
	if err := openapi3filter.ValidateRequest(t.Context(), in); err != nil && res.StatusCode == http.StatusOK {
		t.Errorf("a request that the document refuses was answered: %v", err)
	}
	out := &openapi3filter.ResponseValidationInput{RequestValidationInput: in, Status: res.StatusCode, Header: res.Header,
		Body: io.NopCloser(bytes.NewReader(body)), Options: &openapi3filter.Options{IncludeResponseStatus: true}}
	if err := openapi3filter.ValidateResponse(t.Context(), out); err != nil {
		t.Errorf("the answer is not the document's: %v\n%s", err, body)
	}
}

func (p published) run(t *testing.T, calls []call) {
	for _, c := range calls {
		t.Run(c.name, func(t *testing.T) { p.check(t, c) })
	}
}

// threeLegged is an access token of the camara client for a phone.
func (s *sandbox) threeLegged(t *testing.T, of subscriber, scope string) string {
	t.Helper()
	camara := s.app("camara")
	f := newFlow(camara.RedirectURIs[0])
	return camara.token(t, f, camara.authorize(t, phone(of.IP), f, scope).Get("code")).AccessToken
}

func TestNumberVerificationDocument(t *testing.T) {
	s := startSandbox(t)
	api := s.published(t, "testdata/camara/number-verification.yaml", "/number-verification/v2")
	me := s.Subscribers[1]
	verify, hashed, share := s.threeLegged(t, me, verifyScope), s.threeLegged(t, me, verifyScope), s.threeLegged(t, me, shareScope)
	sum := sha256.Sum256([]byte(me.Number))
	const post, get = http.MethodPost, http.MethodGet
	const toVerify, toShare = "/verify", "/device-phone-number"
	good, goodHash := `{"phoneNumber":"`+me.Number+`"}`, `{"hashedPhoneNumber":"`+strings.ToUpper(hex.EncodeToString(sum[:]))+`"}`
	bad := func(name, body string) call {
		return call{name: name, method: post, path: toVerify, token: verify, body: body, status: 400, code: "INVALID_ARGUMENT"}
	}
	api.run(t, []call{
		bad("no body", ""), bad("no object", "[]"), bad("cut off", `{"phoneNumber":`), bad("neither claim", `{}`),
		bad("both claims", `{"phoneNumber":"`+me.Number+`","hashedPhoneNumber":"`+hex.EncodeToString(sum[:])+`"}`),
		bad("a claim twice", `{"phoneNumber":"`+me.Number+`","phoneNumber":"`+me.Number+`"}`),
		bad("no plus sign", `{"phoneNumber":"8613800000002"}`), bad("a number as number", `{"phoneNumber":8613800000002}`),
		bad("short hash", `{"hashedPhoneNumber":"abcd"}`), bad("no hexadecimal", `{"hashedPhoneNumber":"`+strings.Repeat("z", 64)+`"}`),
		{name: "correlator", method: post, path: toVerify, token: verify, body: good, correlator: "a b", status: 400, code: "INVALID_ARGUMENT"},
		{name: "no token", method: post, path: toVerify, body: good, status: 401, code: "UNAUTHENTICATED"},
		{name: "no token to share", method: get, path: toShare, status: 401, code: "UNAUTHENTICATED"},
		{name: "forged token", method: post, path: toVerify, token: verify[:len(verify)-8] + "AAAAAAAA", body: good, status: 401, code: "UNAUTHENTICATED"},
		{name: "token to share", method: post, path: toVerify, token: share, body: good, status: 403, code: "PERMISSION_DENIED"},
		{name: "token to verify", method: get, path: toShare, token: verify, status: 403, code: "PERMISSION_DENIED"},
		{name: "2-legged token", method: post, path: toVerify, token: s.serviceToken(t), body: good, status: 403, code: "PERMISSION_DENIED"},
		{name: "number", method: post, path: toVerify, token: verify, body: good, status: 200},
		{name: "spent token", method: post, path: toVerify, token: verify, body: good, status: 401, code: "UNAUTHENTICATED"},
		{name: "hashed number", method: post, path: toVerify, token: hashed, body: goodHash, status: 200},
		{name: "share", method: get, path: toShare, token: share, status: 200},
		{name: "share spent", method: get, path: toShare, token: share, status: 401, code: "UNAUTHENTICATED"},
	})
}

func TestNumberRecyclingDocument(t *testing.T) {
	s := startSandbox(t)
	api := s.published(t, "../../renumber/testdata/camara/number-recycling.yaml", "/number-recycling/v0.2")
	me := s.Subscribers[1]
	two, three := s.serviceToken(t), s.threeLegged(t, me, "openid number-recycling:check dpv:FraudPreventionAndDetection")
	about := func(number, day string) string {
		return `{"phoneNumber":"` + number + `","specifiedDate":"` + day + `"}`
	}
	later := time.Now().AddDate(0, 0, 2).Format(time.DateOnly)
	var calls []call
	for _, c := range []struct {
		name, token, body string
		status            int
		code              string
	}{
		{"the same holder", two, about(me.Number, "2022-01-01"), 200, ""},
		{"another holder", two, about(me.Number, "2015-01-01"), 200, ""},
		{"the token's own number", three, `{"specifiedDate":"2022-01-01"}`, 200, ""},
		{"no body", two, "", 400, "INVALID_ARGUMENT"},
		{"no date", two, `{"phoneNumber":"` + me.Number + `"}`, 400, "INVALID_ARGUMENT"},
		{"no such day", two, about(me.Number, "2022-02-30"), 400, "INVALID_ARGUMENT"},
		{"no number", two, about("13800000002", "2022-01-01"), 400, "INVALID_ARGUMENT"},
		{"a later day", two, about(me.Number, later), 400, "OUT_OF_RANGE"},
		{"before the records", two, about(me.Number, "1999-01-01"), 400, "OUT_OF_RANGE"},
		{"no token", "", about(me.Number, "2022-01-01"), 401, "UNAUTHENTICATED"},
		{"not a token", "e30.e30.e30", about(me.Number, "2022-01-01"), 401, "UNAUTHENTICATED"},
		{"a token for another API", s.threeLegged(t, me, verifyScope), about(me.Number, "2022-01-01"), 403, "PERMISSION_DENIED"},
		{"never ours", two, about("+4915112345678", "2022-01-01"), 404, "IDENTIFIER_NOT_FOUND"},
		{"whose number", two, `{"specifiedDate":"2022-01-01"}`, 422, "MISSING_IDENTIFIER"},
		{"two subjects", three, about(me.Number, "2022-01-01"), 422, "UNNECESSARY_IDENTIFIER"},
	} {
		calls = append(calls, call{name: c.name, method: http.MethodPost, path: "/check", token: c.token, body: c.body, status: c.status, code: c.code})
	}
	api.run(t, calls)
}
