package account

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Ways in which an app authenticates at the token endpoint (OpenID Connect Core 1.0 §9).
const (
	AuthNone   = "none"                // public, relies on PKCE
	AuthSecret = "client_secret_basic" // a generated secret
	AuthKey    = "private_key_jwt"     // an assertion signed by one of the app's keys
)

// Profiles: the sets of rules an app is held to.
const (
	ProfileOIDC   = "oidc"
	ProfileCAMARA = "camara"
	ProfileFAPI2  = "fapi2"
)

// App is a registered application.
type App struct {
	ID, Name string
	// Auth is one of AuthNone, AuthSecret, AuthKey.
	Auth string
	// Profile is one of ProfileOIDC, ProfileCAMARA, ProfileFAPI2.
	Profile string
	// RedirectURIs are compared character by character.
	RedirectURIs []string
	// InitiateURI is where a login that somebody else asks for begins (OpenID Connect Core §4), or empty: nowhere.
	InitiateURI string
	// Scopes are those the app may ask for, the purposes (dpv:X) it may name among them.
	Scopes []string
	// JWKS is the set of the public keys that are valid now, more than the newest while rotating; nil unless Auth is AuthKey.
	JWKS []byte
	// SecretHash holds the SHA-256 of each client secret that is valid now, more than one while rotating.
	SecretHash [][]byte
	// Sector is what pairwise subjects are computed for.
	Sector string
	// LegalBases maps a purpose (dpv:X) to the legal basis other than consent that it rests on for this app.
	LegalBases map[string]string
	Suspended  bool
	Registered time.Time
}

// SecretMatches reports whether secret is one of the app's valid client secrets, in time independent of where they differ.
func (a App) SecretMatches(secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	found := 0
	for _, h := range a.SecretHash {
		found |= subtle.ConstantTimeCompare(sum[:], h)
	}
	return found == 1
}

// permits checks that the app may use scopes for purpose at all.
func (a App) permits(scopes []string, purpose string) error {
	if a.Suspended {
		return errSuspended
	}
	if purpose != "" && !slices.Contains(a.Scopes, purpose) && !a.hasLegalBasis(purpose) {
		return errPurpose
	}
	for _, s := range scopes {
		if !slices.Contains(a.Scopes, s) {
			return errScope
		}
	}
	return nil
}

// hasLegalBasis reports whether purpose rests on something other than the holder's consent.
func (a App) hasLegalBasis(purpose string) bool {
	_, ok := a.LegalBases[purpose]
	return ok
}

// isPurpose reports whether a scope names a purpose (CAMARA Security and Interoperability Profile, Purpose as a scope).
func isPurpose(scope string) bool { return strings.HasPrefix(scope, "dpv:") }

// defaultSector is the host of the redirect URIs (OpenID Connect Core 1.0 §8.1). An app without a host of its own, because it
// has no redirect URI, a loopback one or a private-use scheme, is its own sector. ok is false if there are several hosts.
func defaultSector(id string, uris []string) (sector string, ok bool) {
	sectors := make([]string, 0, len(uris))
	for _, raw := range uris {
		host := id
		if u, err := url.Parse(raw); err == nil && u.Scheme == "https" && !loopback(u.Hostname()) {
			host = strings.ToLower(u.Hostname())
		}
		sectors = append(sectors, host)
	}
	slices.Sort(sectors)
	switch sectors = slices.Compact(sectors); len(sectors) {
	case 0:
		return id, true
	case 1:
		return sectors[0], true
	default:
		return "", false
	}
}
