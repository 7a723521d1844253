package account

import "net/url"

// checkInitiateURI accepts where a login at the app may begin that somebody else asks for (OpenID Connect Core §4, Dynamic Client
// Registration §2): what a redirect URI may be, without a query of its own that could pass for a parameter of the request.
func (r Registration) checkInitiateURI() error {
	if r.InitiateURI == "" {
		return nil
	}
	if !wellFormed(r.InitiateURI, r.Auth == AuthNone) {
		return invalid(ReasonInvalidInitiateURI,
			"an initiate_login_uri is https, http on a loopback address, or for public apps a private-use scheme, as redirect URIs are")
	}
	if u, err := url.Parse(r.InitiateURI); err != nil || u.RawQuery != "" || u.ForceQuery {
		return invalid(ReasonInvalidInitiateURI, "an initiate_login_uri has no query: the request adds one")
	}
	return nil
}

// wellFormed reports whether raw could be a redirect URI.
func wellFormed(raw string, public bool) bool { return checkRedirectURI(raw, public) == nil }

// Opens reports whether target is a place of the app: on the origin, or under the private-use scheme and host, where its logins
// begin. No other is handed on to it.
func (a App) Opens(target string) bool {
	if a.InitiateURI == "" || !wellFormed(target, a.Auth == AuthNone) {
		return false
	}
	at, err := url.Parse(a.InitiateURI)
	to, errTo := url.Parse(target)
	return err == nil && errTo == nil && at.Scheme == to.Scheme && at.Host == to.Host
}
