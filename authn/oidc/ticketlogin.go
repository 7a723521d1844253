package oidc

import (
	"context"
	"net/http"
	"slices"

	"simtrust"
	"simtrust/account"
	"simtrust/authn"
	"simtrust/renumber"
)

// MethodCode says that a person was authenticated by a code that their SIM showed, and not by the network.
const MethodCode = "sim"

// reasonTicket is every refusal of a ticket at the authorization endpoint; the difference is nobody's business.
const reasonTicket = "ticket"

// locate tells who is to be logged in: whoever is on the connection. With a ticket it is the one whom it is for or nobody: on
// the data session of their tenure, or, where no network tells who is there, in the browser into which the code from their
// phone was typed.
func (p *Provider) locate(r *http.Request, req *request) (authn.Located, error) {
	at, err := p.network.Locate(r.Context(), r)
	if req.ticket == "" || err != nil && !absent(err) {
		return at, err
	}
	t, errTicket := p.presentedTicket(r.Context(), req)
	switch {
	case errTicket != nil:
		return authn.Located{}, errTicket
	case err == nil && at.Tenure != t.tenure:
		return authn.Located{}, errOthersTicket
	case err == nil:
		return at, nil
	case t.codeDead():
		return authn.Located{}, errNoTicket
	case !req.scope.singleUse() && t.provenIn(p.browser(r), p.now(), min(req.maxAge, provenLife)):
		return p.locateByCode(r.Context(), t)
	}
	return authn.Located{}, err
}

// absent reports whether the network says that the connection proves nobody.
func absent(err error) bool {
	kind := simtrust.KindOf(err)
	return kind == simtrust.KindDenied || kind == simtrust.KindNotFound
}

// presentedTicket finds the ticket of a request, alive and made for its client.
func (p *Provider) presentedTicket(ctx context.Context, req *request) (ticket, error) {
	t, err := selectTicket(ctx, p.db, handleID(req.ticket))
	if err == nil && (t.app != req.ID || !t.alive(p.now())) {
		err = errNoTicket
	}
	return t, err
}

// locateByCode is the holder of a ticket's tenure, on the SIM that showed the code.
func (p *Provider) locateByCode(ctx context.Context, t ticket) (authn.Located, error) {
	h, err := p.usable(ctx, t.tenure)
	switch {
	case err == errToken || err == nil && !h.SIMChangedRecorded.Equal(t.simRecorded):
		return authn.Located{}, errNoTicket
	case err != nil:
		return authn.Located{}, err
	}
	return authn.Located{
		Tenure: t.tenure, Number: h.Number, IMSI: primaryIMSI(h), Method: MethodCode, Since: t.proven, SIMRecorded: t.simRecorded,
	}, nil
}

func primaryIMSI(h renumber.Holding) string {
	if i := slices.IndexFunc(h.SIMs, func(s renumber.SIM) bool { return s.Primary }); i >= 0 {
		return h.SIMs[i].IMSI
	}
	return ""
}

// open stores a grant, and with a ticket spends that in the same transaction: false if it was spent before.
func (p *Provider) open(ctx context.Context, req *request, g *grant) (bool, error) {
	if req.ticket == "" {
		return true, p.ledger.open(ctx, g)
	}
	return p.ledger.take(ctx, handleID(req.ticket), g)
}

// initiateURL is where the login begins at the app (OpenID Connect Core §4).
func (p *Provider) initiateURL(app account.App, secret, target string) string {
	fields := []param{{"iss", p.issuer}, {"login_hint", secret}}
	if target != "" {
		fields = append(fields, param{"target_link_uri", target})
	}
	return withQuery(app.InitiateURI, fields...)
}

var errOthersTicket = &simtrust.Error{Kind: simtrust.KindDenied, Reason: reasonTicket, Msg: "the ticket is another person's"}

// refusedTicket is the answer to the client that came with a ticket in vain.
func (req *request) refusedTicket() *oauthError {
	return &oauthError{code: req.policy.unlocated, text: "the ticket in login_hint is spent, past, or not for whoever is here"}
}
