package rpc

import (
	"context"
	"net/http"
	"slices"
	"time"

	"simtrust"
)

// Caller is who makes a request, as the [Authenticator] established it. It is the one value of the program that travels in the
// context: a face reads it; a service method gets what it needs in its request.
type Caller struct {
	Client string
	Scopes []string
	// Tenure is set where the token stands for a holder (3-legged); Account is that holder's account.
	Tenure  simtrust.TenureID
	Account string
	// Purpose is the one dpv: scope of the grant, or empty.
	Purpose string
	Proof   Proof
}

// Proof tells how the holder behind a 3-legged token was authenticated. A zero Grant means a 2-legged token: nobody was.
type Proof struct {
	Grant, TokenID string
	Issued         time.Time
	AuthTime       time.Time
	ACR            string
	AMR            []string
}

// Has reports whether the caller was granted scope.
func (c Caller) Has(scope string) bool { return slices.Contains(c.Scopes, scope) }

// hasAny reports whether the caller was granted one of scopes; no scopes ask for nothing.
func (c Caller) hasAny(scopes []string) bool {
	return len(scopes) == 0 || slices.ContainsFunc(scopes, c.Has)
}

type callerKey struct{}

// WithCaller returns a context that carries c.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, &c)
}

// withoutCaller hides the caller of the request being served.
func withoutCaller(ctx context.Context) context.Context {
	return context.WithValue(ctx, callerKey{}, (*Caller)(nil))
}

// CallerFrom returns the caller that was put into ctx, else that of the request being served, and false if there is none, as on a
// public operation.
func CallerFrom(ctx context.Context) (Caller, bool) {
	c, ok := ctx.Value(callerKey{}).(*Caller)
	if x := exchangeFrom(ctx); !ok && x != nil {
		c = x.caller
	}
	if c == nil {
		return Caller{}, false
	}
	return *c, true
}

// Authenticator turns the credential of a request into its caller. It reads the header, never the body. Errors:
// KindUnauthenticated for a missing, malformed, expired or revoked credential; KindUnavailable if that cannot be told now.
type Authenticator interface {
	Authenticate(r *http.Request) (Caller, error)
}
