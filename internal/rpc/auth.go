package rpc

import (
	"net/http"
	"strings"

	"simtrust"
)

// nobody is the authenticator of a router without one: it fails closed.
type nobody struct{}

func (nobody) Authenticate(*http.Request) (Caller, error) {
	return Caller{}, &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonNoCredential, Msg: "a credential is required"}
}

// admit authenticates a request and checks the scope.
func (r *Router) admit(o *operation, req *http.Request) (Caller, error) {
	c, err := r.cfg.Auth.Authenticate(req)
	if err != nil {
		return Caller{}, err
	}
	if !c.hasAny(o.Scopes) {
		return Caller{}, &simtrust.Error{
			Kind: simtrust.KindDenied, Reason: ReasonScope, Msg: "the credential lacks the scope " + strings.Join(o.Scopes, " or "),
		}
	}
	return c, nil
}

// authorise lets a request through if its operation is public or its caller is admitted, and notes the caller.
func (r *Router) authorise(o *operation, next http.Handler) http.Handler {
	if o.Public {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		c, err := r.admit(o, req)
		if err != nil {
			Fail(w, req, err)
			return
		}
		exchangeFrom(req.Context()).caller = &c
		next.ServeHTTP(w, req)
	})
}

// challenge sets WWW-Authenticate (RFC 6750 section 3): without an error code for a request without a credential, so that a
// client learns nothing but the scheme. A handler that set its own challenge keeps it.
func (x *exchange) challenge(h http.Header, e *simtrust.Error, status int) {
	const realm = `Bearer realm="simtrust"`
	switch {
	case h.Get("WWW-Authenticate") != "":
	case status == http.StatusUnauthorized && !x.credential:
		h.Set("WWW-Authenticate", realm)
	case status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", realm+`, error="invalid_token"`)
	case status == http.StatusForbidden && e.Reason == ReasonScope:
		h.Set("WWW-Authenticate", realm+`, error="insufficient_scope", scope="`+strings.Join(x.op.Scopes, " ")+`"`)
	}
}
