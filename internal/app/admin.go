package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"slices"
	"strings"

	"simtrust"
	"simtrust/account"
	"simtrust/ca"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/messaging/rcs"
	"simtrust/messaging/sender"
	"simtrust/renumber"
	"simtrust/simshield"
	"simtrust/simshield/access"
	"simtrust/simshield/gateway"
)

// Scopes of the server's own operations.
const (
	scopeKeys   = "key:admin"
	scopeRoutes = "route:read"
)

// operatorScopes are for the operator's own credentials, never for a token that stands for a holder.
var operatorScopes = []string{account.ScopeAdmin, renumber.ScopeFeed, renumber.ScopeRead, renumber.ScopeTenures,
	ca.ScopeAuthorise, ca.ScopeIssue, ca.ScopeRead, ca.ScopeRevoke, gateway.ScopeBearer, gateway.ScopeCards, simshield.ScopeApprove, access.ScopeAccess,
	sender.ScopeAdmin, rcs.ScopeBearer,
	scopeKeys, scopeRoutes}

// adminScopes is what the admin token may do.
var adminScopes = append(slices.Clip(operatorScopes), renumber.ScopeCheck)

// leastToken is 128 random bits in hexadecimal digits.
const leastToken = 32

// readAdminToken reads the token, or makes one where the file is missing.
func readAdminToken(path string) (string, error) {
	token, err := Secret(path)
	if err == nil && len(token) < leastToken {
		return "", fmt.Errorf("%s: an admin token has at least %d random characters; remove the file and serve makes one", path, leastToken)
	}
	return string(token), err
}

// Secret reads the secret in a file, or makes one where the file is missing. The file appears with the whole secret in it, so a
// process that dies meanwhile leaves none that is empty.
func Secret(path string) ([]byte, error) {
	secret, err := readSecret(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return secret, err
	}
	secret = []byte(simtrust.NewSecret())
	next := path + ".next"
	if err := os.WriteFile(next, secret, 0o600); err != nil {
		return nil, err
	}
	return secret, os.Rename(next, path)
}

// adminClient is the client behind the admin token, in logs and rate limits. No application's id has a colon.
const adminClient = "admin:token"

// gate knows the admin token and messaging's; every other credential is the provider's. Whatever an application is registered for, a token that stands
// for a holder does not get operatorScopes.
type gate struct {
	admin     [sha256.Size]byte
	messaging [sha256.Size]byte
	provider  rpc.Authenticator
}

// Authenticate implements rpc.Authenticator.
func (g gate) Authenticate(r *http.Request) (rpc.Caller, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	digest := sha256.Sum256([]byte(token))
	if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(digest[:], g.admin[:]) == 1 {
		return rpc.Caller{Client: adminClient, Scopes: adminScopes}, nil
	}
	if strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(digest[:], g.messaging[:]) == 1 {
		return rpc.Caller{Client: messagingClient, Scopes: messagingScopes}, nil
	}
	c, err := g.provider.Authenticate(r)
	if c.Tenure != "" {
		c.Scopes = slices.DeleteFunc(slices.Clone(c.Scopes), func(s string) bool { return slices.Contains(operatorScopes, s) })
	}
	return c, err
}

// KeyList is the signing keys with their states.
type KeyList struct {
	Keys []keys.Key `json:"keys"`
}

// Route is one mounted operation.
type Route struct {
	Operation string   `json:"operation"`
	Method    string   `json:"method"`
	Path      string   `json:"path"`
	Scopes    []string `json:"scopes,omitempty"`
	Public    bool     `json:"public"`
}

// RouteList is every operation of the server.
type RouteList struct {
	Routes []Route `json:"routes"`
}

type nothing struct{}

const (
	patternKeys   = "GET /admin/v1/keys"
	patternRotate = "POST /admin/v1/keys/rotate"
	patternRoutes = "GET /admin/v1/routes"
)

// mountAdmin mounts the operations of the server itself.
func (a *App) mountAdmin(r *rpc.Router) {
	rpc.Handle(r, "keys.list", patternKeys, func(context.Context, nothing) (KeyList, error) {
		return KeyList{a.keys.Keys()}, nil
	}, rpc.Scope(scopeKeys))
	rpc.Handle(r, "keys.rotate", patternRotate, func(ctx context.Context, _ nothing) (KeyList, error) {
		err := a.keys.Rotate(ctx)
		return KeyList{a.keys.Keys()}, err
	}, rpc.Scope(scopeKeys))
	rpc.Handle(r, "routes.list", patternRoutes, func(context.Context, nothing) (RouteList, error) {
		var list RouteList
		for _, op := range r.Ops() {
			list.Routes = append(list.Routes, Route{op.Name, op.Method, op.Path, op.Scopes, op.Public})
		}
		return list, nil
	}, rpc.Scope(scopeRoutes))
}

// Client is the server's own operations over HTTP.
type Client struct{ c *rpc.Client }

// NewClient returns the operations of the server behind c.
func NewClient(c *rpc.Client) Client { return Client{c} }

// Keys lists the signing keys.
func (c Client) Keys(ctx context.Context) (KeyList, error) {
	return rpc.Call[nothing, KeyList](c.c, patternKeys)(ctx, nothing{})
}

// RotateKeys moves every signing key to its next state.
func (c Client) RotateKeys(ctx context.Context) (KeyList, error) {
	return rpc.Call[nothing, KeyList](c.c, patternRotate)(ctx, nothing{})
}

// Routes lists every operation.
func (c Client) Routes(ctx context.Context) (RouteList, error) {
	return rpc.Call[nothing, RouteList](c.c, patternRoutes)(ctx, nothing{})
}
