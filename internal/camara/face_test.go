package camara_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/camara"
	"simtrust/internal/rpc"
)

type check struct {
	PhoneNumber string `json:"phoneNumber"`
	Fail        string `json:"fail,omitempty"`
}

type checked struct {
	Recycled bool `json:"phoneNumberRecycled"`
}

// answer fails with the kind, reason and text that the request names.
func answer(_ context.Context, c check) (checked, error) {
	if parts := strings.SplitN(c.Fail, "/", 3); len(parts) == 3 {
		return checked{}, &simtrust.Error{Kind: simtrust.Kind(parts[0]), Reason: parts[1], Msg: parts[2], Err: errors.New("inner detail")}
	}
	return checked{true}, nil
}

type tokens map[string]rpc.Caller

func (t tokens) Authenticate(r *http.Request) (rpc.Caller, error) {
	c, ok := t[r.Header.Get("Authorization")]
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: "expired", Msg: "expired an hour ago"}
	}
	return c, nil
}

func api(f camara.Face) *rpc.Router {
	r := rpc.NewRouter(rpc.Config{Auth: tokens{"Bearer right": {Client: "a", Scopes: []string{"number-recycling:check"}}, "Bearer other": {Client: "b"}}})
	r.Face("/number-recycling/", f)
	rpc.Handle(r, "recycling.check", "POST /number-recycling/v0.2/check", answer, rpc.Scope("number-recycling:check"))
	return r
}

func post(body string, changes ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/number-recycling/v0.2/check", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer right")
	for _, change := range changes {
		change(r)
	}
	return r
}

func header(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
}

func serve(t *testing.T, h http.Handler, r *http.Request) (*httptest.ResponseRecorder, camara.ErrorInfo) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var info camara.ErrorInfo
	if w.Code >= 400 {
		if err := json.Unmarshal(w.Body.Bytes(), &info, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("%d %s: %v", w.Code, w.Body, err)
		}
		if info.Status != w.Code || info.Code == "" || info.Message == "" || len(info.Message) > 512 || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%d %v %+v", w.Code, w.Header(), info)
		}
	}
	if w.Header().Get("X-Correlator") == "" {
		t.Error("no x-correlator")
	}
	return w, info
}

func TestErrorsOfTheTransport(t *testing.T) {
	const ok = `{"phoneNumber":"+8613800000001"}`
	tests := map[string]struct {
		request *http.Request
		status  int
		code    string
	}{
		"no credential":                {post(ok, header("Authorization")), 401, "UNAUTHENTICATED"},
		"bad credential":               {post(ok, header("Authorization", "Bearer wrong")), 401, "UNAUTHENTICATED"},
		"other scope":                  {post(ok, header("Authorization", "Bearer other")), 403, "PERMISSION_DENIED"},
		"other path":                   {post(ok, func(r *http.Request) { r.URL.Path = "/number-recycling/v0.2/retrieve" }), 404, "NOT_FOUND"},
		"other version":                {post(ok, func(r *http.Request) { r.URL.Path = "/number-recycling/v1/check" }), 404, "NOT_FOUND"},
		"other method":                 {post("", func(r *http.Request) { r.Method = http.MethodGet }), 405, "METHOD_NOT_ALLOWED"},
		"media type":                   {post(ok, header("Content-Type", "text/xml")), 415, "UNSUPPORTED_MEDIA_TYPE"},
		"no JSON":                      {post("phoneNumber=1"), 400, "INVALID_ARGUMENT"},
		"duplicate":                    {post(`{"phoneNumber":"a","phoneNumber":"b"}`), 400, "INVALID_ARGUMENT"},
		"case variant":                 {post(`{"phonenumber":"a"}`), 400, "INVALID_ARGUMENT"},
		"wrong type":                   {post(`{"phoneNumber":8613800000001}`), 400, "INVALID_ARGUMENT"},
		"correlator":                   {post(ok, header("x-correlator", "a b")), 400, "INVALID_ARGUMENT"},
		"two correlators":              {post(ok, header("x-correlator", "a", "b")), 400, "INVALID_ARGUMENT"},
		"long correlator":              {post(ok, header("x-correlator", strings.Repeat("a", 257))), 400, "INVALID_ARGUMENT"},
		"correlator before credential": {post(ok, header("x-correlator", "ü"), header("Authorization")), 400, "INVALID_ARGUMENT"},
		"correlator of no operation":   {post(ok, header("x-correlator", "a\n"), func(r *http.Request) { r.URL.Path = "/number-recycling/" }), 400, "INVALID_ARGUMENT"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w, info := serve(t, api(camara.Face{}), tt.request)
			if w.Code != tt.status || info.Code != tt.code {
				t.Errorf("%d %+v", w.Code, info)
			}
			if strings.Contains(w.Body.String(), "hour ago") {
				t.Error("a refused credential got detail")
			}
		})
	}
}

func TestErrorsOfTheOperation(t *testing.T) {
	face := camara.Face{Codes: camara.Codes{
		{Kind: simtrust.KindInvalid, Reason: "out_of_window"}: camara.OutOfRange,
		{Kind: simtrust.KindDenied, Reason: "not_by_network"}: {Status: 403, Name: "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK"},
		{Kind: simtrust.KindNotFound, Reason: "never_ours"}:   camara.IdentifierNotFound,
	}}
	for fail, want := range map[string]camara.ErrorInfo{
		"invalid/out_of_window/before 2020":            {Status: 400, Code: "OUT_OF_RANGE", Message: "before 2020"},
		"denied/not_by_network/":                       {Status: 403, Code: "NUMBER_VERIFICATION.USER_NOT_AUTHENTICATED_BY_MOBILE_NETWORK", Message: "Forbidden"},
		"not_found/never_ours/not ours":                {Status: 404, Code: "IDENTIFIER_NOT_FOUND", Message: "not ours"},
		"denied/never_ours/other kind":                 {Status: 403, Code: "PERMISSION_DENIED", Message: "other kind"},
		"invalid//":                                    {Status: 400, Code: "INVALID_ARGUMENT", Message: "Client specified an invalid argument, request body or query param."},
		"not_found/other/":                             {Status: 404, Code: "NOT_FOUND", Message: "The specified resource is not found."},
		"conflict/other/busy":                          {Status: 409, Code: "ABORTED", Message: "busy"},
		"unprocessable/missing_identifier/which?":      {Status: 422, Code: "MISSING_IDENTIFIER", Message: "which?"},
		"unprocessable/unnecessary_identifier/no need": {Status: 422, Code: "UNNECESSARY_IDENTIFIER", Message: "no need"},
		"unprocessable/service_not_applicable/fixed":   {Status: 422, Code: "SERVICE_NOT_APPLICABLE", Message: "fixed"},
		"limited/other/slow":                           {Status: 429, Code: "TOO_MANY_REQUESTS", Message: "slow"},
		"unavailable/timeout/":                         {Status: 504, Code: "TIMEOUT", Message: "Request timeout exceeded."},
		"unavailable/other/":                           {Status: 503, Code: "UNAVAILABLE", Message: "Service Unavailable."},
		"internal/other/the table is gone":             {Status: 500, Code: "INTERNAL", Message: "Internal Server Error"},
		"of_tomorrow/other/unheard of":                 {Status: 500, Code: "INTERNAL", Message: "unheard of"},
		"unauthenticated/spent/spent a minute ago":     {Status: 401, Code: "UNAUTHENTICATED", Message: "Request not authenticated due to missing, invalid, or expired credentials."},
	} {
		b, err := json.Marshal(check{Fail: fail})
		if err != nil {
			t.Fatal(err)
		}
		w, info := serve(t, api(face), post(string(b)))
		if info != want {
			t.Errorf("%s: %+v", fail, info)
		}
		if strings.Contains(w.Body.String(), "inner detail") {
			t.Error("the cause went out")
		}
	}
}

func TestMessageFitsItsSchema(t *testing.T) {
	for _, text := range []string{strings.Repeat("号", 400), "broken \xff text", strings.Repeat("a", 511) + "号"} {
		reply := camara.Face{}.Render(&simtrust.Error{Kind: simtrust.KindInvalid, Msg: text}, "")
		var info camara.ErrorInfo
		if err := json.Unmarshal(reply.Body, &info); err != nil || len(info.Message) > 512 || len(info.Message) < 10 {
			t.Errorf("%d octets: %v", len(info.Message), err)
		}
	}
}

func TestUnknownMembers(t *testing.T) {
	for _, b := range []string{`{"phoneNumber":"a","later":1}`, `{"later":{"deep":[{"x":1}]},"phoneNumber":"a"}`} {
		if w, _ := serve(t, api(camara.Face{}), post(b)); w.Code != http.StatusOK {
			t.Errorf("Commonalities 0.6: %d for %s", w.Code, b)
		}
		if w, info := serve(t, api(camara.Face{RefuseUnknown: true}), post(b)); info.Code != "INVALID_ARGUMENT" {
			t.Errorf("Commonalities 0.8: %d for %s", w.Code, b)
		}
	}
}

func TestCorrelatorIsEchoed(t *testing.T) {
	for _, r := range []*http.Request{post(`{}`), post(`{`), post(`{}`, header("Authorization")), post("", func(r *http.Request) { r.Method = "GET" })} {
		header("x-correlator", "b4333c46:/<{}>;._-")(r)
		if w, _ := serve(t, api(camara.Face{}), r); w.Header().Get("X-Correlator") != "b4333c46:/<{}>;._-" {
			t.Errorf("%d %v", w.Code, w.Header())
		}
	}
	// A refused one is not: what it holds could be anything.
	if w, _ := serve(t, api(camara.Face{}), post(`{}`, header("x-correlator", "<script>alert(1)</script> "))); strings.Contains(w.Header().Get("X-Correlator"), "script") {
		t.Error(w.Header())
	}
}

func TestOtherPrefixKeepsItsFace(t *testing.T) {
	w := httptest.NewRecorder()
	api(camara.Face{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/number-recycling-desk/", nil))
	if w.Code != http.StatusNotFound || w.Header().Get("Content-Type") != rpc.ProblemType {
		t.Error(w.Code, w.Header())
	}
}

func TestMapsTellsWhatOnlyTheKindDecides(t *testing.T) {
	face := camara.Face{Codes: camara.Codes{{Kind: simtrust.KindInvalid, Reason: "out_of_window"}: camara.OutOfRange}}
	if c, ok := face.Maps(simtrust.KindInvalid, "out_of_window"); !ok || c != camara.OutOfRange {
		t.Error(c, ok)
	}
	for _, kind := range []simtrust.Kind{simtrust.KindDenied, simtrust.KindNotFound, ""} {
		if c, ok := face.Maps(kind, "out_of_window"); ok {
			t.Error(kind, c)
		}
	}
}
