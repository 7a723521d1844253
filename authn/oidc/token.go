package oidc

import (
	"net/http"
	"strconv"
	"time"
)

// serveToken is the token endpoint (RFC 6749 §3.2): authorization_code and client_credentials.
func (p *Provider) serveToken(w http.ResponseWriter, r *http.Request) {
	body, e := p.token(r)
	if e != nil {
		p.refuse(w, r, e)
		return
	}
	w.Header().Set("Pragma", "no-cache")
	writeJSON(w, http.StatusOK, body)
}

func (p *Provider) token(r *http.Request) ([]byte, *oauthError) {
	form, e := readForm(r)
	if e != nil {
		return nil, e
	}
	c, e := p.authenticate(r, &form, p.endpoints.token)
	if e != nil {
		return nil, e
	}
	switch form.get("grant_type") {
	case "client_credentials":
		return p.clientCredentials(c, &form)
	case "authorization_code":
		return p.authorizationCode(r, c, &form)
	case "":
		return nil, invalidRequest("grant_type is missing")
	default:
		return nil, &oauthError{status: http.StatusBadRequest, code: "unsupported_grant_type"}
	}
}

// clientCredentials issues a 2-legged token (RFC 6749 §4.4). The scope is required (ICM r4.2).
func (p *Provider) clientCredentials(c client, form *params) ([]byte, *oauthError) {
	if c.isPublic() {
		return nil, &oauthError{status: http.StatusBadRequest, code: codeUnauthorized, text: "a public client has no credentials"}
	}
	s, e := parseScope(form.get("scope"))
	if e != nil {
		return nil, e
	}
	if e := s.checkClient(c.App); e != nil {
		return nil, e
	}
	token, err := p.clientToken(c.ID, s)
	if err != nil {
		return nil, failure(err)
	}
	return tokenResponse(token, "", s), nil
}

// authorizationCode redeems a code (RFC 6749 §4.1.3, RFC 7636 §4.5).
func (p *Provider) authorizationCode(r *http.Request, c client, form *params) ([]byte, *oauthError) {
	code, redirect := form.get("code"), form.get("redirect_uri")
	if code == "" || redirect == "" {
		return nil, invalidRequest("code and redirect_uri are required")
	}
	g, holding, e := p.redeem(r.Context(), c, code, redirect, form.get("code_verifier"))
	if e != nil {
		return nil, e
	}
	access, err := p.userToken(g)
	if err != nil {
		return nil, failure(err)
	}
	var id string
	if g.Scope.has(ScopeOpenID) {
		if id, err = p.idToken(g, holding, access); err != nil {
			return nil, failure(err)
		}
	}
	return tokenResponse(access, id, g.Scope), nil
}

// tokenResponse is the body of RFC 6749 §5.1. Tokens and scopes hold no character that JSON escapes.
func tokenResponse(access, id string, s scope) []byte {
	b := make([]byte, 0, 192+len(access)+len(id))
	b = append(append(b, `{"access_token":"`...), access...)
	b = append(b, `","token_type":"Bearer","expires_in":`...)
	b = strconv.AppendInt(b, int64(tokenLife/time.Second), 10)
	b = append(append(b, `,"scope":"`...), s.String()...)
	if id != "" {
		b = append(append(b, `","id_token":"`...), id...)
	}
	return append(b, `"}`...)
}
