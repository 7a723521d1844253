package rpc

import (
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/go-kit/kit/endpoint"
)

// Op describes one mounted operation: for `simtrust routes`, metric labels and the OpenAPI test.
type Op struct {
	Name         string
	Method, Path string
	// Scopes of which the caller needs one. Empty with Public false: any authenticated caller.
	Scopes []string
	// Public is set where the operation takes no credential, or its raw handler checks it.
	Public bool
	// Req and Res are nil for a raw handler.
	Req, Res reflect.Type
}

// operation is an Op with what serving it needs.
type operation struct {
	Op
	face     Face
	status   int
	maxBody  int64
	timeout  time.Duration
	limits   *Limits // nil: the router's
	admit    func(*http.Request) error
	declared bool // an option said who may call
	endpoint endpoint.Endpoint
}

// Option sets how an operation is served.
type Option func(*operation)

// Scope lets in callers that were granted one of scopes.
func Scope(scopes ...string) Option {
	return func(o *operation) { o.Scopes, o.Public, o.declared = scopes, false, true }
}

// Authenticated lets in every authenticated caller, whatever its scopes.
func Authenticated() Option {
	return func(o *operation) { o.Public, o.declared = false, true }
}

// Public lets in everybody.
func Public() Option {
	return func(o *operation) { o.Public, o.declared = true, true }
}

// Status is the status of success, default 200. 204 is sent without a body.
func Status(code int) Option { return func(o *operation) { o.status = code } }

// MaxBody bounds the request body, in bytes, instead of [Config.MaxBody].
func MaxBody(n int64) Option { return func(o *operation) { o.maxBody = n } }

// Timeout bounds the operation's context instead of [Config.Timeout]; 0 means no bound, for a stream.
func Timeout(d time.Duration) Option { return func(o *operation) { o.timeout = d } }

// Limit replaces [Config.Limits] for one operation, which then counts for itself.
func Limit(l Limits) Option { return func(o *operation) { o.limits = &l } }

// Admit has check asked about every request whose caller may come, before one octet of its body is read: for limits by what the request
// comes from, such as its address. An error refuses it.
func Admit(check func(*http.Request) error) Option { return func(o *operation) { o.admit = check } }

// splitPattern cuts "METHOD /path"; the pattern names no host.
func splitPattern(pattern string) (method, path string, err error) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok || method == "" || strings.ToUpper(method) != method || !strings.HasPrefix(path, "/") || strings.Contains(path, " ") {
		return "", "", fmt.Errorf("pattern %q is not of the form METHOD /path", pattern)
	}
	return method, path, nil
}
