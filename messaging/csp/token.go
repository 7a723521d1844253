package csp

import (
	"context"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"

	"simtrust"
)

// Reasons of refusal.
const (
	ReasonCredential = "csp_credential"      // unauthenticated: no chatbot with that appId and appKey, or no access token
	ReasonToken      = "csp_token"           // unauthenticated: none of the chatbot's, or one that another followed
	ReasonExpired    = "csp_token_expired"   // unauthenticated
	ReasonSender     = "csp_sender"          // denied: the token is another chatbot's, or the message is from another
	ReasonTokenLimit = "csp_too_many_tokens" // limited: 2,000 a day
	ReasonParameter  = "csp_parameter"       // invalid: the message names the member
	ReasonFilesCount = "csp_file_count"      // invalid
	ReasonNoFile     = "csp_no_file"         // invalid
	ReasonType       = "csp_message_type"    // invalid
	ReasonButtons    = "csp_buttons"         // invalid, as the following
	ReasonButtonType = "csp_button_type"
	ReasonButtonName = "csp_button_name"
	ReasonButtonKey  = "csp_button_key"
	ReasonButtonURL  = "csp_button_url"
	ReasonText       = "csp_text_length"
	ReasonFileType   = "csp_file_type"
	ReasonFileSize   = "csp_file_size"
	ReasonFileURL    = "csp_file_url"
	ReasonContent    = "csp_content"
)

// Access tokens.
const (
	tokenLife = 7200 * time.Second
	perDay    = 2000
)

var (
	errCredential = refusal(simtrust.KindUnauthenticated, ReasonCredential, "no chatbot here has this appId and appKey")
	errNoToken    = refusal(simtrust.KindUnauthenticated, ReasonCredential, "the header Authorization: accessToken … is needed")
	errToken      = refusal(simtrust.KindUnauthenticated, ReasonToken, "the accessToken is not good, or another was issued since")
	errExpired    = refusal(simtrust.KindUnauthenticated, ReasonExpired, "the accessToken has expired: ask for another")
	errSender     = refusal(simtrust.KindDenied, ReasonSender, "the chatbot is not the one that the accessToken is for")
	errTokenLimit = refusal(simtrust.KindLimited, ReasonTokenLimit, "2,000 access tokens a day are the most: use one for its 7,200 seconds")
)

// issueToken answers appId and appKey with an access token, which ends the one before.
func (s *Service) issueToken(ctx context.Context, chatbot string, c Credential) (AccessToken, error) {
	a, found, err := s.accountByService(ctx, ServiceID(chatbot))
	if err != nil {
		return AccessToken{}, err
	}
	if right := subtle.ConstantTimeCompare(digest(c.AppKey), a.appKey); !found || right != 1 || c.AppID != a.appID {
		return AccessToken{}, errCredential
	}
	token, now := newSecret(), s.Now()
	y, m, d := now.In(s.Zone).Date()
	switch taken, err := s.takeToken(ctx, a, tokenDigest(token), now.Add(tokenLife), time.Date(y, m, d, 0, 0, 0, 0, s.Zone)); {
	case err != nil:
		return AccessToken{}, err
	case !taken:
		return AccessToken{}, errTokenLimit
	}
	return AccessToken{Token: token, Expires: Seconds(tokenLife / time.Second), URL: s.Root}, nil
}

// authenticate returns the chatbot of an access token, which must be the one that the path names.
func (s *Service) authenticate(r *http.Request) (account, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if token = strings.TrimSpace(token); !strings.EqualFold(scheme, strings.TrimSpace(TokenPrefix)) || token == "" {
		return account{}, errNoToken
	}
	a, err := s.tokens.Do(r.Context(), tokenDigest(token))
	switch {
	case err != nil:
		return account{}, err
	case a.chatbot == "":
		return account{}, errToken
	case s.Now().UnixMilli() >= a.tokenExpires:
		return account{}, errExpired
	case ServiceID(r.PathValue("chatbotId")) != a.serviceID:
		return account{}, errSender
	}
	return a, nil
}
