package oidc

import (
	"context"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"simtrust"
)

// request is an authorization request. Once there is one, its client and redirect URI are known good.
type request struct {
	client
	raw              string // as it came
	redirect, state  string
	nonce, challenge string
	scope            scope
	prompt           prompt
	hint             string // subject of the id_token_hint, or empty
	ticket           string // in the login_hint, or empty
	maxAge           time.Duration
}

// prompt is what the prompt parameter allows and asks for (OpenID Connect Core §3.1.2.1).
type prompt struct {
	none bool // no page may be shown
	ask  bool // the consent page must be shown, even to a holder who has agreed before
}

// readRequest checks an authorization request. Without a request the error must not be sent to the redirect URI; with one it
// goes there.
func (p *Provider) readRequest(ctx context.Context, raw string) (*request, *oauthError) {
	form := parseParams(raw)
	req, e := p.destination(ctx, &form)
	if e != nil {
		return nil, e
	}
	req.raw, req.ticket = raw, ticketOf(form.get("login_hint"))
	if !form.isFaulty("state") {
		req.state = form.get("state")
	}
	if len(form.faulty) > 0 {
		return req, invalidRequest("a parameter is repeated or malformed")
	}
	for _, check := range []func(*params) *oauthError{req.readResponse, req.readScope, req.readProof, req.readPrompt} {
		if e := check(&form); e != nil {
			return req, e
		}
	}
	return req, p.readHint(req, form.get("id_token_hint"))
}

func (p *Provider) readHint(req *request, hint string) *oauthError {
	if hint == "" {
		return nil
	}
	var ok bool
	if req.hint, ok = p.hinted(hint, req.ID); !ok {
		return invalidRequest("id_token_hint is not an ID token of this client")
	}
	return nil
}

// destination finds the client and the redirect URI, which must be one of its registered ones to the character.
func (p *Provider) destination(ctx context.Context, form *params) (*request, *oauthError) {
	id, to := form.get("client_id"), form.get("redirect_uri")
	if id == "" || form.isFaulty("client_id") {
		return nil, invalidRequest("client_id is missing, repeated or malformed")
	}
	app, err := p.accounts.App(ctx, id)
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return nil, &oauthError{status: http.StatusBadRequest, code: codeUnauthorized, text: "the client is not known"}
	case err != nil:
		return nil, failure(err)
	}
	policy, e := policyOf(app)
	switch {
	case e != nil:
		return nil, &oauthError{status: http.StatusBadRequest, code: codeUnauthorized, text: e.text}
	case to == "" || form.isFaulty("redirect_uri") || !slices.Contains(app.RedirectURIs, to):
		return nil, invalidRequest("redirect_uri is missing, repeated or not registered for the client")
	}
	return &request{client: client{app, policy}, redirect: to}, nil
}

// readResponse checks that what is asked for is a code in the query, and that the request is not a signed or pushed one.
func (req *request) readResponse(form *params) *oauthError {
	mode := form.get("response_mode")
	switch {
	case form.get("request") != "":
		return &oauthError{code: "request_not_supported"}
	case form.get("request_uri") != "":
		return &oauthError{code: "request_uri_not_supported"}
	case form.get("registration") != "":
		return &oauthError{code: "registration_not_supported"}
	case form.get("response_type") == "":
		return invalidRequest("response_type is missing")
	case form.get("response_type") != "code":
		return &oauthError{code: "unsupported_response_type"}
	case mode != "" && mode != "query":
		return invalidRequest("response_mode must be query")
	}
	return nil
}

func (req *request) readScope(form *params) *oauthError {
	var e *oauthError
	if req.scope, e = parseScope(form.get("scope")); e != nil {
		return e
	}
	return req.scope.checkUser(req.App, req.policy)
}

// readProof reads what binds the response to the client: PKCE S256, or for a confidential oidc client at least a nonce.
func (req *request) readProof(form *params) *oauthError {
	req.nonce, req.challenge = form.get("nonce"), form.get("code_challenge")
	method := form.get("code_challenge_method")
	switch {
	case len(req.nonce) > maxNonce || len(req.state) > maxState:
		return invalidRequest("state or nonce is too long")
	case req.challenge == "" && method != "":
		return invalidRequest("code_challenge is missing")
	case req.challenge != "" && (method != "S256" || !isChallenge(req.challenge)):
		return invalidRequest("code_challenge_method must be S256, with 43 characters of base64url")
	case req.challenge == "" && req.policy.needsPKCE(req.App):
		return invalidRequest("code_challenge is required")
	case req.challenge == "" && (req.nonce == "" || !req.scope.has(ScopeOpenID)):
		return invalidRequest("code_challenge is required, or openid with a nonce")
	}
	return nil
}

const (
	maxNonce = 512
	maxState = 4096
)

// isChallenge checks the form of an S256 challenge: SHA-256 in base64url without padding (RFC 7636 §4.2).
func isChallenge(s string) bool {
	return len(s) == 43 && isVerifier(s) && !strings.ContainsAny(s, ".~")
}

// readPrompt reads prompt and max_age. The holder is authenticated by the network at every request, so max_age always holds but for
// a code typed in a while ago, and login asks for no more than a look at the page. Number verification never shows one (CAMARA Number Verification 2.1).
func (req *request) readPrompt(form *params) *oauthError {
	req.maxAge = math.MaxInt64
	if age := form.get("max_age"); age != "" {
		seconds, err := strconv.ParseUint(age, 10, 31)
		if err != nil {
			return invalidRequest("max_age is not a number of seconds")
		}
		req.maxAge = time.Duration(seconds) * time.Second
	}
	words := strings.Fields(form.get("prompt"))
	for _, word := range words {
		switch word {
		case "none":
			req.prompt.none = true
		case "login", "consent", "select_account":
			req.prompt.ask = true
		default:
			return invalidRequest("prompt is not supported")
		}
	}
	if req.prompt.none && req.prompt.ask {
		return invalidRequest("prompt none stands alone")
	}
	if req.scope.singleUse() {
		req.prompt = prompt{none: true}
	}
	return nil
}
