package oidc

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"simtrust"
	"simtrust/account"
	"simtrust/authn"
	"simtrust/web"
)

// serveAuthorize is the authorization endpoint (RFC 6749 §3.1, OpenID Connect Core §3.1.2), by GET or POST. Until client and
// redirect URI are known good, an error is a page and never a redirect.
func (p *Provider) serveAuthorize(w http.ResponseWriter, r *http.Request) {
	raw, e := readAuthorization(r)
	if e != nil {
		p.showProblem(w, r, e)
		return
	}
	req, e := p.readRequest(r.Context(), raw)
	switch {
	case req == nil:
		p.showProblem(w, r, e)
	case e != nil:
		p.sendBack(w, r, req, e)
	default:
		p.login(w, r, req)
	}
}

// readAuthorization returns the parameters as they came: the query, or the body of a form.
func readAuthorization(r *http.Request) (string, *oauthError) {
	raw := r.URL.RawQuery
	if r.Method == http.MethodPost {
		if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != formType {
			return "", invalidRequest("the body must be " + formType)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return "", invalidRequest("the body cannot be read or is too large")
		}
		raw = string(body)
	}
	if len(raw) > maxQuery {
		return "", invalidRequest("the request is too long")
	}
	return raw, nil
}

// login authenticates the connection and either answers with a code or finds out why not.
func (p *Provider) login(w http.ResponseWriter, r *http.Request, req *request) {
	at, err := p.locate(r, req)
	if err != nil {
		p.notLocated(w, r, req, err)
		return
	}
	if err := p.pace.Take(string(at.Tenure)); err != nil {
		p.sendBack(w, r, req, failure(err))
		return
	}
	entry, err := p.enter(r, req, at)
	switch {
	case err != nil:
		p.notLocated(w, r, req, err)
	case req.hint != "" && req.hint != entry.Subject:
		p.sendBack(w, r, req, &oauthError{code: req.policy.unlocated, text: "somebody else is on the connection"})
	case entry.Consented && !req.prompt.ask:
		p.issue(w, r, req, at, entry)
	case req.prompt.none:
		p.sendBack(w, r, req, &oauthError{code: codeConsent, text: "the holder has not agreed yet"})
	default:
		p.askConsent(w, r, req, at)
	}
}

func (p *Provider) enter(r *http.Request, req *request, at authn.Located) (account.Entry, error) {
	return p.accounts.Enter(r.Context(), account.EnterReq{
		Tenure: at.Tenure, App: req.App, Scopes: req.scope.words, Purpose: req.scope.purpose,
	})
}

// notLocated answers where the network cannot say who is on the connection: with the profile's error where no page may be shown,
// else with a page that says what to do.
func (p *Provider) notLocated(w http.ResponseWriter, r *http.Request, req *request, err error) {
	if !absent(err) {
		p.sendBack(w, r, req, failure(err))
		return
	}
	p.log.InfoContext(r.Context(), "nobody can be logged in on this connection", "client", req.ID, "reason", simtrust.ReasonOf(err))
	if simtrust.ReasonOf(err) == reasonTicket {
		p.sendBack(w, r, req, req.refusedTicket())
		return
	}
	if req.prompt.none || req.policy.silent {
		p.sendBack(w, r, req, &oauthError{code: req.policy.unlocated, text: "the connection does not authenticate a subscriber"})
		return
	}
	web.Render(w, r, http.StatusForbidden, web.NoNetwork{
		App: req.Name, RetryURL: p.retryURL(req), BackURL: p.backURL(req, errDenied),
	})
}

// retryURL is where to come back to on mobile data: to the link, which has the app ask again, or else to the same request.
func (p *Provider) retryURL(req *request) string {
	if req.ticket != "" {
		return tapPath(req.ticket)
	}
	return p.endpoints.authorization + "?" + req.raw
}

// issue stores the grant and sends the holder back with the code.
func (p *Provider) issue(w http.ResponseWriter, r *http.Request, req *request, at authn.Located, entry account.Entry) {
	now := p.now()
	authenticated := now
	if at.Method == MethodCode {
		authenticated = at.Since
	}
	g := &grant{
		Client: req.ID, Redirect: req.redirect, Challenge: req.challenge, Nonce: req.nonce, Scope: req.scope,
		Tenure: at.Tenure, Account: entry.Account, Subject: entry.Subject,
		Session: at.Session, IMSI: at.IMSI, SIMRecorded: at.SIMRecorded, Method: at.Method,
		AuthTime: authenticated, Issued: now, CodeExpires: now.Add(codeLife), Expires: now.Add(codeLife + tokenLife),
	}
	code := g.newCode()
	switch opened, err := p.open(r.Context(), req, g); {
	case err != nil:
		p.sendBack(w, r, req, failure(err))
		return
	case !opened:
		p.sendBack(w, r, req, req.refusedTicket())
		return
	}
	redirect(w, r, p.responseURL(req, param{"code", code}))
}

var errDenied = &oauthError{code: codeAccessDenied}

// sendBack answers the client with an error (RFC 6749 §4.1.2.1).
func (p *Provider) sendBack(w http.ResponseWriter, r *http.Request, req *request, e *oauthError) {
	p.note(r.Context(), e)
	redirect(w, r, p.backURL(req, e))
}

func (p *Provider) backURL(req *request, e *oauthError) string {
	fields := []param{{"error", e.code}}
	if e.text != "" {
		fields = append(fields, param{"error_description", e.text})
	}
	return p.responseURL(req, fields...)
}

// responseURL adds the response to the redirect URI: the fields, state as it came, and iss (RFC 9207).
func (p *Provider) responseURL(req *request, fields ...param) string {
	if req.state != "" {
		fields = append(fields, param{"state", req.state})
	}
	return withQuery(req.redirect, append(fields, param{"iss", p.issuer})...)
}

// withQuery adds fields to a URL.
func withQuery(to string, fields ...param) string {
	var b strings.Builder
	b.WriteString(to)
	separator := byte('?')
	if strings.Contains(to, "?") {
		separator = '&'
	}
	for _, f := range fields {
		b.WriteByte(separator)
		b.WriteString(f.name)
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.value))
		separator = '&'
	}
	return b.String()
}

// redirect is 302 as the CAMARA profile asks, and 303 after a POST so that the browser does not post again.
func redirect(w http.ResponseWriter, r *http.Request, to string) {
	status := http.StatusFound
	if r.Method == http.MethodPost {
		status = http.StatusSeeOther
	}
	h := w.Header()
	h.Set("Location", to)
	h.Set("Referrer-Policy", "no-referrer")
	w.WriteHeader(status)
}

// showProblem is the answer to the person in front of the browser where there is nobody to redirect to.
func (p *Provider) showProblem(w http.ResponseWriter, r *http.Request, e *oauthError) {
	p.note(r.Context(), e)
	web.Render(w, r, e.status, web.Problem{Status: e.status, Cause: causeOf(e), Code: e.code, Text: e.text})
}

func causeOf(e *oauthError) web.Cause {
	switch {
	case e == errHandle:
		return web.CauseLate
	case e.code == codeUnauthorized:
		return web.CauseApp
	case e.code == codeUnavailable:
		return web.CauseBusy
	}
	return ""
}
