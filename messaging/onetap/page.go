package onetap

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
	"simtrust/web"
)

// opening is a link that may be opened now.
type opening struct {
	target
	tenure simtrust.TenureID
	sender Sender
}

var errLost = fault(simtrust.KindNotFound, ReasonLink, "the link leads nowhere")

// arrived are the states in which a copy may be with its recipient.
var arrived = []dispatch.State{dispatch.StateQueued, dispatch.StateSubmitted, dispatch.StateUnknown, dispatch.StateDelivered, dispatch.StateDisplayed}

// open finds what a token opens. Whatever is against it, the error is errLost, or of another kind where it cannot be told.
func (s *Service) open(ctx context.Context, token string, pace *rpc.Pace) (o opening, err error) {
	l, ok := s.codec.open(token)
	if !ok {
		return o, errLost
	}
	if err := pace.Take(token); err != nil {
		return o, err
	}
	found, err := s.Deliveries.Status(ctx, l.delivery)
	if err != nil || len(found) != 1 || found[0].Revoking || !slices.Contains(arrived, found[0].State) {
		return o, lostOr(err)
	}
	o.tenure = found[0].Tenure
	if o.target, ok, err = find(ctx, s.DB, found[0].Chatbot, found[0].Message, l, s.Now()); err != nil || !ok || originOf(o.url) != o.origin {
		return o, lostOr(err)
	}
	if o.sender, err = s.Senders.Live(ctx, found[0].Chatbot); err != nil {
		return o, lostOr(err)
	}
	if current, err := s.Tenures.Current(ctx, o.tenure); err != nil || !current {
		return o, lostOr(err)
	}
	return o, nil
}

// lostOr is errLost for no error and for any refusal, and the error itself where it cannot be told.
func lostOr(err error) error {
	switch simtrust.KindOf(err) {
	case simtrust.KindUnavailable, simtrust.KindInternal:
		return err
	}
	return errLost
}

// look shows what a link would open. It changes nothing and asks nobody anything, however often it is fetched.
func (s *Service) look(w http.ResponseWriter, r *http.Request) {
	o, err := s.open(r.Context(), r.PathValue("token"), s.looks)
	if err != nil {
		fail(w, r, err)
		return
	}
	render(w, r, http.StatusOK, web.OneTap{Sender: o.sender.Name, Brand: o.sender.Brand, App: o.name, Action: r.URL.Path, Target: o.origin})
}

// pressed has a ticket made for the link, or the one that it has, and leads on to it.
func (s *Service) pressed(w http.ResponseWriter, r *http.Request) {
	if origins := r.Header.Values("Origin"); len(origins) != 1 || origins[0] != s.issuer { // browsers name the origin of every POST
		fail(w, r, errLost)
		return
	}
	token := r.PathValue("token")
	o, err := s.open(r.Context(), token, s.press)
	if err != nil {
		fail(w, r, err)
		return
	}
	to, err := s.Tickets.Ticket(r.Context(), Ticket{ID: linkID(token), Tenure: o.tenure, App: o.client, Target: o.url, Expires: o.expires})
	if err != nil {
		fail(w, r, ticketFault(err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// linkID names a link where the link itself must not be known.
func linkID(token string) string {
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// ticketFault is errLost where the tenure has ended since; other errors stay.
func ticketFault(err error) error {
	if simtrust.KindOf(err) == simtrust.KindDenied {
		return errLost
	}
	return err
}

// fail shows a person why a link does not open: all that concerns the link alike, and what is not the link's fault as what it is.
func fail(w http.ResponseWriter, r *http.Request, err error) {
	problem := func(status int, cause web.Cause) {
		render(w, r, status, web.Problem{Status: status, Cause: cause, Code: simtrust.ReasonOf(err)})
	}
	switch kind := simtrust.KindOf(err); {
	case err == errLost:
		render(w, r, http.StatusNotFound, web.LostMessage{})
	case kind == simtrust.KindConflict:
		render(w, r, http.StatusGone, web.OneTapUsed{})
	case kind == simtrust.KindLimited:
		problem(http.StatusTooManyRequests, web.CauseBusy)
	case kind == simtrust.KindNotFound || kind == simtrust.KindUnprocessable || kind == simtrust.KindInvalid:
		problem(http.StatusConflict, web.CauseApp)
	default:
		problem(http.StatusServiceUnavailable, web.CauseBusy)
	}
}

// render shows a page that nobody is to index.
func render(w http.ResponseWriter, r *http.Request, status int, v web.View) {
	w.Header().Set("X-Robots-Tag", "noindex, nofollow")
	web.Render(w, r, status, v)
}
