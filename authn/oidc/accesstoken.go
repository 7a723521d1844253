package oidc

import (
	"crypto/sha256"
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
)

// Media types of the tokens (RFC 9068 §2.1, RFC 7519 §5.1). They keep one from passing for the other.
const (
	accessType = "at+jwt"
	idType     = "JWT"
)

// signingAlg is the one algorithm of our own tokens.
const signingAlg = "ES256"

// accessClaims are the claims of an access token (RFC 9068 §2.2). The tenure is not among them: Grant names the row that knows.
type accessClaims struct {
	Issuer   string   `json:"iss"`
	Subject  string   `json:"sub"`
	Audience string   `json:"aud"`
	Expires  int64    `json:"exp"`
	Issued   int64    `json:"iat"`
	ID       string   `json:"jti"`
	Client   string   `json:"client_id"`
	Scope    string   `json:"scope"`
	Grant    string   `json:"gid,omitzero"`
	AuthTime int64    `json:"auth_time,omitzero"`
	ACR      string   `json:"acr,omitzero"`
	AMR      []string `json:"amr,omitzero"`
}

func (c *accessClaims) GetExpirationTime() (*jwt.NumericDate, error) {
	return numericDate(c.Expires), nil
}
func (c *accessClaims) GetIssuedAt() (*jwt.NumericDate, error)  { return numericDate(c.Issued), nil }
func (c *accessClaims) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }
func (c *accessClaims) GetIssuer() (string, error)              { return c.Issuer, nil }
func (c *accessClaims) GetSubject() (string, error)             { return c.Subject, nil }
func (c *accessClaims) GetAudience() (jwt.ClaimStrings, error) {
	return jwt.ClaimStrings{c.Audience}, nil
}

func numericDate(seconds int64) *jwt.NumericDate {
	if seconds == 0 {
		return nil
	}
	return jwt.NewNumericDate(time.Unix(seconds, 0))
}

// clientToken signs a 2-legged access token: the client is its own subject.
func (p *Provider) clientToken(client string, s scope) (string, error) {
	now := p.now().Unix()
	return p.keys.SignJWT(accessType, &accessClaims{
		Issuer: p.issuer, Subject: client, Audience: p.issuer, Expires: now + int64(tokenLife/time.Second), Issued: now,
		ID: simtrust.NewID("tok"), Client: client, Scope: s.String(),
	})
}

// userToken signs the access token of a grant. Its first use tends to come at once and to the same node, which knows its own signature.
func (p *Provider) userToken(g *grant) (string, error) {
	now := p.now()
	claims := &accessClaims{
		Issuer: p.issuer, Subject: g.Subject, Audience: p.issuer, Expires: now.Add(tokenLife).Unix(), Issued: now.Unix(),
		ID: simtrust.NewID("tok"), Client: g.Client, Scope: g.Scope.String(), Grant: g.ID,
		AuthTime: g.AuthTime.Unix(), ACR: acrNetwork, AMR: methods(g.Method),
	}
	token, err := p.keys.SignJWT(accessType, claims)
	if err == nil {
		p.verified.put(sha256.Sum256([]byte(token)), claims, now)
	}
	return token, err
}

// How the number was proven. The context class is Mobile Connect's level of assurance 2, one factor: possession of the SIM,
// shown by the network or by a code on its screen. The methods are that of the CAMARA profile for the network and the way the network
// told us, or a one-time password (RFC 8176 §2).
const (
	acrNetwork = "2"
	amrNetwork = "nba"
	amrCode    = "otp"
)

func methods(method string) []string {
	if method == MethodCode {
		return []string{amrCode, MethodCode}
	}
	return []string{amrNetwork, method}
}

// errToken is every refusal of an access token; the difference is nobody's business.
var errToken = &simtrust.Error{
	Kind: simtrust.KindUnauthenticated, Reason: ReasonToken, Msg: "the access token is missing, invalid, expired, used or revoked",
}

// ReasonToken says that an access token is not accepted.
const ReasonToken = "invalid_token"

// verify checks the token's signature, type, issuer, audience and lifetime. What may change while it lives is asked elsewhere.
func (p *Provider) verify(token string) (*accessClaims, error) {
	if len(token) > maxToken {
		return nil, errToken
	}
	key := sha256.Sum256([]byte(token))
	now := p.now()
	if c, ok := p.verified.get(key, now); ok {
		return c, nil
	}
	claims := &accessClaims{}
	parsed, err := p.parser.ParseWithClaims(token, claims, p.keys.Keyfunc)
	if err != nil || parsed.Header["typ"] != accessType || claims.ID == "" || claims.Client == "" {
		return nil, errToken
	}
	if !storedScope(claims.Scope).singleUse() {
		p.verified.put(key, claims, now)
	}
	return claims, nil
}

const maxToken = 4096

func newAccessParser(issuer string, now func() time.Time) *jwt.Parser {
	return jwt.NewParser(jwt.WithValidMethods([]string{signingAlg}), jwt.WithIssuer(issuer), jwt.WithAudience(issuer),
		jwt.WithExpirationRequired(), jwt.WithTimeFunc(now), jwt.WithStrictDecoding())
}

// halfHash is the left half of a token's SHA-256: at_hash (OpenID Connect Core §3.1.3.6).
func halfHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
