package oidc

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"simtrust"
	"simtrust/account"
)

// client is an application that has authenticated, with its policy.
type client struct {
	account.App
	policy *profile
}

// credential is how a request tries to authenticate its client: one method, never two (RFC 6749 §2.3).
type credential struct {
	method, client, secret, assertion string
}

// authenticate finds the client of a request to endpoint and checks its credential. A public client is only named.
func (p *Provider) authenticate(r *http.Request, form *params, endpoint string) (client, *oauthError) {
	c, e := readCredential(r, form)
	if e != nil {
		return client{}, e
	}
	ctx := r.Context()
	app, err := p.accounts.App(ctx, c.client)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return client{}, invalidClient("the client is not known")
	case err != nil:
		return client{}, failure(err)
	}
	policy, e := policyOf(app)
	if e != nil {
		return client{}, e
	}
	return client{app, policy}, p.prove(ctx, c, app, policy, endpoint)
}

func (p *Provider) prove(ctx context.Context, c credential, app account.App, policy *profile, endpoint string) *oauthError {
	switch {
	case c.method != app.Auth:
		return invalidClient("the client is registered for another authentication method")
	case c.method == account.AuthSecret && !app.SecretMatches(c.secret):
		return invalidClient("the client secret is wrong")
	case c.method == account.AuthKey:
		return p.verifyAssertion(ctx, c.assertion, app, policy, endpoint)
	}
	return nil
}

func readCredential(r *http.Request, form *params) (credential, *oauthError) {
	headers := r.Header.Values("Authorization")
	assertion, id := form.get("client_assertion"), form.get("client_id")
	switch {
	case form.get("client_secret") != "":
		return credential{}, invalidClient("client_secret_post is not supported")
	case len(headers) > 1, len(headers) == 1 && assertion != "":
		return credential{}, invalidRequest("use one way of client authentication")
	case len(headers) == 1:
		return readBasic(headers[0], id)
	case assertion != "":
		return readAssertionCredential(assertion, form.get("client_assertion_type"), id)
	case id == "":
		return credential{}, invalidClient("client authentication is missing")
	}
	return credential{method: account.AuthNone, client: id}, nil
}

// readBasic decodes client_secret_basic: both parts are form-encoded inside (RFC 6749 §2.3.1).
func readBasic(header, id string) (credential, *oauthError) {
	malformed := invalidClient("the Authorization header is not client_secret_basic")
	if !hasScheme(header, "Basic") {
		return credential{}, malformed
	}
	text, err := base64.StdEncoding.DecodeString(strings.TrimLeft(header[len("Basic "):], " "))
	if err != nil {
		return credential{}, malformed
	}
	name, secret, ok := strings.Cut(string(text), ":")
	name, nameErr := url.QueryUnescape(name)
	secret, secretErr := url.QueryUnescape(secret)
	if !ok || nameErr != nil || secretErr != nil || !printable(name) {
		return credential{}, malformed
	}
	if id != "" && id != name {
		return credential{}, invalidClient("client_id differs from the authenticated client")
	}
	return credential{method: account.AuthSecret, client: name, secret: secret}, nil
}

// readAssertionCredential learns from the assertion, still unverified, whose keys to verify it with.
func readAssertionCredential(assertion, kind, id string) (credential, *oauthError) {
	if kind != assertionType {
		return credential{}, invalidClient("client_assertion_type is not " + assertionType)
	}
	subject, ok := assertionSubject(assertion)
	if !ok {
		return credential{}, invalidClient("the client assertion is malformed or not signed by a registered key")
	}
	if id != "" && id != subject {
		return credential{}, invalidClient("client_id differs from the authenticated client")
	}
	return credential{method: account.AuthKey, client: subject, assertion: assertion}, nil
}

func assertionSubject(assertion string) (string, bool) {
	_, rest, ok := strings.Cut(assertion, ".")
	payload, _, signed := strings.Cut(rest, ".")
	if !ok || !signed || len(assertion) > maxAssertion {
		return "", false
	}
	text, err := base64.RawURLEncoding.Strict().DecodeString(payload)
	if err != nil {
		return "", false
	}
	var claims assertionClaims
	err = claims.UnmarshalJSON(text)
	return claims.Subject, err == nil && claims.Subject != "" && printable(claims.Subject)
}
