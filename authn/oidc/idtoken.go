package oidc

import (
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/renumber"
)

// idClaims are the claims of an ID token (OpenID Connect Core §2).
type idClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	AuthTime int64    `json:"auth_time"`
	Nonce    string   `json:"nonce,omitzero"`
	ACR      string   `json:"acr"`
	AMR      []string `json:"amr"`
	AtHash   string   `json:"at_hash"`
	phoneClaims
}

func (c *idClaims) GetExpirationTime() (*jwt.NumericDate, error) { return numericDate(c.Expires), nil }
func (c *idClaims) GetIssuedAt() (*jwt.NumericDate, error)       { return numericDate(c.Issued), nil }
func (c *idClaims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *idClaims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *idClaims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *idClaims) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{c.Audience}, nil }

// idToken signs the ID token of a grant on its holding, beside an access token.
func (p *Provider) idToken(g *grant, h renumber.Holding, access string) (string, error) {
	now := p.now().Unix()
	return p.keys.SignJWT(idType, &idClaims{
		Issuer: p.issuer, Subject: g.Subject, Audience: g.Client, Issued: now, Expires: now + int64(tokenLife/time.Second),
		AuthTime: g.AuthTime.Unix(), Nonce: g.Nonce, ACR: acrNetwork, AMR: methods(g.Method), AtHash: halfHash(access),
		phoneClaims: phoneOf(g, h),
	})
}

// hinted returns the subject of an id_token_hint: an ID token that we issued to the client, however long ago.
func (p *Provider) hinted(hint, client string) (subject string, ok bool) {
	var claims idClaims
	parser := jwt.NewParser(jwt.WithValidMethods([]string{signingAlg}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	token, err := parser.ParseWithClaims(hint, &claims, p.keys.Keyfunc)
	ok = err == nil && token.Header["typ"] == idType && claims.Issuer == p.issuer && claims.Audience == client
	return claims.Subject, ok
}
