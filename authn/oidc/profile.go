package oidc

import (
	"slices"

	"simtrust/account"
)

// profile is the policy for the clients of one security profile. The standards contradict each other, so the differences stand
// in one table.
type profile struct {
	// methods are the ways of client authentication it allows.
	methods []string
	// algs are the JWS algorithms of client assertions.
	algs []string
	// audience accepts the aud claim of a client assertion that was sent to endpoint.
	audience func(aud audience, issuer, token, endpoint string) bool
	// pkce is required of public clients under every profile; here, of all.
	pkce bool
	// purpose: a request on behalf of a holder names exactly one dpv: purpose.
	purpose bool
	// silent: a holder who cannot be authenticated is never shown a page.
	silent bool
	// unlocated is the error of a silent request from a connection that the network cannot authenticate.
	unlocated string
}

var profiles = map[string]*profile{
	// OpenID Connect Core §9 with RFC 7523 §3: the issuer or the token endpoint.
	account.ProfileOIDC: {
		methods: []string{account.AuthNone, account.AuthSecret, account.AuthKey}, algs: []string{"ES256", "PS256"},
		audience: func(aud audience, issuer, token, _ string) bool {
			return aud.only(issuer, token)
		},
		unlocated: codeLoginRequired,
	},
	// ICM r4.2: the full URL of the called endpoint is recommended; no value that is not ours.
	account.ProfileCAMARA: {
		methods: []string{account.AuthKey}, algs: []string{"ES256"},
		audience: func(aud audience, issuer, token, endpoint string) bool {
			return aud.only(issuer, token, endpoint)
		},
		pkce: true, purpose: true, silent: true, unlocated: codeAccessDenied,
	},
	// FAPI 2.0 Security Profile §5.3.2.1: the issuer as one string.
	account.ProfileFAPI2: {
		methods: []string{account.AuthKey}, algs: []string{"ES256", "PS256"},
		audience: func(aud audience, issuer, _, _ string) bool {
			return !aud.list && aud.only(issuer)
		},
		pkce: true, unlocated: codeLoginRequired,
	},
}

// policyOf returns the profile of an application that may act, or an error: it is suspended, or registered for a profile or a way
// of authentication that the server does not allow it.
func policyOf(app account.App) (*profile, *oauthError) {
	p := profiles[app.Profile]
	if app.Suspended || p == nil || !slices.Contains(p.methods, app.Auth) {
		return nil, invalidClient("the client is suspended or its registration cannot be served")
	}
	return p, nil
}

// needsPKCE reports whether the code of an application must be bound to a verifier.
func (p *profile) needsPKCE(app account.App) bool { return p.pkce || app.Auth == account.AuthNone }
