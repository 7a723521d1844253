package oidc

import (
	"context"
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/rpc"
)

// phoneClaims are those of the phone scope (OpenID Connect Core §5.1, §5.4). They are looked up when asked, on the tenure of the
// grant: a number that has gone to somebody else is never told.
type phoneClaims struct {
	PhoneNumber string `json:"phone_number,omitempty"`
	Verified    bool   `json:"phone_number_verified,omitempty"`
}

// userInfo is the UserInfo response (OpenID Connect Core §5.3.2).
type userInfo struct {
	Subject string `json:"sub"`
	phoneClaims
}

func (p *Provider) phone(ctx context.Context, g *grant) (phoneClaims, error) {
	if !g.Scope.has(ScopePhone) {
		return phoneClaims{}, nil
	}
	h, err := p.liveHolding(ctx, g)
	if err != nil {
		return phoneClaims{}, err
	}
	return phoneClaims{h.Number.E164(), true}, nil
}

func (p *Provider) idToken(ctx context.Context, g *grant, access string) (string, error) {
	phone, err := p.phone(ctx, g)
	if err != nil {
		return "", err
	}
	now := p.now()
	return p.keys.SignJWT(idType, &idClaims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: p.issuer, Subject: g.Subject, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(tokenLife)),
		},
		Audience: g.Client, AuthTime: g.AuthTime.Unix(), Nonce: g.Nonce, ACR: acrNetwork, AMR: methods(g.Method),
		AtHash: halfHash(access), phoneClaims: phone,
	})
}

// serveUserInfo answers by GET or POST with a bearer token in the header.
func (p *Provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	caller, g, err := p.admit(r)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	if g == nil || !caller.Has(ScopeOpenID) || g.Scope.singleUse() {
		rpc.Fail(w, r, errUserInfoScope)
		return
	}
	phone, err := p.phone(r.Context(), g)
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	body, err := json.Marshal(userInfo{g.Subject, phone})
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// errUserInfoScope refuses 2-legged tokens, tokens without openid, and those that are for number verification alone.
var errUserInfoScope = &simtrust.Error{Kind: simtrust.KindDenied, Reason: rpc.ReasonScope, Msg: "the token does not cover userinfo"}
