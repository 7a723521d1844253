package oidc

import (
	"slices"
	"strings"

	"simtrust/account"
)

// The scopes that mean something to the provider itself.
const (
	ScopeOpenID = "openid"
	ScopePhone  = "phone"
	ScopeVerify = "number-verification:verify"
	ScopeShare  = "number-verification:device-phone-number:read"
	// ScopeIntrospect lets a resource server introspect tokens of other applications. It is a right of the client and is not
	// put into a token.
	ScopeIntrospect = "token:introspect"
)

const (
	purposePrefix = "dpv:"
	maxScopes     = 32
)

// scope is a parsed scope parameter: the words, and apart from them the one purpose (ICM r4.2, "Purpose as a scope").
type scope struct {
	words   []string
	purpose string
}

// String is the scope parameter again.
func (s scope) String() string {
	if s.purpose == "" {
		return strings.Join(s.words, " ")
	}
	return strings.Join(append(slices.Clip(s.words), s.purpose), " ")
}

func (s scope) has(word string) bool { return slices.Contains(s.words, word) }

// singleUse reports whether a token of this scope is for number verification: good for one call there and nowhere else.
func (s scope) singleUse() bool { return s.has(ScopeVerify) || s.has(ScopeShare) }

// parseScope parses the syntax of RFC 6749 §3.3. Words that are repeated count once.
func parseScope(raw string) (scope, *oauthError) {
	var s scope
	for word := range strings.SplitSeq(raw, " ") {
		switch {
		case !isScopeToken(word) || len(s.words) == maxScopes:
			return scope{}, invalidScope("the scope is missing or malformed")
		case strings.HasPrefix(word, purposePrefix):
			if s.purpose != "" && s.purpose != word || !isPurpose(word) {
				return scope{}, invalidScope("there can be one purpose, dpv: and its word")
			}
			s.purpose = word
		case !s.has(word):
			s.words = append(s.words, word)
		}
	}
	if len(s.words) == 0 {
		return scope{}, invalidScope("a purpose alone asks for nothing")
	}
	return s, nil
}

func isScopeToken(word string) bool {
	for i := range len(word) {
		if c := word[i]; c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return word != ""
}

func isPurpose(word string) bool {
	rest := strings.TrimPrefix(word, purposePrefix)
	for i := range len(rest) {
		if c := rest[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return rest != ""
}

// checkUser applies the rules of a request on behalf of a holder.
func (s scope) checkUser(app account.App, p *profile) *oauthError {
	switch {
	case !s.within(app):
		return invalidScope("a scope is unknown or not registered for this client")
	case p.purpose && s.purpose == "":
		return invalidScope("exactly one purpose is required")
	case s.singleUse() && slices.ContainsFunc(s.words, otherAPI):
		return invalidScope("number verification cannot be mixed with other APIs")
	case s.has(ScopePhone) && !s.has(ScopeOpenID):
		return invalidRequest("standard claims need the openid scope")
	}
	return nil
}

// checkClient applies the rules of a client's own, 2-legged request.
func (s scope) checkClient(app account.App) *oauthError {
	if !s.within(app) || s.singleUse() || s.has(ScopeOpenID) || s.has(ScopePhone) {
		return invalidScope("a scope is unknown, not registered for this client, or needs a user")
	}
	return nil
}

// within reports whether the client is registered for every word and for the purpose.
func (s scope) within(app account.App) bool {
	if _, ok := app.LegalBases[s.purpose]; s.purpose != "" && !ok && !slices.Contains(app.Scopes, s.purpose) {
		return false
	}
	for _, word := range s.words {
		if word == ScopeIntrospect || !slices.Contains(app.Scopes, word) {
			return false
		}
	}
	return true
}

func otherAPI(word string) bool {
	switch word {
	case ScopeOpenID, ScopePhone, ScopeVerify, ScopeShare:
		return false
	}
	return true
}
