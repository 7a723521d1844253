package oidc

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"simtrust"
)

// oauthError is an error of the OAuth endpoints: RFC 6749 §4.1.2.1 and §5.2, OpenID Connect Core §3.1.2.6.
type oauthError struct {
	status int
	code   string
	text   string // error_description: ASCII without quotes and backslashes, and nothing that was sent
	cause  error  // for the log
}

const (
	codeInvalidRequest = "invalid_request"
	codeInvalidClient  = "invalid_client"
	codeInvalidGrant   = "invalid_grant"
	codeInvalidScope   = "invalid_scope"
	codeUnavailable    = "temporarily_unavailable"
	codeAccessDenied   = "access_denied"
	codeLoginRequired  = "login_required"
	codeConsent        = "consent_required"
	codeUnauthorized   = "unauthorized_client"
)

func invalidRequest(text string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: codeInvalidRequest, text: text}
}

func invalidClient(text string) *oauthError {
	return &oauthError{status: http.StatusUnauthorized, code: codeInvalidClient, text: text}
}

func invalidGrant(text string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: codeInvalidGrant, text: text}
}

func invalidScope(text string) *oauthError {
	return &oauthError{status: http.StatusBadRequest, code: codeInvalidScope, text: text}
}

// failure is the OAuth form of an error of a dependency that the flow has no answer of its own for. A request that ran out of time
// is one whose outcome is not known.
func failure(err error) *oauthError {
	timeout := errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
	switch kind := simtrust.KindOf(err); {
	case kind == simtrust.KindUnavailable || timeout:
		return &oauthError{status: http.StatusServiceUnavailable, code: codeUnavailable, text: "try again later", cause: err}
	case kind == simtrust.KindLimited:
		return &oauthError{status: http.StatusTooManyRequests, code: codeUnavailable, text: "too many requests", cause: err}
	default:
		return &oauthError{status: http.StatusInternalServerError, code: "server_error", cause: err}
	}
}

// write answers at an endpoint that a client calls: JSON as in RFC 6749 §5.2, with a challenge in the scheme that was tried.
func (e *oauthError) write(w http.ResponseWriter, r *http.Request) {
	if e.status == http.StatusUnauthorized && hasScheme(r.Header.Get("Authorization"), "Basic") {
		w.Header().Set("WWW-Authenticate", `Basic realm="oauth"`)
	}
	body := append(make([]byte, 0, 128), `{"error":"`...)
	body = append(body, e.code...)
	if e.text != "" {
		body = append(body, `","error_description":"`...)
		body = append(body, e.text...)
	}
	writeJSON(w, e.status, append(body, `"}`...))
}

// writeJSON answers with a JSON text. The ring has set Cache-Control: no-store.
func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}

// hasScheme reports whether an Authorization header is of an authentication scheme, in any case (RFC 9110 §11.1).
func hasScheme(header, scheme string) bool {
	return len(header) > len(scheme) && header[len(scheme)] == ' ' && strings.EqualFold(header[:len(scheme)], scheme)
}
