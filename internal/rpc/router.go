package rpc

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
)

// Config is what a Router needs. Only Auth has no default: without it every operation that is not public answers 401.
type Config struct {
	Auth     Authenticator
	Log      *slog.Logger          // default: discard
	Registry prometheus.Registerer // default: a registry that nobody reads
	Tracer   trace.Tracer          // default: no traces
	MaxBody  int64                 // bytes; default 64 KiB
	Timeout  time.Duration         // default 10 s
	Limits   Limits                // default: none
	Now      func() time.Time      // default time.Now
}

// Router mounts operations on an http.ServeMux and serves them. Mount everything first, then serve: mounting is not safe beside
// serving. A mistake in mounting is a mistake in the program, so it panics.
type Router struct {
	cfg    Config
	mux    *http.ServeMux
	ops    map[string]*operation
	faces  []prefixFace // longest prefix first; the last is that of /
	meter  *meter
	shared *limiter
}

type prefixFace struct {
	prefix    string
	face      Face
	unmatched http.Handler
}

// NewRouter returns a router without operations whose only face is [Problem].
func NewRouter(cfg Config) *Router {
	cfg.MaxBody = cmp.Or(cfg.MaxBody, 64<<10)
	cfg.Timeout = cmp.Or(cfg.Timeout, 10*time.Second)
	if cfg.Auth == nil {
		cfg.Auth = nobody{}
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Registry == nil {
		cfg.Registry = prometheus.NewRegistry()
	}
	if cfg.Tracer == nil {
		cfg.Tracer = noop.NewTracerProvider().Tracer("")
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	r := &Router{
		cfg: cfg, mux: http.NewServeMux(), ops: map[string]*operation{},
		meter: newMeter(cfg.Registry), shared: newLimiter(cfg.Limits, cfg.Now),
	}
	r.Face("/", Problem{})
	return r
}

// Face gives all paths below prefix, which starts and ends with a slash, to f: their operations, their 404 and their 405.
// It comes before the operations it is for.
func (r *Router) Face(prefix string, f Face) {
	if !strings.HasPrefix(prefix, "/") || !strings.HasSuffix(prefix, "/") {
		panic(fmt.Sprintf("rpc: face prefix %q does not start and end with a slash", prefix))
	}
	for _, o := range r.ops {
		if strings.HasPrefix(o.Path, prefix) {
			panic(fmt.Sprintf("rpc: face %s comes after its operation %s", prefix, o.Name))
		}
	}
	if slices.ContainsFunc(r.faces, func(p prefixFace) bool { return p.prefix == prefix }) {
		panic(fmt.Sprintf("rpc: second face for %s", prefix))
	}
	r.faces = append(r.faces, prefixFace{prefix, f, r.unmatched(f)})
	slices.SortFunc(r.faces, func(a, b prefixFace) int { return len(b.prefix) - len(a.prefix) })
}

// faceOf returns the face with the longest prefix of path; that of / has them all.
func (r *Router) faceOf(path string) prefixFace {
	for _, p := range r.faces {
		if strings.HasPrefix(path, p.prefix) {
			return p
		}
	}
	return r.faces[len(r.faces)-1]
}

// Ops lists the mounted operations by name.
func (r *Router) Ops() []Op {
	ops := make([]Op, 0, len(r.ops))
	for _, o := range r.ops {
		ops = append(ops, o.Op)
	}
	slices.SortFunc(ops, func(a, b Op) int { return cmp.Compare(a.Name, b.Name) })
	return ops
}

// ServeHTTP serves the operation of the request's method and path. A path that is not in canonical form names no resource: it
// is not redirected, because a redirect would repeat the query.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h, _ := r.mux.Handler(req)
	if _, ok := h.(*mounted); !ok {
		r.faceOf(req.URL.Path).unmatched.ServeHTTP(w, req)
		return
	}
	r.mux.ServeHTTP(w, req)
}

// operation checks the name and pattern and applies the options.
func (r *Router) operation(name, pattern string, opts []Option) *operation {
	method, path, err := splitPattern(pattern)
	if err != nil {
		panic(fmt.Sprintf("rpc: operation %s: %v", name, err))
	}
	if name == "" || r.ops[name] != nil {
		panic(fmt.Sprintf("rpc: operation %q at %s: the name is empty or taken", name, pattern))
	}
	o := &operation{
		Op: Op{Name: name, Method: method, Path: path}, face: r.faceOf(path).face,
		status: http.StatusOK, maxBody: r.cfg.MaxBody, timeout: r.cfg.Timeout,
	}
	for _, opt := range opts {
		opt(o)
	}
	return o
}

// mount puts the HTTP ring round h and registers it.
func (r *Router) mount(o *operation, h http.Handler) {
	r.mux.Handle(o.Method+" "+o.Path, &mounted{r.ring(o, h)})
	r.ops[o.Name] = o
}

// mounted tells handlers of this package from those that ServeMux makes for redirects, 404 and 405.
type mounted struct{ http.Handler }
