package main

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.step.sm/crypto/jose"

	"simtrust"
	"simtrust/internal/rpc"
)

// partyFlags say as which application a command speaks: one that authenticates with a key of its own (private_key_jwt).
type partyFlags struct {
	Server   string `env:"SIMTRUST_SERVER" placeholder:"URL" help:"Server, such as https://id.operator.example."`
	ClientID string `placeholder:"ID" help:"The application's id."`
	Key      string `type:"existingfile" placeholder:"FILE" help:"Its private keys as a JWK set; the first one signs."`
	Sandbox  string `env:"SIMTRUST_SANDBOX" placeholder:"FILE" help:"Take server, id and key of --as from a sandbox.json."`
	As       string `default:"bank" placeholder:"NAME" help:"With --sandbox: which of its clients. Default: ${default}."`
}

// party is an application with its key.
type party struct {
	server, id string
	key        jose.JSONWebKey
}

func (f partyFlags) party() (*party, error) {
	p, keys, err := f.read()
	if err != nil {
		return nil, err
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(keys, &set); err != nil || len(set.Keys) == 0 || set.Keys[0].IsPublic() {
		return nil, errors.New("the key file is no JWK set that begins with a private key")
	}
	p.key = set.Keys[0]
	if exposed(p.server) {
		return nil, errors.New("--server would carry tokens in clear: give an https URL; http is for a loopback address only")
	}
	return p, nil
}

func (f partyFlags) read() (*party, []byte, error) {
	if f.Sandbox != "" {
		if f.ClientID != "" || f.Key != "" || f.Server != "" {
			return nil, nil, errors.New("--sandbox names server, id and key already; leave out --server, --client-id and --key, or unset SIMTRUST_SANDBOX and " +
				"SIMTRUST_SERVER as needed")
		}
		return f.fromSandbox()
	}
	if f.Server == "" || f.ClientID == "" || f.Key == "" {
		return nil, nil, errors.New("as whom? give --server, --client-id and --key, or --sandbox FILE")
	}
	keys, err := os.ReadFile(f.Key)
	return &party{server: f.Server, id: f.ClientID}, keys, err
}

func (f partyFlags) fromSandbox() (*party, []byte, error) {
	text, err := os.ReadFile(f.Sandbox)
	if err != nil {
		return nil, nil, fmt.Errorf("%w; start the sandbox first, it prints the path of its sandbox.json", err)
	}
	var c struct {
		Issuer  string `json:"issuer"`
		Clients []struct {
			Name     string          `json:"name"`
			ClientID string          `json:"client_id"`
			JWKS     json.RawMessage `json:"jwks"`
		} `json:"clients"`
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, nil, fmt.Errorf("%s is not a sandbox.json: %w; the sandbox prints the path of its own when it starts", f.Sandbox, err)
	}
	for _, client := range c.Clients {
		if client.Name == f.As && client.JWKS != nil {
			return &party{server: c.Issuer, id: client.ClientID}, client.JWKS, nil
		}
	}
	return nil, nil, fmt.Errorf("the sandbox has no client %q with a key; bank and camara have one", f.As)
}

// sign makes a compact JWS of claims under a type.
func (p *party) sign(typ string, claims jwt.Claims) (string, error) {
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims)
	token.Header["typ"], token.Header["kid"] = typ, p.key.KeyID
	signer, ok := p.key.Key.(crypto.Signer)
	if !ok {
		return "", errors.New("the key does not sign")
	}
	return token.SignedString(signer)
}

// connect is the server as the application has it, with a token for a scope.
func (p *party) connect(ctx context.Context, scope string) (*rpc.Client, error) {
	token, err := p.token(ctx, scope)
	if err != nil {
		return nil, err
	}
	return rpc.NewClient(p.server, patient(), token), nil
}

// patient is how the server is called; it is not followed elsewhere.
func patient() *http.Client { return &http.Client{Timeout: remoteTimeout, CheckRedirect: stay} }

// token obtains a token of the application's own (RFC 6749 §4.4, RFC 7523 §2.2) for a scope.
func (p *party) token(ctx context.Context, scope string) (string, error) {
	now := time.Now()
	assertion, err := p.sign("JWT", jwt.MapClaims{"iss": p.id, "sub": p.id, "aud": p.server, "jti": simtrust.NewID("jti"), "iat": now.Unix(),
		"exp": now.Add(time.Minute).Unix()})
	if err != nil {
		return "", err
	}
	form := url.Values{"grant_type": {"client_credentials"}, "scope": {scope}, "client_id": {p.id}, "client_assertion": {assertion},
		"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.server+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := patient().Do(req)
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	var answer struct {
		Token       string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil || answer.Token == "" {
		return "", fmt.Errorf("no token: %s %s (HTTP %d)", answer.Error, answer.Description, res.StatusCode)
	}
	return answer.Token, nil
}
