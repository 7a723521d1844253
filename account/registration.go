package account

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"simtrust"
)

// Registration is what an operator registers an app with.
type Registration struct {
	// ID is optional: 3 to 64 of a-z, 0-9, - and _, a letter first. Without it one is made.
	ID string
	// Name is shown to people on the consent page: 1 to 64 printable characters.
	Name, Auth, Profile  string
	RedirectURIs, Scopes []string
	// InitiateURI is optional: where links that log people in lead to.
	InitiateURI string
	// JWKS is required with AuthKey and refused otherwise.
	JWKS []byte
	// Sector is required only if the redirect URIs have several hosts.
	Sector     string
	LegalBases map[string]string
}

// Reasons of a refused registration, all [simtrust.KindInvalid].
const (
	ReasonInvalidID          = "invalid_id"
	ReasonInvalidName        = "invalid_name"
	ReasonInvalidAuthMethod  = "invalid_auth_method"
	ReasonInvalidProfile     = "invalid_profile"
	ReasonInvalidRedirectURI = "invalid_redirect_uri"
	ReasonInvalidInitiateURI = "invalid_initiate_login_uri"
	ReasonInvalidScope       = "invalid_scope"
	ReasonInvalidKeys        = "invalid_keys"
	ReasonInvalidSector      = "invalid_sector"
	ReasonInvalidLegalBasis  = "invalid_legal_basis"
)

const (
	maxName      = 64
	maxRedirects = 32
	maxScopes    = 100
	maxBases     = 50
)

var (
	idForm      = regexp.MustCompile(`^[a-z][a-z0-9_-]{2,63}$`)
	purposeForm = regexp.MustCompile(`^dpv:[A-Z][A-Za-z]{0,63}$`)
	sectorForm  = regexp.MustCompile(`^[a-z0-9]([a-z0-9._-]{0,251}[a-z0-9])?$`)
	scopeForm   = regexp.MustCompile(`^[!#-\[\]-~]{1,128}$`) // RFC 6749 §3.3
)

// The legal bases besides consent (GDPR article 6(1)(b) to (f)).
var legalBases = []string{"contract", "legal-obligation", "vital-interest", "public-task", "legitimate-interest"}

func invalid(reason, msg string) *simtrust.Error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: msg}
}

// app checks the registration and returns the app it describes, without credentials, and its keys.
func (r Registration) app(id string) (App, []publicKey, error) {
	for _, check := range []func() error{
		r.checkID, r.checkName, r.checkAuth, r.checkRedirects, r.checkInitiateURI, r.checkScopes, r.checkBases,
	} {
		if err := check(); err != nil {
			return App{}, nil, err
		}
	}
	keys, err := r.keys()
	if err != nil {
		return App{}, nil, err
	}
	if r.ID != "" {
		id = r.ID
	}
	sector, err := r.sector(id)
	if err != nil {
		return App{}, nil, err
	}
	return App{
		ID: id, Name: r.Name, Auth: r.Auth, Profile: r.Profile, RedirectURIs: r.RedirectURIs,
		InitiateURI: r.InitiateURI, Scopes: r.Scopes,
		Sector: sector, LegalBases: r.LegalBases,
	}, keys, nil
}

func (r Registration) checkID() error {
	if r.ID != "" && !idForm.MatchString(r.ID) {
		return invalid(ReasonInvalidID, "an id is 3 to 64 of a-z, 0-9, - and _, a letter first")
	}
	return nil
}

// checkName keeps out what could deceive on the consent page: control, bidirectional and zero-width characters are not printable.
func (r Registration) checkName() error {
	unprintable := func(c rune) bool { return !unicode.IsPrint(c) }
	n := utf8.RuneCountInString(r.Name)
	if n == 0 || n > maxName || !utf8.ValidString(r.Name) || strings.TrimSpace(r.Name) != r.Name || strings.ContainsFunc(r.Name, unprintable) {
		return invalid(ReasonInvalidName, "a name is 1 to 64 printable characters without space at its ends")
	}
	return nil
}

func (r Registration) checkAuth() error {
	switch r.Auth {
	case AuthNone, AuthSecret, AuthKey:
	default:
		return invalid(ReasonInvalidAuthMethod, "the authentication method is none, client_secret_basic or private_key_jwt")
	}
	switch r.Profile {
	case ProfileOIDC:
		return nil
	case ProfileCAMARA, ProfileFAPI2:
		if r.Auth != AuthKey {
			return invalid(ReasonInvalidAuthMethod, "the profile "+r.Profile+" requires private_key_jwt")
		}
		return nil
	default:
		return invalid(ReasonInvalidProfile, "the profile is oidc, camara or fapi2")
	}
}

func (r Registration) checkRedirects() error {
	switch {
	case len(r.RedirectURIs) > maxRedirects:
		return invalid(ReasonInvalidRedirectURI, "at most 32 redirect URIs")
	case len(r.RedirectURIs) == 0 && r.Auth == AuthNone:
		return invalid(ReasonInvalidRedirectURI, "a public app can only log people in: it needs a redirect URI")
	}
	for i, uri := range r.RedirectURIs {
		if slices.Contains(r.RedirectURIs[:i], uri) {
			return invalid(ReasonInvalidRedirectURI, "a redirect URI is named twice")
		}
		if err := checkRedirectURI(uri, r.Auth == AuthNone); err != nil {
			return err
		}
	}
	return nil
}

func (r Registration) checkScopes() error {
	if len(r.Scopes) == 0 || len(r.Scopes) > maxScopes {
		return invalid(ReasonInvalidScope, "1 to 100 scopes")
	}
	for i, s := range r.Scopes {
		switch {
		case !scopeForm.MatchString(s):
			return invalid(ReasonInvalidScope, "a scope has a character outside RFC 6749 section 3.3")
		case isPurpose(s) && !purposeForm.MatchString(s):
			return invalid(ReasonInvalidScope, "a purpose is dpv: and a term of the Data Privacy Vocabulary")
		case slices.Contains(r.Scopes[:i], s):
			return invalid(ReasonInvalidScope, "a scope is named twice")
		}
	}
	return nil
}

// checkKnown refuses scopes that nothing here answers to: a mistyped one would be shown to people as something to agree to.
func (s *Service) checkKnown(scopes []string) error {
	if s.scopes == nil {
		return nil
	}
	known := s.scopes()
	for _, word := range scopes {
		if !isPurpose(word) && !slices.Contains(known, word) {
			slices.Sort(known)
			return invalid(ReasonInvalidScope, "the scope "+word+" is unknown; known are "+strings.Join(slices.Compact(known), ", ")+" and dpv:PURPOSE")
		}
	}
	return nil
}

func (r Registration) checkBases() error {
	if len(r.LegalBases) > maxBases {
		return invalid(ReasonInvalidLegalBasis, "at most 50 purposes")
	}
	for purpose, basis := range r.LegalBases {
		if !purposeForm.MatchString(purpose) {
			return invalid(ReasonInvalidLegalBasis, "a purpose is dpv: and a term of the Data Privacy Vocabulary")
		}
		if !slices.Contains(legalBases, basis) {
			return invalid(ReasonInvalidLegalBasis, "the legal basis is one of "+strings.Join(legalBases, ", "))
		}
	}
	return nil
}

func (r Registration) keys() ([]publicKey, error) {
	if r.Auth == AuthKey {
		return parseKeys(r.JWKS)
	}
	if len(r.JWKS) != 0 {
		return nil, invalid(ReasonInvalidKeys, "keys are for private_key_jwt only")
	}
	return nil, nil
}

func (r Registration) sector(id string) (string, error) {
	if r.Sector != "" {
		if !sectorForm.MatchString(r.Sector) {
			return "", invalid(ReasonInvalidSector, "a sector is a host name in lower case")
		}
		return r.Sector, nil
	}
	sector, ok := defaultSector(id, r.RedirectURIs)
	if !ok {
		return "", invalid(ReasonInvalidSector, "redirect URIs on several hosts need a sector")
	}
	return sector, nil
}
