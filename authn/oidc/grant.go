package oidc

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
	"time"

	"simtrust"
	"simtrust/renumber"
)

const (
	grantPrefix = "gnt"
	codeLife    = 60 * time.Second  // FAPI 2.0 Security Profile §5.3.2.1
	tokenLife   = 300 * time.Second // resource servers may validate a token alone, so this bounds what a revocation can miss
	leeway      = 10 * time.Second  // for clocks of clients that run ahead
)

// grant is one authorization: who was found on the connection, and what the client may have. The access token carries its id.
type grant struct {
	ID                                 string
	CodeHash                           []byte // SHA-256 of the code's secret
	Client, Redirect, Challenge, Nonce string
	Scope                              scope
	Tenure                             simtrust.TenureID
	Account, Subject                   string
	Session, IMSI, Method              string // of the connection: see authn.Located
	SIMRecorded                        time.Time
	AuthTime, Issued                   time.Time
	CodeExpires, Expires               time.Time
	Used, Spent, Revoked               bool
}

// newCode gives g its id and returns the authorization code: the id, by which the row is found, and a secret, which proves
// that the code was issued.
func (g *grant) newCode() string {
	g.ID = simtrust.NewID(grantPrefix)
	secret := simtrust.NewSecret()
	sum := sha256.Sum256([]byte(secret))
	g.CodeHash = sum[:]
	return strings.TrimPrefix(g.ID, grantPrefix+"_") + "." + secret
}

// splitCode returns the grant's id and the secret of a code.
func splitCode(code string) (id, secret string, ok bool) {
	id, secret, ok = strings.Cut(code, ".")
	return grantPrefix + "_" + id, secret, ok && len(code) < 256
}

// live reports whether tokens of the grant are still good, as far as the grant alone can tell.
func (g *grant) live(now time.Time) bool { return g.Used && !g.Revoked && now.Before(g.Expires) }

// answers checks what a token request proves about its code, without changing anything: the code's secret, the client, the
// redirect URI and the verifier (RFC 7636 §4.6).
func (g *grant) answers(secret, client, redirect, verifier string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], g.CodeHash) == 1 && g.Client == client && g.Redirect == redirect &&
		g.verifies(verifier)
}

// verifies reports whether the verifier is that of the challenge. A verifier without a challenge is refused: somebody took the
// challenge out of the authorization request (RFC 9700 §4.8.2).
func (g *grant) verifies(verifier string) bool {
	if g.Challenge == "" || verifier == "" {
		return g.Challenge == "" && verifier == ""
	}
	sum := sha256.Sum256([]byte(verifier))
	digest := base64.RawURLEncoding.EncodeToString(sum[:])
	return isVerifier(verifier) && subtle.ConstantTimeCompare([]byte(digest), []byte(g.Challenge)) == 1
}

// isVerifier checks the form of a code verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
func isVerifier(s string) bool {
	if len(s) < 43 || len(s) > 128 {
		return false
	}
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c|0x20 && c|0x20 <= 'z', '0' <= c && c <= '9', c == '-', c == '.', c == '_', c == '~':
		default:
			return false
		}
	}
	return true
}

// redeem exchanges a code for its grant, once, and returns the holding it stands on. Everything the request proves is checked
// before the code is touched, so that a stranger who has seen a code can neither use it up nor revoke what came of it. A code that
// comes back from its own client revokes its grant (RFC 6749 §4.1.2).
func (p *Provider) redeem(ctx context.Context, c client, code, redirect, verifier string) (*grant, renumber.Holding, *oauthError) {
	g, e := p.presented(ctx, c, code, redirect, verifier)
	if e != nil {
		return nil, renumber.Holding{}, e
	}
	h, e := p.redeemable(ctx, c, g)
	if e != nil {
		return nil, h, e
	}
	switch won, err := p.ledger.redeem(ctx, g.ID); {
	case err != nil:
		return nil, h, failure(err)
	case !won:
		return nil, h, p.replayed(ctx, g)
	}
	return g, h, nil
}

// presented finds the grant of a code and checks what the request proves.
func (p *Provider) presented(ctx context.Context, c client, code, redirect, verifier string) (*grant, *oauthError) {
	id, secret, ok := splitCode(code)
	if !ok {
		return nil, errCode
	}
	g, err := p.ledger.grant(ctx, id)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return nil, errCode
	case err != nil:
		return nil, failure(err)
	case !g.answers(secret, c.ID, redirect, verifier):
		return nil, errCode
	}
	return &g, nil
}

// redeemable checks what may have ended since the code was issued: the code itself, the holder's consent, the tenure.
func (p *Provider) redeemable(ctx context.Context, c client, g *grant) (renumber.Holding, *oauthError) {
	switch {
	case g.Used || g.Revoked:
		return renumber.Holding{}, p.replayed(ctx, g)
	case !p.now().Before(g.CodeExpires):
		return renumber.Holding{}, errCode
	}
	err := p.agreed(ctx, g, c.App)
	if err != nil {
		return renumber.Holding{}, ended(err)
	}
	h, err := p.liveHolding(ctx, g)
	if err != nil {
		return renumber.Holding{}, ended(err)
	}
	return h, nil
}

// replayed revokes the grant of a code that came back.
func (p *Provider) replayed(ctx context.Context, g *grant) *oauthError {
	if err := p.ledger.revoke(ctx, g.ID); err != nil {
		return failure(err)
	}
	return errCode
}

// errCode does not tell why: the difference would help whoever is guessing.
var errCode = invalidGrant("the code is unknown, expired, used, or was issued for another client, redirect_uri or code_verifier")

// ended is the answer where a grant outlived its consent or tenure.
func ended(err error) *oauthError {
	if simtrust.KindOf(err) == simtrust.KindUnauthenticated {
		return errCode
	}
	return failure(err)
}
