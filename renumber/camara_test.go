package renumber_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"simtrust"
	"simtrust/internal/camara"
	"simtrust/internal/rpc"
	"simtrust/internal/sqldb"
	"simtrust/internal/sqldb/sqldbtest"
	"simtrust/renumber"
)

// recycling is a CAMARA client of a server: every answer is held against the API's own document.
type recycling struct {
	t      *testing.T
	url    string
	routes routers.Router
}

func newRecycling(t *testing.T, url string) recycling {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile("testdata/camara/number-recycling.yaml")
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: url + "/number-recycling/v0.2"}}
	routes, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return recycling{t, url, routes}
}

// check posts body and returns status and answer.
func (c recycling) check(token, body string) (int, string) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/number-recycling/v0.2/check", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("x-correlator", "b4333c46-49c0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	route, params, err := c.routes.FindRoute(req)
	if err != nil {
		c.t.Fatal(err)
	}
	if err := openapi3filter.ValidateResponse(c.t.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: req, PathParams: params, Route: route},
		Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(strings.NewReader(string(answer))),
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}); err != nil {
		c.t.Errorf("%s: the answer is not the API's: %v", body, err)
	}
	if got := res.Header.Get("x-correlator"); got != "b4333c46-49c0" {
		c.t.Errorf("%s: x-correlator %q", body, got)
	}
	if strings.Contains(string(answer), "+86") {
		c.t.Errorf("%s: the answer shows a number: %s", body, answer)
	}
	return res.StatusCode, string(answer)
}

func TestCamaraNumberRecycling(t *testing.T) {
	sqldbtest.Each(t, []sqldb.Migrations{renumber.Migrations()}, func(t *testing.T, db *sqldb.DB) {
		o := newOperator(t, db, renumber.Config{Zone: shanghai, Covered: day(2)})
		gone := o.must(assign(one, "ann", day(5)))
		o.must(to(event(renumber.Transfer, one, day(10)), "ben"))
		current := o.current(one).ID
		const released = "+8613800000003"
		o.must(assign(released, "cid", day(5)))
		o.must(event(renumber.Release, released, day(6)))
		scopes := []string{renumber.ScopeCheck}
		r := rpc.NewRouter(rpc.Config{Auth: tokens{
			"service": {Client: "service", Scopes: scopes},
			"holder":  {Client: "bank", Scopes: scopes, Tenure: current, Proof: rpc.Proof{Grant: "g1"}},
			"gone":    {Client: "bank", Scopes: scopes, Tenure: gone, Proof: rpc.Proof{Grant: "g2"}},
			"app":     {Client: "app"},
		}})
		o.Mount(r)
		server := httptest.NewServer(r)
		defer server.Close()
		c := newRecycling(t, server.URL)

		for _, q := range []struct {
			token, body string
			status      int
			want        string // the code, or true and false
		}{
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10"}`, 200, "false"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-03-10"}`, 200, "false"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-09"}`, 200, "true"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-02"}`, 200, "true"},
			{"service", `{"phoneNumber":"+8613800000003","specifiedDate":"2026-01-05"}`, 200, "true"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10","undeclared":1}`, 200, "false"},
			{"holder", `{"specifiedDate":"2026-01-10"}`, 200, "false"},
			{"holder", `{"specifiedDate":"2026-01-09"}`, 200, "true"},

			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-03-11"}`, 400, "OUT_OF_RANGE"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-01"}`, 400, "OUT_OF_RANGE"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-02-30"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10T00:00:00Z"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"+8613800000001","specifiedDate":null}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"+8613800000001"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"13800000001","specifiedDate":"2026-01-10"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"","specifiedDate":"2026-01-10"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":8613800000001,"specifiedDate":"2026-01-10"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phoneNumber":"+8613800000001","phoneNumber":"+8613800000002","specifiedDate":"2026-01-10"}`, 400, "INVALID_ARGUMENT"},
			{"service", `{"phonenumber":"+8613800000001","specifiedDate":"2026-01-10"}`, 400, "INVALID_ARGUMENT"},
			{"service", `[]`, 400, "INVALID_ARGUMENT"},
			{"service", ``, 400, "INVALID_ARGUMENT"},
			{"service", `{"specifiedDate":"2026-01-10"}`, 422, "MISSING_IDENTIFIER"},
			{"service", `{"phoneNumber":"+8613800000002","specifiedDate":"2026-01-10"}`, 404, "IDENTIFIER_NOT_FOUND"},
			{"holder", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10"}`, 422, "UNNECESSARY_IDENTIFIER"},
			{"holder", `{"phoneNumber":"+8613800000002","specifiedDate":"2026-01-10"}`, 422, "UNNECESSARY_IDENTIFIER"},
			{"gone", `{"specifiedDate":"2026-01-10"}`, 401, "UNAUTHENTICATED"},
			{"unknown", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10"}`, 401, "UNAUTHENTICATED"},
			{"app", `{"phoneNumber":"+8613800000001","specifiedDate":"2026-01-10"}`, 403, "PERMISSION_DENIED"},
		} {
			status, answer := c.check(q.token, q.body)
			var got struct {
				PhoneNumberRecycled *bool
				Status              int
				Code, Message       string
			}
			if err := json.Unmarshal([]byte(answer), &got); err != nil {
				t.Errorf("%s: %v", q.body, err)
			}
			word := got.Code
			if got.PhoneNumberRecycled != nil {
				word = map[bool]string{true: "true", false: "false"}[*got.PhoneNumberRecycled]
			}
			if status != q.status || word != q.want || status != 200 && (got.Status != status || got.Message == "") {
				t.Errorf("%s with %s: %d %s, want %d %s", q.body, q.token, status, answer, q.status, q.want)
			}
		}
	})
}

// TestCamaraNamesEveryReason fails when the check gains a reason for which the face has no code.
func TestCamaraNamesEveryReason(t *testing.T) {
	for cause, want := range map[camara.Cause]camara.Code{
		{Kind: simtrust.KindInvalid, Reason: renumber.ReasonOutOfWindow}:               camara.OutOfRange,
		{Kind: simtrust.KindInvalid, Reason: renumber.ReasonMalformed}:                 camara.InvalidArgument,
		{Kind: simtrust.KindInvalid, Reason: simtrust.ReasonInvalidNumber}:             camara.InvalidArgument,
		{Kind: simtrust.KindNotFound, Reason: renumber.ReasonNeverOurs}:                camara.IdentifierNotFound,
		{Kind: simtrust.KindUnauthenticated, Reason: renumber.ReasonNotCurrent}:        camara.Unauthenticated,
		{Kind: simtrust.KindUnprocessable, Reason: camara.ReasonMissingIdentifier}:     camara.MissingIdentifier,
		{Kind: simtrust.KindUnprocessable, Reason: camara.ReasonUnnecessaryIdentifier}: camara.UnnecessaryIdentifier,
	} {
		if got, ok := renumber.CamaraFace.Maps(cause.Kind, cause.Reason); !ok || got != want {
			t.Errorf("%v: %v, %v, want %v", cause, got, ok, want)
		}
	}
}
