package oidc

import (
	"net/http"
	"slices"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/account"
)

// introspection is the response of RFC 7662 §2.2 about an active token. Of any other it says nothing but [inactive].
type introspection struct {
	Active    bool     `json:"active"`
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  string   `json:"aud"`
	Client    string   `json:"client_id"`
	Scope     string   `json:"scope"`
	TokenType string   `json:"token_type"`
	Expires   int64    `json:"exp"`
	Issued    int64    `json:"iat"`
	ID        string   `json:"jti"`
	AuthTime  int64    `json:"auth_time,omitzero"`
	ACR       string   `json:"acr,omitzero"`
	AMR       []string `json:"amr,omitzero"`
}

// serveIntrospection tells a client about its own tokens, and a resource server that is registered for [ScopeIntrospect] about
// all. To anybody else a token is not active. It does not spend a number-verification token.
func (p *Provider) serveIntrospection(w http.ResponseWriter, r *http.Request) {
	c, form, e := p.tokenRequest(r, p.endpoints.introspection)
	if e == nil && c.isPublic() {
		e = invalidClient("a public client cannot introspect")
	}
	if e != nil {
		p.refuse(w, r, e)
		return
	}
	body := []byte(inactive)
	claims, err := p.verify(form.get("token"))
	if err == nil && (claims.Client == c.ID || slices.Contains(c.Scopes, ScopeIntrospect)) {
		if _, err = p.stands(r.Context(), claims); err == nil {
			body, err = json.Marshal(activeOf(claims))
		}
	}
	if err != nil && simtrust.KindOf(err) != simtrust.KindUnauthenticated {
		p.refuse(w, r, failure(err))
		return
	}
	writeJSON(w, http.StatusOK, body)
}

const inactive = `{"active":false}`

func activeOf(c *accessClaims) introspection {
	return introspection{
		Active: true,
		Issuer: c.Issuer, Subject: c.Subject, Audience: c.Audience, Client: c.Client, Scope: c.Scope, TokenType: "Bearer",
		Expires: c.Expires, Issued: c.Issued, ID: c.ID, AuthTime: c.AuthTime, ACR: c.ACR, AMR: c.AMR,
	}
}

// tokenRequest authenticates the client of a request about a token, which must be there.
func (p *Provider) tokenRequest(r *http.Request, endpoint string) (client, params, *oauthError) {
	form, e := readForm(r)
	if e != nil {
		return client{}, params{}, e
	}
	c, e := p.authenticate(r, &form, endpoint)
	if e == nil && form.get("token") == "" {
		e = invalidRequest("token is missing")
	}
	return c, form, e
}

func (c client) isPublic() bool { return c.Auth == account.AuthNone }
