package oidc

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust/account"
)

const (
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	maxAssertion  = 8 << 10
	maxJTI        = 256
)

// assertionClaims are the claims of a client assertion (RFC 7523 §3). Their names count to the letter and none may be repeated, so
// that no two readers of one assertion can disagree.
type assertionClaims struct {
	Issuer    string   `json:"iss"`
	Subject   string   `json:"sub"`
	Audience  audience `json:"aud"`
	Expires   float64  `json:"exp"`
	NotBefore float64  `json:"nbf"`
	Issued    float64  `json:"iat"`
	ID        string   `json:"jti"`
}

// UnmarshalJSON decodes strictly where golang-jwt would not.
func (c *assertionClaims) UnmarshalJSON(text []byte) error {
	type plain assertionClaims
	return json.Unmarshal(text, (*plain)(c))
}

// The parser is told to leave the claims to [assertionClaims.check], whose rules are stricter and depend on the profile.

func (c *assertionClaims) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (c *assertionClaims) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (c *assertionClaims) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (c *assertionClaims) GetIssuer() (string, error)                   { return c.Issuer, nil }
func (c *assertionClaims) GetSubject() (string, error)                  { return c.Subject, nil }
func (c *assertionClaims) GetAudience() (jwt.ClaimStrings, error)       { return c.Audience.values, nil }

// audience is the aud claim, and whether it came as a list: FAPI 2.0 takes a string only.
type audience struct {
	values []string
	list   bool
}

// UnmarshalJSON takes a string or a list of strings (RFC 7519 §4.1.3).
func (a *audience) UnmarshalJSON(text []byte) error {
	if len(text) > 0 && text[0] == '[' {
		a.list = true
		return json.Unmarshal(text, &a.values)
	}
	a.values = make([]string, 1)
	return json.Unmarshal(text, &a.values[0])
}

// only reports whether every value is one of ours: an assertion that is also meant for somebody else could be replayed by them.
func (a audience) only(ours ...string) bool {
	return len(a.values) > 0 && !slices.ContainsFunc(a.values, func(v string) bool { return !slices.Contains(ours, v) })
}

// check applies RFC 7523 §3 and, for the lifetime, ICM r4.2 "Client Authentication". It returns what is wrong, or "".
func (c *assertionClaims) check(now time.Time, client string) string {
	at, most := float64(now.UnixMilli())/1000, tokenLife.Seconds()
	ahead := at + leeway.Seconds()
	switch {
	case c.Issuer != client || c.Subject != client:
		return "iss and sub must be the client_id"
	case c.Expires <= at:
		return "exp is missing or past"
	case c.Expires > at+most || c.Issued != 0 && c.Expires-c.Issued > most:
		return "the lifetime is over 300 seconds"
	case c.Issued > ahead || c.NotBefore > ahead:
		return "iat or nbf is in the future"
	case c.ID == "" || len(c.ID) > maxJTI:
		return "jti is missing or too long"
	}
	return ""
}

// verifyAssertion checks a client assertion that was sent to endpoint and uses up its jti, last of all, so that an assertion
// that fails for another reason can be mended.
func (p *Provider) verifyAssertion(ctx context.Context, assertion string, app account.App, pol *profile, endpoint string) *oauthError {
	claims, ok := p.readAssertion(assertion, app, pol)
	if !ok {
		return invalidClient("the client assertion is malformed or not signed by a registered key")
	}
	if wrong := claims.check(p.now(), app.ID); wrong != "" {
		return invalidClient("client assertion: " + wrong)
	}
	if !pol.audience(claims.Audience, p.issuer, p.endpoints.token, endpoint) {
		return invalidClient("client assertion: aud is not this server as the client's profile wants it")
	}
	expires := time.UnixMilli(int64(claims.Expires * 1000)).Add(leeway)
	switch fresh, err := p.ledger.burn(ctx, assertionID(app.ID, claims.ID), expires); {
	case err != nil:
		return failure(err)
	case !fresh:
		return invalidClient("client assertion: jti was used before")
	}
	return nil
}

func (p *Provider) readAssertion(assertion string, app account.App, pol *profile) (*assertionClaims, bool) {
	if len(assertion) > maxAssertion {
		return nil, false
	}
	keys, err := p.clientKeys.Of(app.ID, app.JWKS)
	if err != nil {
		return nil, false
	}
	claims := &assertionClaims{}
	parser := jwt.NewParser(jwt.WithValidMethods(pol.algs), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	_, err = parser.ParseWithClaims(assertion, claims, keys.Keyfunc)
	return claims, err == nil
}

// assertionID names a used assertion. A jti is unique per issuer (RFC 7519 §4.1.7), so the client is part of it.
func assertionID(client, jti string) string {
	sum := sha256.Sum256([]byte(client + "\x00" + jti))
	return "assertion:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
