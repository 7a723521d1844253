package csp

import (
	"fmt"
	"log/slog"
)

// HeaderToken carries TokenPrefix and the access token of a chatbot.
const (
	HeaderToken = "authorization"
	TokenPrefix = "accessToken "
)

// Credential asks for an access token.
type Credential struct {
	AppID  string `json:"appId"`
	AppKey string `json:"appKey"`
}

// AccessToken is the answer. A new one ends the former.
type AccessToken struct {
	Token   string  `json:"accessToken,omitzero"`
	Expires Seconds `json:"expires,omitzero"` // from now
	// URL is where the platform wants to be asked from then on.
	URL string `json:"url,omitzero"`
	Result
}

// Format hides the key under every verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "{%s}", c.AppID) }

// LogValue hides it in structured logs.
func (c Credential) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(c)) }

// Format hides the token under every verb.
func (t AccessToken) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "{for %d s, %d}", t.Expires, t.Code)
}

// LogValue hides it in structured logs.
func (t AccessToken) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(t)) }
