package sandbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"simtrust"
	"simtrust/web"
)

// shop is a relying party as any web shop would build it: authorization code with PKCE (RFC 7636) as a public client. It knows its
// customers by the provider's sub and nothing else.
type shop struct {
	base     string
	oauth    oauth2.Config
	provider *oidc.Provider
	verifier *oidc.IDTokenVerifier
	now      func() time.Time

	mu       sync.Mutex
	book     customers
	pending  map[string]login    // by login cookie
	sessions map[string]customer // by session cookie
}

// login is one trip to the provider that has not come back yet.
type login struct {
	state, nonce, verifier string
	target                 string // path of the page that the person comes back to
	started                time.Time
}

const (
	loginCookie   = "shop_login"
	sessionCookie = "shop_session"
	loginLifetime = 10 * time.Minute
	maxPending    = 1000
	maxSessions   = 10_000
)

func newShop(ctx context.Context, issuer, base, dir string, client Client, now func() time.Time) (*shop, error) {
	provider, err := oidc.NewProvider(ctx, issuer)
	if err != nil {
		return nil, fmt.Errorf("sandbox: shop: %w", err)
	}
	s := &shop{
		base: base,
		oauth: oauth2.Config{ClientID: client.ClientID, Endpoint: provider.Endpoint(), RedirectURL: base + "/callback",
			Scopes: []string{oidc.ScopeOpenID, "phone"}},
		provider: provider,
		verifier: provider.Verifier(&oidc.Config{ClientID: client.ClientID, SupportedSigningAlgs: []string{oidc.ES256}}),
		now:      now,
		book:     customers{path: filepath.Join(dir, "shop.json")},
		pending:  map[string]login{},
		sessions: map[string]customer{},
	}
	s.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	return s, s.book.load()
}

func (s *shop) routes(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", s.home)
	mux.HandleFunc("GET /login", s.login)
	mux.HandleFunc("GET "+pathStart, s.start)
	mux.HandleFunc("GET /offers/{id}", s.offer)
	mux.HandleFunc("GET /callback", s.callback)
	mux.HandleFunc("POST /logout", s.logout)
	mux.HandleFunc("GET /goods/{id}", servePicture)
	mux.HandleFunc("GET /", lost)
}

func (s *shop) home(w http.ResponseWriter, r *http.Request) {
	c, ok := s.customer(r)
	if !ok {
		web.Render(w, r, http.StatusOK, web.ShopHome{LoginURL: "/login"})
		return
	}
	web.Render(w, r, http.StatusOK, web.ShopAccount{Masked: c.Masked, Subject: c.Subject, No: c.No, Visits: c.Visits, Since: c.Since, LogoutURL: "/logout"})
}

// customer answers who is logged in.
func (s *shop) customer(r *http.Request) (customer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.sessions[cookie(r, sessionCookie)]
	return c, ok
}

func (s *shop) login(w http.ResponseWriter, r *http.Request) { s.begin(w, r, "/") }

// begin sends a person to the provider, to come back to a page of the shop.
func (s *shop) begin(w http.ResponseWriter, r *http.Request, target string, more ...oauth2.AuthCodeOption) {
	l := login{state: simtrust.NewSecret(), nonce: simtrust.NewSecret(), verifier: oauth2.GenerateVerifier(), target: target, started: s.now()}
	id := simtrust.NewSecret()
	s.mu.Lock()
	s.forgetStale()
	s.pending[id] = l
	s.mu.Unlock()
	setCookie(w, loginCookie, id)
	more = append(more, oidc.Nonce(l.nonce), oauth2.S256ChallengeOption(l.verifier))
	http.Redirect(w, r, s.oauth.AuthCodeURL(l.state, more...), http.StatusSeeOther)
}

// forgetStale drops logins that never came back, and all of them when somebody starts too many. It needs the lock.
func (s *shop) forgetStale() {
	for id, l := range s.pending {
		if len(s.pending) >= maxPending || s.now().Sub(l.started) > loginLifetime {
			delete(s.pending, id)
		}
	}
}

func (s *shop) callback(w http.ResponseWriter, r *http.Request) {
	c, target, err := s.finish(r)
	_, here := s.customer(r)
	switch {
	case errors.Is(err, errDenied):
		web.Render(w, r, http.StatusOK, web.ShopNoLogin{Denied: true, LoginURL: "/login", HomeURL: "/"})
		return
	case errors.Is(err, errNoLogin) && here: // the browser's Back after a login
		http.Redirect(w, r, "/", http.StatusSeeOther)
		return
	case err != nil:
		web.Render(w, r, http.StatusBadRequest, web.ShopNoLogin{Detail: err.Error(), LoginURL: "/login", HomeURL: "/"})
		return
	}
	id := simtrust.NewSecret()
	s.mu.Lock()
	if len(s.sessions) >= maxSessions {
		clear(s.sessions) // everybody logs in again
	}
	s.sessions[id] = c
	s.mu.Unlock()
	setCookie(w, sessionCookie, id)
	http.Redirect(w, r, target, http.StatusSeeOther)
}

var (
	errNoLogin = errors.New("this login was not started in this browser, or took too long; start again")
	errIssuer  = errors.New("the answer comes from another provider")
	errDenied  = errors.New("the person did not agree, or the network could not tell who it is")
)

// finish checks the answer (state, RFC 9207 iss, nonce), redeems the code and books the customer, who goes on to target.
func (s *shop) finish(r *http.Request) (c customer, target string, err error) {
	q := r.URL.Query()
	id := cookie(r, loginCookie)
	s.mu.Lock()
	l, ok := s.pending[id]
	delete(s.pending, id)
	s.mu.Unlock()
	if !ok || s.now().Sub(l.started) > loginLifetime || subtle.ConstantTimeCompare([]byte(q.Get("state")), []byte(l.state)) != 1 {
		return c, "", errNoLogin
	}
	if q.Get("iss") != s.issuer() {
		return c, "", errIssuer
	}
	switch q.Get("error") {
	case "":
	case "access_denied":
		return c, "", errDenied
	default:
		return c, "", errors.New("the operator did not log you in")
	}
	token, err := s.oauth.Exchange(r.Context(), q.Get("code"), oauth2.VerifierOption(l.verifier))
	if err != nil {
		return c, "", errors.New("the operator did not accept the login")
	}
	c, err = s.identify(r.Context(), token, l.nonce)
	return c, l.target, err
}

func (s *shop) issuer() string {
	var meta struct {
		Issuer string `json:"issuer"`
	}
	_ = s.provider.Claims(&meta) // parsed once already by NewProvider
	return meta.Issuer
}

func (s *shop) identify(ctx context.Context, token *oauth2.Token, nonce string) (customer, error) {
	raw, _ := token.Extra("id_token").(string)
	idToken, err := s.verifier.Verify(ctx, raw)
	if err != nil || idToken.Nonce != nonce {
		return customer{}, errors.New("the ID token is not valid")
	}
	info, err := s.provider.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil || info.Subject != idToken.Subject {
		return customer{}, errors.New("the operator did not answer who you are")
	}
	var phone struct {
		Number string `json:"phone_number"`
	}
	_ = info.Claims(&phone) // absent where the person did not share it
	n, _ := simtrust.ParseNumber(phone.Number)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.book.visit(idToken.Subject, n.String(), s.now())
}

func (s *shop) logout(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	delete(s.sessions, cookie(r, sessionCookie))
	s.mu.Unlock()
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

// lost answers for a page that there is not.
func lost(w http.ResponseWriter, r *http.Request) {
	web.Render(w, r, http.StatusNotFound, web.Lost{HomeURL: "/"})
}

func cookie(r *http.Request, name string) string {
	c, err := r.Cookie(name)
	if err != nil {
		return ""
	}
	return c.Value
}

func setCookie(w http.ResponseWriter, name, value string) {
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
}
