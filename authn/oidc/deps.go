package oidc

import (
	"context"
	"net/http"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/account"
	"simtrust/authn"
	"simtrust/renumber"
)

// Network tells whose data session a request comes through.
type Network interface {
	// Locate returns the tenure, session and SIM of the connection. KindDenied with a reason if it cannot be authenticated;
	// KindUnavailable if that cannot be told now.
	Locate(ctx context.Context, r *http.Request) (authn.Located, error)
	// Doubted reports whether the network sent a record about n at or after since that contradicts what is known of n.
	// KindUnavailable if that cannot be told now.
	Doubted(ctx context.Context, n simtrust.Number, since time.Time) (bool, error)
}

// Apps holds what OAuth calls client metadata.
type Apps interface {
	// App returns an application, suspended ones included. KindNotFound; KindUnavailable.
	App(ctx context.Context, id string) (account.App, error)
}

// Accounts knows applications, the accounts of holders and what they consented to.
type Accounts interface {
	Apps
	// Enter returns the account that the tenure has at the application and opens it on first login; without consent where it is
	// needed nothing is created and the entry names what is missing. KindDenied if the tenure has ended; KindUnavailable.
	Enter(ctx context.Context, req account.EnterReq) (account.Entry, error)
	// Missing returns those scopes that the holder would have to agree to now: consent may be withdrawn while a token lives.
	// KindDenied if the application may no longer use them at all, or the account is closed or has moved; KindUnavailable.
	Missing(ctx context.Context, req account.UseReq) ([]string, error)
	// Consent records that the holder agreed. KindDenied if the tenure has ended; KindUnavailable.
	Consent(ctx context.Context, req account.ConsentReq) error
}

// Tenures tells which tenures are current.
type Tenures interface {
	// Live returns the holdings of those ids that are current as recorded; one that is missing is not current. KindUnavailable.
	Live(ctx context.Context, ids []simtrust.TenureID) (map[simtrust.TenureID]renumber.Holding, error)
}

// Keys signs tokens and publishes what verifies them.
type Keys interface {
	// SignJWT signs with the active key; typ is the header's media type.
	SignJWT(typ string, claims jwt.Claims) (string, error)
	// Keyfunc returns the published key that a token names; it refuses any other algorithm than the one of SignJWT.
	Keyfunc(token *jwt.Token) (any, error)
	// JWKS returns the published keys as a JWK set with its entity tag.
	JWKS() (body []byte, etag string)
}
