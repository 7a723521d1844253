package oidc

import (
	"net/http"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/renumber"
)

// phoneClaims are those of the phone scope (OpenID Connect Core §5.1, §5.4).
type phoneClaims struct {
	PhoneNumber string `json:"phone_number,omitzero"`
	Verified    bool   `json:"phone_number_verified,omitzero"`
}

// phoneOf tells the number of the grant's tenure, which the caller has just found current: a number that has gone to somebody
// else is never told.
func phoneOf(g *grant, h renumber.Holding) phoneClaims {
	if !g.Scope.has(ScopePhone) {
		return phoneClaims{}
	}
	return phoneClaims{h.Number.E164(), true}
}

// userInfo is the UserInfo response (OpenID Connect Core §5.3.2).
type userInfo struct {
	Subject string `json:"sub"`
	phoneClaims
}

// serveUserInfo answers by GET or POST with a bearer token in the header.
func (p *Provider) serveUserInfo(w http.ResponseWriter, r *http.Request) {
	by, err := p.admit(r)
	if err == nil && (by.grant == nil || !by.grant.Scope.has(ScopeOpenID) || by.grant.Scope.singleUse()) {
		w.Header().Set("WWW-Authenticate", `Bearer realm="simtrust", error="insufficient_scope", scope="openid"`)
		err = errUserInfoScope
	}
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	body, err := json.Marshal(userInfo{by.grant.Subject, phoneOf(by.grant, by.holding)})
	if err != nil {
		rpc.Fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// errUserInfoScope refuses 2-legged tokens, tokens without openid, and those that are for number verification alone.
var errUserInfoScope = &simtrust.Error{Kind: simtrust.KindDenied, Reason: rpc.ReasonScope, Msg: "the token does not cover userinfo"}
