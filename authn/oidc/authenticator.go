package oidc

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

// Authenticate tells who sends a request, from its bearer token. The signature may be remembered; whether the application, the
// grant and the tenure still stand is asked every time. KindUnauthenticated with [ReasonToken]; KindUnavailable.
func (p *Provider) Authenticate(r *http.Request) (rpc.Caller, error) {
	by, err := p.admit(r)
	if err != nil {
		return rpc.Caller{}, err
	}
	return by.caller(), nil
}

// admission is a token that stands, with what it stands on: grant and holding of a 3-legged one, neither of a 2-legged one.
type admission struct {
	claims  *accessClaims
	grant   *grant
	holding renumber.Holding
}

func (p *Provider) admit(r *http.Request) (admission, error) {
	token, ok := bearer(r)
	if !ok {
		return admission{}, errToken
	}
	claims, err := p.verify(token)
	if err != nil {
		return admission{}, err
	}
	return p.stands(r.Context(), claims)
}

// bearer reads the token of the one Authorization header (RFC 6750 §2.1). A token in the query would be in logs.
func bearer(r *http.Request) (string, bool) {
	values := r.Header.Values("Authorization")
	if len(values) != 1 || !hasScheme(values[0], "Bearer") {
		return "", false
	}
	return strings.TrimLeft(values[0][len("Bearer "):], " "), true
}

// stands asks what may have changed since the token was issued: the application and its rights, and the grant with its consent and
// tenure or, for a 2-legged token, its own revocation. errToken if any of them has ended.
func (p *Provider) stands(ctx context.Context, c *accessClaims) (admission, error) {
	app, err := p.accounts.App(ctx, c.Client)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound || err == nil && app.Suspended:
		return admission{}, errToken
	case err != nil:
		return admission{}, err
	case c.Grant == "":
		return admission{claims: c}, p.clientStands(ctx, c, app)
	}
	g, err := p.ledger.grant(ctx, c.Grant)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound || err == nil && (!g.live(p.now()) || g.Spent):
		return admission{}, errToken
	case err != nil:
		return admission{}, err
	}
	if err := p.agreed(ctx, &g, app); err != nil {
		return admission{}, err
	}
	h, err := p.liveHolding(ctx, &g)
	return admission{c, &g, h}, err
}

func (p *Provider) clientStands(ctx context.Context, c *accessClaims, app account.App) error {
	if e := storedScope(c.Scope).checkClient(app); e != nil {
		return errToken
	}
	burnt, err := p.ledger.isBurnt(ctx, revokedID(c.ID))
	if err == nil && burnt {
		return errToken
	}
	return err
}

// agreed asks whether the holder still agrees to what the grant allows, the application may still ask for it, and the account is
// still the tenure's. Number verification is about the number, whatever became of the account.
func (p *Provider) agreed(ctx context.Context, g *grant, app account.App) error {
	through := g.Account
	if g.Scope.singleUse() {
		through = ""
	}
	missing, err := p.accounts.Missing(ctx, account.UseReq{
		Tenure: g.Tenure, Account: through, App: app, Scopes: g.Scope.words, Purpose: g.Scope.purpose,
	})
	if simtrust.KindOf(err) == simtrust.KindDenied || err == nil && len(missing) > 0 {
		return errToken
	}
	return err
}

// liveHolding returns the holding of the grant's tenure now. errToken if the tenure has ended, is out of sight, or its line
// authenticates nobody; for a number-verification grant also if the SIM changed since or the number is in doubt.
func (p *Provider) liveHolding(ctx context.Context, g *grant) (renumber.Holding, error) {
	h, err := p.usable(ctx, g.Tenure)
	if err != nil || !g.Scope.singleUse() {
		return h, err
	}
	doubted, err := p.network.Doubted(ctx, h.Number, g.Issued)
	switch {
	case err != nil:
		return renumber.Holding{}, err
	case doubted || simChanged(h, g):
		return renumber.Holding{}, errToken
	}
	return h, nil
}

// usable returns the holding of a tenure that may authenticate its holder now, or errToken.
func (p *Provider) usable(ctx context.Context, id simtrust.TenureID) (renumber.Holding, error) {
	live, err := p.tenures.Live(ctx, []simtrust.TenureID{id})
	if err != nil {
		return renumber.Holding{}, err
	}
	if h, ok := live[id]; ok && h.Usable() {
		return h, nil
	}
	return renumber.Holding{}, errToken
}

// simChanged reports whether the SIM behind the grant is not what it was: the card that was seen serves the number no more, or the
// primary one is not the one of then. No clock decides: a change may commit after the login that it was recorded before.
func simChanged(h renumber.Holding, g *grant) bool {
	seen := slices.ContainsFunc(h.SIMs, func(s renumber.SIM) bool { return s.IMSI == g.IMSI })
	return !seen || !h.SIMChangedRecorded.Equal(g.SIMRecorded)
}

func (a admission) caller() rpc.Caller {
	c, s := a.claims, storedScope(a.claims.Scope)
	caller := rpc.Caller{
		Client: c.Client, Scopes: s.words, Purpose: s.purpose,
		Proof: rpc.Proof{TokenID: c.ID, Issued: time.Unix(c.Issued, 0), ACR: c.ACR, AMR: c.AMR},
	}
	if g := a.grant; g != nil {
		caller.Tenure, caller.Account = g.Tenure, g.Account
		caller.Proof.Grant, caller.Proof.AuthTime = g.ID, g.AuthTime
	}
	return caller
}
