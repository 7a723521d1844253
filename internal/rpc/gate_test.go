package rpc_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
)

// untouched is a body that must not be read.
type untouched struct{ t *testing.T }

func (u untouched) Read([]byte) (int, error) {
	u.t.Error("the body was read before the caller was admitted")
	return 0, io.EOF
}

func TestGateComesBeforeTheBody(t *testing.T) {
	const realm = `Bearer realm="simtrust"`
	tests := map[string]struct {
		change    func(*http.Request)
		status    int
		reason    string
		challenge string
	}{
		"no credential":        {without("Authorization"), 401, "bad_token", realm},
		"unknown token":        {header("Authorization", "Bearer forged"), 401, "bad_token", realm + `, error="invalid_token"`},
		"other scheme":         {header("Authorization", "Basic d3JpdGVyOg=="), 401, "bad_token", realm + `, error="invalid_token"`},
		"scope of another":     {header("Authorization", "Bearer reader"), 403, rpc.ReasonScope, realm + `, error="insufficient_scope", scope="note:write"`},
		"authenticator is out": {header("Authorization", "Bearer store-away"), 503, "store_away", ""},
	}
	router := newRouter(rpc.Config{})
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			r := request("/notes/v1/n1", "", tt.change)
			r.Body, r.ContentLength = io.NopCloser(untouched{t}), 10
			w := serve(router, r)
			var p refused
			if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
				t.Fatal(err)
			}
			if w.Code != tt.status || p.Reason != tt.reason {
				t.Errorf("%d %+v", w.Code, p)
			}
			if got := w.Header().Get("WWW-Authenticate"); got != tt.challenge {
				t.Errorf("challenge %s, want %s", got, tt.challenge)
			}
		})
	}
}

func TestNoAuthenticatorAdmitsNobody(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	rpc.Handle(r, "note.write", writePattern, write, rpc.Authenticated())
	if w := serve(r, request("/notes/v1/n1", `{"text":"a"}`)); w.Code != http.StatusUnauthorized {
		t.Error(w.Code)
	}
}

func TestOneOfSeveralScopesIsEnough(t *testing.T) {
	r := newRouter(rpc.Config{}, rpc.Scope("note", "note:write"))
	if w := serve(r, request("/notes/v1/n1", `{"text":"a"}`)); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
	if w := serve(r, request("/notes/v1/n1", `{"text":"a"}`, header("Authorization", "Bearer reader"))); w.Code != http.StatusForbidden {
		t.Error(w.Code)
	}
}

func TestPublicOperationHasNoCaller(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{Auth: known})
	rpc.Handle(r, "open", "GET /open", func(ctx context.Context, _ struct{}) (struct{}, error) {
		if c, ok := rpc.CallerFrom(ctx); ok {
			t.Errorf("caller %+v", c)
		}
		return struct{}{}, nil
	}, rpc.Public())
	if w := serve(r, request("/open", "", func(r *http.Request) { r.Method = http.MethodGet })); w.Code != http.StatusOK {
		t.Error(w.Code)
	}
	if _, err := rpc.Local[struct{}, struct{}](r, "open", "writer")(rpc.WithCaller(t.Context(), known["writer"]), struct{}{}); err != nil {
		t.Error(err)
	}
}

// A spent or suspended credential may show only inside the operation; the challenge is the same.
func TestUnauthenticatedInsideIsChallenged(t *testing.T) {
	w := serve(newRouter(rpc.Config{}), request("/notes/v1/n1", `{"text":"unauthenticated/spent"}`))
	if w.Code != http.StatusUnauthorized || w.Header().Get("WWW-Authenticate") != `Bearer realm="simtrust", error="invalid_token"` {
		t.Error(w.Code, w.Header())
	}
}

func TestRawWithScopeIsGuarded(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{Auth: known})
	r.Raw("raw", "POST /raw", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, ok := rpc.CallerFrom(r.Context())
		if !ok {
			rpc.Fail(w, r, errors.New("no caller"))
			return
		}
		_, _ = io.WriteString(w, c.Client)
	}), rpc.Scope("note:write"))
	if w := serve(r, request("/raw", "")); w.Body.String() != "desk" {
		t.Error(w.Code, w.Body)
	}
	if w := serve(r, request("/raw", "", header("Authorization", "Bearer reader"))); w.Code != http.StatusForbidden {
		t.Error(w.Code)
	}
}

func TestCallerHas(t *testing.T) {
	c := rpc.Caller{Scopes: []string{"note:read"}}
	for scope, want := range map[string]bool{"note:read": true, "note": false, "note:": false, "": false, "note:read ": false, "NOTE:READ": false} {
		if c.Has(scope) != want {
			t.Errorf("%q: %v", scope, !want)
		}
	}
	if (rpc.Caller{}).Has(string(simtrust.KindDenied)) {
		t.Error("no scopes, one found")
	}
}

// TestAdmit: what a request comes from is looked at after its credential and before its body.
func TestAdmit(t *testing.T) {
	asked := 0
	router := newRouter(rpc.Config{}, rpc.Admit(func(r *http.Request) error {
		asked++
		if r.RemoteAddr == "192.0.2.9:1" {
			return &simtrust.Error{Kind: simtrust.KindLimited, Reason: rpc.ReasonTooManyRequests}
		}
		return nil
	}))
	from := func(address, credential string, body io.Reader) int {
		r := request("/notes/v1/n1", "", header("Authorization", credential))
		r.RemoteAddr, r.Body, r.ContentLength = address, io.NopCloser(body), 10
		return serve(router, r).Code
	}
	if code := from("192.0.2.9:1", "Bearer forged", untouched{t}); code != 401 || asked != 0 {
		t.Errorf("without a credential: %d", code)
	}
	if code := from("192.0.2.9:1", "Bearer writer", untouched{t}); code != 429 {
		t.Errorf("from an address that is refused: %d", code)
	}
	if code := from("192.0.2.8:1", "Bearer writer", strings.NewReader(`{"x":123}`)); code == 429 || asked != 2 {
		t.Errorf("from another: %d, asked %d times", code, asked)
	}
}
