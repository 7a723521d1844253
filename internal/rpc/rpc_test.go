package rpc_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"

	"simtrust"
	"simtrust/internal/rpc"
)

// tokens is an authenticator that knows its callers by bearer token.
type tokens map[string]rpc.Caller

func (t tokens) Authenticate(r *http.Request) (rpc.Caller, error) {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if token == "store-away" {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "store_away"}
	}
	c, ok := t[token]
	if !ok {
		return rpc.Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: "bad_token", Msg: "not a valid token"}
	}
	return c, nil
}

var known = tokens{
	"reader": {Client: "shop", Scopes: []string{"note:read"}},
	"writer": {Client: "desk", Scopes: []string{"note:write", "note:read"}},
	"holder": {Client: "shop", Scopes: []string{"note:read"}, Tenure: "ten_1", Proof: rpc.Proof{Grant: "gra_1"}},
}

type note struct {
	ID     string   `path:"id" json:"-"`
	Limit  int      `query:"limit" json:"-"`
	Tags   []string `query:"tag" json:"-"`
	Draft  bool     `query:"draft" json:"-"`
	Origin string   `header:"X-Origin" json:"-"`
	Text   string   `json:"text"`
	Stars  int      `json:"stars,omitzero"`
	Parts  []part   `json:"parts,omitempty"`
	Extra  any      `json:"extra,omitzero"`
}

type part struct {
	Name string `json:"name"`
}

type noted struct {
	ID     string   `json:"id"`
	Limit  int      `json:"limit"`
	Tags   []string `json:"tags"`
	Draft  bool     `json:"draft"`
	Origin string   `json:"origin"`
	Text   string   `json:"text"`
	Stars  int      `json:"stars"`
	Client string   `json:"client"`
}

// write fails as its text says and otherwise answers what it was given.
func write(ctx context.Context, n note) (noted, error) {
	if kind, reason, ok := strings.Cut(n.Text, "/"); ok {
		return noted{}, &simtrust.Error{Kind: simtrust.Kind(kind), Reason: reason, Msg: "said so"}
	}
	c, _ := rpc.CallerFrom(ctx)
	return noted{ID: n.ID, Limit: n.Limit, Tags: n.Tags, Draft: n.Draft, Origin: n.Origin, Text: n.Text, Stars: n.Stars, Client: c.Client}, nil
}

const writePattern = "POST /notes/v1/{id}"

func newRouter(cfg rpc.Config, opts ...rpc.Option) *rpc.Router {
	if cfg.Auth == nil {
		cfg.Auth = known
	}
	r := rpc.NewRouter(cfg)
	rpc.Handle(r, "note.write", writePattern, write, append([]rpc.Option{rpc.Scope("note:write")}, opts...)...)
	return r
}

// request is one POST of JSON as the writer, with changes.
func request(target, body string, changes ...func(*http.Request)) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer writer")
	for _, change := range changes {
		change(r)
	}
	return r
}

func header(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func without(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

func serve(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}
