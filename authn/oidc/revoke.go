package oidc

import (
	"net/http"
	"time"
)

// serveRevocation ends a token of the client (RFC 7009): with a 3-legged one its whole grant. A token that is unknown, invalid or
// expired needs no revoking and is answered 200; one of another client is refused.
func (p *Provider) serveRevocation(w http.ResponseWriter, r *http.Request) {
	c, form, e := p.tokenRequest(r, p.endpoints.revocation)
	if e == nil {
		e = p.revoke(r, c, form.get("token"))
	}
	if e != nil {
		p.refuse(w, r, e)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (p *Provider) revoke(r *http.Request, c client, token string) *oauthError {
	claims, err := p.verify(token)
	if err != nil {
		return nil
	}
	if claims.Client != c.ID {
		return &oauthError{status: http.StatusBadRequest, code: codeUnauthorized, text: "the token was issued to another client"}
	}
	if claims.Grant != "" {
		err = p.ledger.revoke(r.Context(), claims.Grant)
	} else {
		_, err = p.ledger.burn(r.Context(), revokedID(claims.ID), time.Unix(claims.Expires, 0))
	}
	if err != nil {
		return failure(err)
	}
	return nil
}

// revokedID names a revoked 2-legged token.
func revokedID(jti string) string { return "token:" + jti }
