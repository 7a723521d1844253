package sandbox

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"

	"simtrust/internal/rpc"
)

// Client is an application registered with the provider, with its own secret or private key as the application would hold it.
type Client struct {
	Name         string          `json:"name"`
	ClientID     string          `json:"client_id"`
	AuthMethod   string          `json:"auth_method"`
	ClientSecret string          `json:"client_secret,omitempty"`
	JWKS         json.RawMessage `json:"jwks,omitempty"`
	RedirectURIs []string        `json:"redirect_uris"`
	InitiateURI  string          `json:"initiate_login_uri,omitempty"`
	Profile      string          `json:"profile"`
	Scopes       []string        `json:"scopes"`
}

// callback is where a client without a server of its own lets its codes go: a test reads the Location header.
const callback = "http://127.0.0.1:9/callback"

const fraudPrevention = "dpv:FraudPreventionAndDetection"

// defaultClients are the four that every sandbox provides.
func defaultClients(shop string) []Client {
	return []Client{
		{Name: "shop", AuthMethod: "none", Profile: "oidc", RedirectURIs: []string{shop + "/callback", callback},
			InitiateURI: shop + pathStart, Scopes: []string{"openid", "phone"}},
		{Name: "bank", AuthMethod: "private_key_jwt", Profile: "fapi2", RedirectURIs: []string{callback},
			Scopes: []string{"openid", "phone", "number-recycling:check", "simshield:register", "simshield:confirm"}},
		{Name: "camara", AuthMethod: "private_key_jwt", Profile: "camara", RedirectURIs: []string{callback},
			Scopes: []string{"openid", "number-verification:verify", "number-verification:device-phone-number:read", "number-recycling:check",
				fraudPrevention, "dpv:RequestedServiceProvision"}},
		{Name: "service", AuthMethod: "client_secret_basic", Profile: "oidc", RedirectURIs: []string{},
			Scopes: []string{"number-recycling:check"}},
	}
}

// displayNames is what people read on the consent page.
var displayNames = map[string]string{"shop": "山茶小店 Camellia", "bank": "示例银行 Sample Bank", "camara": "CAMARA client", "service": "Service", "rail": "示例铁路 Sample Rail"}

type registerApp struct {
	Name         string            `json:"name"`
	Auth         string            `json:"auth"`
	Profile      string            `json:"profile"`
	RedirectURIs []string          `json:"redirect_uris"`
	InitiateURI  string            `json:"initiate_login_uri,omitempty"`
	Scopes       []string          `json:"scopes"`
	JWKS         json.RawMessage   `json:"jwks,omitempty"`
	Sector       string            `json:"sector,omitempty"`
	LegalBases   map[string]string `json:"legal_bases,omitempty"`
}

type registeredApp struct {
	App struct {
		ID string `json:"id"`
	} `json:"app"`
	Secret string `json:"secret"`
}

// register makes the client known to the server through the admin API and keeps what the server answers.
func register(ctx context.Context, admin *rpc.Client, c Client) (Client, error) {
	req := registerApp{Name: displayNames[c.Name], Auth: c.AuthMethod, Profile: c.Profile, RedirectURIs: c.RedirectURIs, InitiateURI: c.InitiateURI, Scopes: c.Scopes}
	if c.Profile == "camara" {
		req.LegalBases = map[string]string{fraudPrevention: "legitimate-interest"}
	}
	if c.AuthMethod == "private_key_jwt" {
		private, public, err := newJWKS(c.Name + "-1")
		if err != nil {
			return c, err
		}
		c.JWKS, req.JWKS = private, public
	}
	res, err := rpc.Call[registerApp, registeredApp](admin, "POST /account/v1/apps")(ctx, req)
	if err != nil {
		return c, fmt.Errorf("sandbox: registering %s: %w", c.Name, err)
	}
	c.ClientID, c.ClientSecret = res.App.ID, res.Secret
	return c, nil
}

// newJWKS makes a P-256 key as a JWK set (RFC 7517), once with and once without its private part.
func newJWKS(kid string) (private, public json.RawMessage, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, nil, err
	}
	scalar, err := key.Bytes()
	if err != nil {
		return nil, nil, err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	jwk := map[string]string{"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "alg": "ES256", "x": b64(point[1:33]), "y": b64(point[33:])}
	set := map[string]any{"keys": []any{jwk}}
	if public, err = json.Marshal(set); err != nil {
		return nil, nil, err
	}
	jwk["d"] = b64(scalar)
	private, err = json.Marshal(set)
	return private, public, err
}
