package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"simtrust"
)

// assertionLife is how long a client assertion may be used.
const assertionLife = time.Minute

// token gets a 2-legged token for a client that authenticates with its private key (RFC 6749 §4.4, RFC 7523 §2.2).
func (c Client) token(ctx context.Context, issuer, scopes string, now time.Time) (string, error) {
	assertion, err := c.assertion(issuer, now)
	if err != nil {
		return "", err
	}
	config := clientcredentials.Config{
		ClientID: c.ClientID, TokenURL: issuer + "/token", Scopes: []string{scopes}, AuthStyle: oauth2.AuthStyleInParams,
		EndpointParams: url.Values{
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion},
		},
	}
	token, err := config.Token(ctx)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

func (c Client) assertion(audience string, now time.Time) (string, error) {
	key, kid, err := keyOf(c.JWKS)
	if err != nil {
		return "", err
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss": c.ClientID, "sub": c.ClientID, "aud": audience, "jti": simtrust.NewSecret(), "iat": now.Unix(), "exp": now.Add(assertionLife).Unix(),
	})
	token.Header["kid"] = kid
	return token.SignedString(key)
}

// secretToken gets a 2-legged token for a client that authenticates with its secret, with all its scopes.
func (c Client) secretToken(ctx context.Context, issuer string) (string, error) {
	config := clientcredentials.Config{ClientID: c.ClientID, ClientSecret: c.ClientSecret, TokenURL: issuer + "/token", Scopes: c.Scopes,
		AuthStyle: oauth2.AuthStyleInHeader}
	token, err := config.Token(ctx)
	if err != nil {
		return "", err
	}
	return token.AccessToken, nil
}

// keyOf is the private key that newJWKS made.
func keyOf(jwks json.RawMessage) (*ecdsa.PrivateKey, string, error) {
	var set struct {
		Keys []struct{ Kid, D string }
	}
	if err := json.Unmarshal(jwks, &set); err != nil || len(set.Keys) == 0 {
		return nil, "", errors.New("sandbox: the client has no key")
	}
	scalar, err := base64.RawURLEncoding.DecodeString(set.Keys[0].D)
	if err != nil {
		return nil, "", err
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), scalar)
	return key, set.Keys[0].Kid, err
}
