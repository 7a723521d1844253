package oidc

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"time"

	"simtrust"
	"simtrust/account"
	"simtrust/authn"
	"simtrust/web"
)

const promptLife = 10 * time.Minute

// consentPrompt is a consent page that was shown: to which browser, on which connection, for which request.
type consentPrompt struct {
	id      string // hash of the one-time handle in the page
	cookie  []byte // hash of the browser's cookie
	request string // the authorization request as it came
	tenure  simtrust.TenureID
	session string
	expires time.Time
	used    bool
}

// askConsent shows the consent page.
func (p *Provider) askConsent(w http.ResponseWriter, r *http.Request, req *request, at authn.Located) {
	handle, browser := simtrust.NewSecret(), p.browser(r)
	if browser == "" {
		browser = simtrust.NewSecret()
	}
	err := insertPrompt(r.Context(), p.db, consentPrompt{
		id: handleID(handle), cookie: digest(browser), request: req.raw, tenure: at.Tenure, session: at.Session,
		expires: p.now().Add(promptLife),
	})
	if err != nil {
		p.sendBack(w, r, req, failure(err))
		return
	}
	http.SetCookie(w, p.cookie(browser))
	web.Render(w, r, http.StatusOK, web.Consent{
		App: req.Name, Masked: at.Number.String(), Asked: req.scope.words, Purpose: req.scope.purpose, ByCode: at.Method == MethodCode,
		Action: pathConsent, Handle: handle, Targets: []string{source(req.redirect)},
	})
}

// source names the place of a redirect URI in a content security policy: its origin; or its scheme, for a native app, and for an
// IPv6 address, which a policy has no form for (Content Security Policy Level 3 §2.3.1).
func source(uri string) string {
	u, err := url.Parse(uri)
	switch {
	case err != nil:
		return "'none'"
	case u.Scheme != "https" && u.Scheme != "http", strings.HasPrefix(u.Host, "["):
		return u.Scheme + ":"
	}
	return u.Scheme + "://" + u.Host
}

// serveConsent takes the answer to the consent page. It counts only from our own origin, with the handle of the page and the
// cookie of the browser it was shown to, once, and while the connection is still that tenure's same session.
func (p *Provider) serveConsent(w http.ResponseWriter, r *http.Request) {
	form, e := readForm(r)
	if e == nil && !p.sameOrigin(r) {
		e = &oauthError{status: http.StatusForbidden, code: codeInvalidRequest, text: "the answer did not come from our page"}
	}
	if e != nil {
		p.showProblem(w, r, e)
		return
	}
	asked, e := p.prompted(r, form.get("handle"))
	if e != nil {
		p.showProblem(w, r, e)
		return
	}
	req, e := p.readRequest(r.Context(), asked.request)
	switch {
	case req == nil:
		p.showProblem(w, r, e)
	case e != nil:
		p.sendBack(w, r, req, e)
	default:
		p.consent(w, r, req, asked, form.get("decision") == "allow")
	}
}

// consent carries out the holder's decision. The handle is used up before anything else happens.
func (p *Provider) consent(w http.ResponseWriter, r *http.Request, req *request, asked consentPrompt, allowed bool) {
	at, err := p.locate(r, req)
	if err != nil {
		p.notLocated(w, r, req, err)
		return
	}
	if at.Tenure != asked.tenure || at.Session != asked.session {
		allowed = false // somebody else is on the connection now
	}
	switch won, err := markPromptUsed(r.Context(), p.db, asked.id, p.now()); {
	case err != nil:
		p.sendBack(w, r, req, failure(err))
		return
	case !won:
		p.showProblem(w, r, errHandle)
		return
	case !allowed:
		p.sendBack(w, r, req, errDenied)
		return
	}
	entry, err := p.agree(r, req, at)
	if err != nil {
		p.notLocated(w, r, req, err)
		return
	}
	p.issue(w, r, req, at, entry)
}

func (p *Provider) agree(r *http.Request, req *request, at authn.Located) (account.Entry, error) {
	err := p.accounts.Consent(r.Context(), account.ConsentReq{
		Tenure: at.Tenure, App: req.App, Scopes: req.scope.words, Purpose: req.scope.purpose,
	})
	if err != nil {
		return account.Entry{}, err
	}
	entry, err := p.enter(r, req, at)
	if err == nil && !entry.Consented {
		err = errNoConsent
	}
	return entry, err
}

var (
	errHandle = &oauthError{
		status: http.StatusBadRequest, code: codeInvalidRequest, text: "this page was answered before or is too old; go back to the app and start again",
	}
	errNoConsent = &simtrust.Error{Kind: simtrust.KindDenied, Reason: codeConsent, Msg: "consent was withdrawn meanwhile"}
)

// prompted finds the page that is being answered, by handle and cookie.
func (p *Provider) prompted(r *http.Request, handle string) (consentPrompt, *oauthError) {
	browser := p.browser(r)
	if handle == "" || browser == "" {
		return consentPrompt{}, errHandle
	}
	asked, err := selectPrompt(r.Context(), p.db, handleID(handle))
	switch {
	case simtrust.KindOf(err) == simtrust.KindNotFound:
		return consentPrompt{}, errHandle
	case err != nil:
		return consentPrompt{}, failure(err)
	case asked.used || !p.now().Before(asked.expires) || subtle.ConstantTimeCompare(asked.cookie, digest(browser)) != 1:
		return consentPrompt{}, errHandle
	}
	return asked, nil
}

// sameOrigin reports whether a form was posted from one of our own pages. A browser names the origin of every POST.
func (p *Provider) sameOrigin(r *http.Request) bool {
	origins := r.Header.Values("Origin")
	return len(origins) == 1 && origins[0] == p.issuer
}

// cookie binds the page to a browser. The __Host- prefix keeps other hosts of the domain from setting it; it needs https, so on
// loopback http the name is plain.
func (p *Provider) cookie(value string) *http.Cookie {
	return &http.Cookie{
		Name: p.cookieName(), Value: value, Path: "/", Secure: p.overTLS(), HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(promptLife / time.Second),
	}
}

func (p *Provider) cookieName() string {
	if p.overTLS() {
		return "__Host-simtrust"
	}
	return "simtrust"
}

func (p *Provider) overTLS() bool { return strings.HasPrefix(p.issuer, "https:") }

// browser returns the value of the one cookie, if it is of the form that we give out.
func (p *Provider) browser(r *http.Request) string {
	cookies := r.CookiesNamed(p.cookieName())
	if len(cookies) != 1 || len(cookies[0].Value) != secretLength {
		return ""
	}
	return cookies[0].Value
}

const secretLength = 52 // see simtrust.NewSecret

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func handleID(handle string) string { return base64.RawURLEncoding.EncodeToString(digest(handle)) }
