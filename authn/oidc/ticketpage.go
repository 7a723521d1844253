package oidc

import (
	"net/http"
	"slices"

	"simtrust"
	"simtrust/account"
	"simtrust/web"
)

const pathTap = "/tap/{ticket}"

func tapPath(secret string) string { return "/tap/" + secret }

// visit is somebody at the link of a ticket.
type visit struct {
	ticket
	secret string
	app    account.App
	cookie string // that of the browser, or empty
	own    bool   // on the data session of whom the ticket is for
}

// serveTap answers the link. It changes nothing and asks nobody, however often it is fetched: previews of messages fetch links.
// Whom the ticket is for is sent on to the app; where no network tells who is there, a button is shown.
func (p *Provider) serveTap(w http.ResponseWriter, r *http.Request) {
	v, err := p.visit(r)
	switch {
	case err != nil:
		p.turnAway(w, r, v, err)
	case v.own || v.provenIn(v.cookie, p.now(), provenLife):
		p.sendToApp(w, r, v)
	case p.screen == nil:
		web.Render(w, r, http.StatusForbidden, web.NoNetwork{App: v.app.Name, RetryURL: tapPath(v.secret)})
	case v.asked.IsZero(), v.prompt == "" && v.askedIn(v.cookie):
		p.offerCode(w, r, v)
	default:
		p.askForCode(w, r, v, 0)
	}
}

// visit finds the ticket of the link and who is there. An error is a reason to go no further; the app may be known with it.
func (p *Provider) visit(r *http.Request) (v visit, err error) {
	v.secret, v.cookie = r.PathValue("ticket"), p.browser(r)
	if v.ticket, err = selectTicket(r.Context(), p.db, handleID(v.secret)); err != nil {
		return v, err
	}
	if v.app, err = p.accounts.App(r.Context(), v.ticket.app); err != nil {
		return v, err
	}
	switch {
	case !v.alive(p.now()):
		return v, errPastTicket
	case v.app.Suspended:
		return v, errAppSuspended
	}
	return v, p.recognise(r, &v)
}

// recognise asks the network who is there. Nobody else's data session gets any further, whatever was proven in the browser before; where no
// network tells, a code that was guessed at too often is the end.
func (p *Provider) recognise(r *http.Request, v *visit) error {
	at, err := p.network.Locate(r.Context(), r)
	switch {
	case err == nil && at.Tenure != v.tenure:
		return errOthersTicket
	case err == nil:
		v.own = true
	case !absent(err):
		return err
	case v.codeDead():
		return errDeadCode
	}
	return nil
}

// sendToApp has the app ask for the login.
func (p *Provider) sendToApp(w http.ResponseWriter, r *http.Request, v visit) {
	redirect(w, r, p.initiateURL(v.app, v.secret, v.target))
}

// offerCode shows the button that asks for a code, and gives the browser the cookie that the code will be bound to.
func (p *Provider) offerCode(w http.ResponseWriter, r *http.Request, v visit) {
	if v.cookie == "" {
		v.cookie = simtrust.NewSecret()
	}
	http.SetCookie(w, p.cookie(v.cookie))
	web.Render(w, r, http.StatusOK, web.TapOffer{App: v.app.Name, Action: tapPath(v.secret), Targets: targets(v.app)})
}

// askForCode shows the page that takes the code, to the browser that asked for it. Left is how many tries are left after a wrong
// one, else 0.
func (p *Provider) askForCode(w http.ResponseWriter, r *http.Request, v visit, left int) {
	switch {
	case !v.askedIn(v.cookie):
		p.turnAway(w, r, v, errOtherBrowser)
		return
	case !v.awaitsCode(p.now()):
		p.turnAway(w, r, v, errPastCode)
		return
	}
	status := http.StatusOK
	if left > 0 {
		status = http.StatusForbidden
	}
	web.Render(w, r, status, web.TapCode{App: v.app.Name, Action: tapPath(v.secret), Left: left, Targets: targets(v.app)})
}

// targets are where a form of these pages leads: to the app, and on to where the app has its codes sent.
func targets(app account.App) []string {
	list := []string{source(app.InitiateURI)}
	for _, uri := range app.RedirectURIs {
		if s := source(uri); !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return list
}

var (
	errPastTicket   = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the ticket is spent or past"}
	errDeadCode     = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the code was guessed at too often"}
	errOtherBrowser = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the code was asked for in another browser"}
	errPastCode     = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the code is past"}
	errForeignForm  = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the answer did not come from our page"}
)

// ends are the pages for those who get no further.
var ends = []struct {
	err    error
	status int
	cause  web.TapCause
}{
	{errNoTicket, http.StatusNotFound, web.TapPast},
	{errPastTicket, http.StatusGone, web.TapPast},
	{errDeadCode, http.StatusGone, web.TapDead},
	{errOthersTicket, http.StatusForbidden, web.TapOthers},
	{errOtherBrowser, http.StatusForbidden, web.TapElsewhere},
	{errForeignForm, http.StatusForbidden, web.TapElsewhere},
	{errPastCode, http.StatusGone, web.TapLate},
	{errTooManyCodes, http.StatusTooManyRequests, web.TapLimited},
	{errNotShown, http.StatusConflict, web.TapUnable},
}

// turnAway shows why it goes no further.
func (p *Provider) turnAway(w http.ResponseWriter, r *http.Request, v visit, err error) {
	for _, end := range ends {
		if err == end.err { // they have one kind and reason
			web.Render(w, r, end.status, web.TapEnd{App: v.app.Name, Cause: end.cause, RetryURL: tapPath(v.secret)})
			return
		}
	}
	if simtrust.ReasonOf(err) == account.ReasonAppSuspended {
		p.showProblem(w, r, &oauthError{status: http.StatusForbidden, code: codeUnauthorized, text: "the app is suspended"})
		return
	}
	p.showProblem(w, r, failure(err))
}
