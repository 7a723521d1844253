package rpc_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"simtrust/internal/rpc"
)

// mount mounts an operation of the request type Req; it answers nothing.
func mount[Req any](r *rpc.Router, op, pattern string) {
	rpc.Handle(r, op, pattern, func(context.Context, Req) (struct{}, error) { return struct{}{}, nil }, rpc.Public())
}

func TestMistakesInMountingPanic(t *testing.T) {
	type inPath struct {
		ID string `path:"id" json:"-"`
	}
	tests := map[string]struct {
		want  string
		mount func(*rpc.Router)
	}{
		"no method":          {"METHOD /path", func(r *rpc.Router) { mount[struct{}](r, "a", "/a") }},
		"lower case method":  {"METHOD /path", func(r *rpc.Router) { mount[struct{}](r, "a", "post /a") }},
		"host":               {"METHOD /path", func(r *rpc.Router) { mount[struct{}](r, "a", "POST example.com/a") }},
		"no name":            {"empty or taken", func(r *rpc.Router) { mount[struct{}](r, "", "POST /a") }},
		"name taken":         {`"a" at POST /b: the name is empty or taken`, func(r *rpc.Router) { mount[struct{}](r, "a", "POST /a"); mount[struct{}](r, "a", "POST /b") }},
		"pattern taken":      {"conflicts with pattern", func(r *rpc.Router) { mount[struct{}](r, "a", "POST /a"); mount[struct{}](r, "b", "POST /a") }},
		"nobody may call it": {"who may call", func(r *rpc.Router) { rpc.Handle(r, "note.write", writePattern, write) }},
		"wildcard unclaimed": {"wildcards [id]", func(r *rpc.Router) { mount[struct{}](r, "a", "POST /a/{id}") }},
		"no such wildcard":   {"wildcards []", func(r *rpc.Router) { mount[inPath](r, "a", "POST /a") }},
		"other wildcard":     {"wildcards [name]", func(r *rpc.Router) { mount[inPath](r, "a", "POST /a/{name}") }},
		"wildcard claimed twice": {"wildcards [id]", func(r *rpc.Router) {
			mount[struct {
				A string `path:"id" json:"-"`
				B string `path:"id" json:"-"`
			}](r, "a", "POST /a/{id}")
		}},
		"settable by the body": {`json:"-"`, func(r *rpc.Router) {
			mount[struct {
				A string `query:"a"`
			}](r, "a", "POST /a")
		}},
		"two places": {"more than one", func(r *rpc.Router) {
			mount[struct {
				A string `query:"a" header:"A" json:"-"`
			}](r, "a", "POST /a")
		}},
		"empty tag": {"needs a name", func(r *rpc.Router) {
			mount[struct {
				A string `query:"" json:"-"`
			}](r, "a", "POST /a")
		}},
		"type of a parameter": {"cannot be a float64", func(r *rpc.Router) {
			mount[struct {
				A float64 `query:"a" json:"-"`
			}](r, "a", "POST /a")
		}},
		"list in a header": {"cannot be a []string", func(r *rpc.Router) {
			mount[struct {
				A []string `header:"A" json:"-"`
			}](r, "a", "POST /a")
		}},
		"GET with a body": {"GET does not carry", func(r *rpc.Router) {
			mount[struct {
				A string `json:"a"`
			}](r, "a", "GET /a")
		}},
		"face without slash":       {"does not start and end", func(r *rpc.Router) { r.Face("/notes", lenient{}) }},
		"second face":              {"second face", func(r *rpc.Router) { r.Face("/notes/", lenient{}); r.Face("/notes/", lenient{}) }},
		"face after its operation": {"comes after its operation a", func(r *rpc.Router) { mount[struct{}](r, "a", "POST /notes/a"); r.Face("/notes/", lenient{}) }},
		"local of no operation":    {"no operation a", func(r *rpc.Router) { rpc.Local[note, noted](r, "a", "") }},
		"local of other types":     {"no operation a", func(r *rpc.Router) { mount[struct{}](r, "a", "POST /a"); rpc.Local[note, noted](r, "a", "") }},
		"local of a raw handler":   {"no operation a", func(r *rpc.Router) { r.Raw("a", "GET /a", http.NotFoundHandler()); rpc.Local[note, noted](r, "a", "") }},
		"client of another pattern": {"wildcards [name]", func(*rpc.Router) {
			rpc.Call[note, noted](rpc.NewClient("http://localhost", nil, ""), "POST /notes/{name}")
		}},
		"client without its pattern": {"METHOD /path", func(*rpc.Router) { rpc.Call[note, noted](rpc.NewClient("http://localhost", nil, ""), "/notes") }},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, tt.want) {
					t.Errorf("panic %q, want %q in it", p, tt.want)
				}
			}()
			tt.mount(rpc.NewRouter(rpc.Config{}))
		})
	}
}

func TestOpsListsWhatIsMounted(t *testing.T) {
	r := newRouter(rpc.Config{})
	r.Raw("a.raw", "GET /raw/", http.NotFoundHandler())
	want := []rpc.Op{
		{Name: "a.raw", Method: "GET", Path: "/raw/", Public: true},
		{
			Name: "note.write", Method: "POST", Path: "/notes/v1/{id}", Scopes: []string{"note:write"},
			Req: reflect.TypeFor[note](), Res: reflect.TypeFor[noted](),
		},
	}
	same := cmp.Comparer(func(a, b reflect.Type) bool { return a == b })
	if diff := cmp.Diff(want, r.Ops(), same); diff != "" {
		t.Error(diff)
	}
}

func TestSuccessStatusAndHeaders(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	empty := func(context.Context, struct{}) (struct{}, error) { return struct{}{}, nil }
	rpc.Handle(r, "created", "POST /created", empty, rpc.Public(), rpc.Status(http.StatusCreated))
	rpc.Handle(r, "nothing", "POST /nothing", empty, rpc.Public(), rpc.Status(http.StatusNoContent))

	if w := serve(r, request("/created", "")); w.Code != http.StatusCreated || w.Body.String() != "{}" {
		t.Error(w.Code, w.Body)
	}
	if w := serve(r, request("/nothing", "{}")); w.Code != http.StatusNoContent || w.Body.Len() != 0 || w.Header().Get("Content-Type") != "" {
		t.Error(w.Code, w.Header(), w.Body)
	}
	if w := serve(r, request("/created", `{"a":1}`)); w.Code != http.StatusBadRequest {
		t.Error("an operation without members took one", w.Code)
	}
}

type made struct{ URL string }

func (m made) Headers() http.Header { return http.Header{"location": {m.URL}} }
func (m made) StatusCode() int      { return http.StatusSeeOther }

// A value with a line end stays one value, whatever it came from.
func TestHeaderInjection(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	rpc.Handle(r, "made", "POST /made", func(context.Context, struct{}) (made, error) { return made{"/x\r\nSet-Cookie: a=b"}, nil }, rpc.Public())
	srv := httptest.NewServer(r)
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, srv.URL+"/made", nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Set-Cookie") != "" || !strings.HasPrefix(res.Header.Get("Location"), "/x") {
		t.Error(res.Status, res.Header)
	}
}

// What cannot be written as JSON is an internal error, not half an answer.
func TestUnwritableAnswer(t *testing.T) {
	r := rpc.NewRouter(rpc.Config{})
	rpc.Handle(r, "bad", "POST /bad", func(context.Context, struct{}) (any, error) { return "\xff", nil }, rpc.Public())
	if w := serve(r, request("/bad", "")); w.Code != http.StatusInternalServerError || w.Header().Get("Content-Type") != rpc.ProblemType {
		t.Error(w.Code, w.Header())
	}
}
