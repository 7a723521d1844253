package oidc

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"simtrust"
	"simtrust/account"
	"simtrust/internal/rpc"
)

// ScopeTicket lets a module have tickets made. A ticket opens nothing by itself: it logs in whom it is for, or nobody.
const ScopeTicket = "login:ticket"

const (
	patternTicket = "POST /authn/v1/tickets"
	ticketPrefix  = "tkt_"
	maxTicketRef  = 128
	maxTicketLife = 7 * 24 * time.Hour
)

// Reasons of the operation authn.ticket, beside those of an unknown or suspended app and of a tenure that is not current.
const (
	ReasonTicketRequest = "ticket_refused"        // invalid: a member is missing or of the wrong form
	ReasonNoInitiateURI = "no_initiate_login_uri" // unprocessable: the app was registered without
	ReasonTicketDiffers = "ticket_differs"        // conflict: the reference is known with another content
	ReasonTicketSpent   = "ticket_spent"          // conflict: it has logged somebody in
)

// TicketReq asks for a ticket: one login of the person behind a tenure, at one app.
type TicketReq struct {
	// ID is the caller's own reference, 1 to 128 characters. The same with the same content is the same ticket.
	ID string `json:"id"`
	// Tenure is whom it is for, ClientID the app.
	Tenure   string `json:"tenure"`
	ClientID string `json:"client_id"`
	// Target is where in the app the person is to arrive, on the origin of its initiate_login_uri; empty: wherever the app decides.
	Target string `json:"target_link_uri,omitzero"`
	// Expires is at most 7 days away.
	Expires time.Time `json:"expires"`
}

// LimitKey implements rpc.Limited.
func (r TicketReq) LimitKey() string { return r.Tenure }

// TicketRes is a ticket and the link with it.
type TicketRes struct {
	Ticket  string    `json:"ticket"`
	URL     string    `json:"url"`
	Expires time.Time `json:"expires"`
}

// Ticket makes a ticket, or answers the one that was made for the same request. The errors: KindInvalid, ReasonTicketRequest;
// KindNotFound, account.ReasonUnknownApp; KindDenied, account.ReasonAppSuspended or account.ReasonTenureNotCurrent;
// KindUnprocessable, ReasonNoInitiateURI; KindConflict, ReasonTicketDiffers or ReasonTicketSpent.
func (p *Provider) Ticket(ctx context.Context, req TicketReq) (TicketRes, error) {
	caller, ok := rpc.CallerFrom(ctx)
	if !ok || caller.Tenure != "" {
		return TicketRes{}, errNotModule
	}
	req.Expires = req.Expires.UTC().Truncate(time.Millisecond)
	if err := p.checkTicket(ctx, req); err != nil {
		return TicketRes{}, err
	}
	secret := p.ticketSecret(caller.Client, req)
	err := insertTicket(ctx, p.db, caller.Client, req.ID, ticket{
		id: handleID(secret), tenure: simtrust.TenureID(req.Tenure), app: req.ClientID, target: req.Target, expires: req.Expires,
	})
	if err != nil {
		return TicketRes{}, err
	}
	return TicketRes{Ticket: secret, URL: p.issuer + tapPath(secret), Expires: req.Expires}, nil
}

func (p *Provider) checkTicket(ctx context.Context, req TicketReq) error {
	now := p.now()
	switch {
	case req.ID == "" || len(req.ID) > maxTicketRef || !printable(req.ID):
		return invalidTicket("id: 1 to 128 printable characters")
	case req.Tenure == "" || req.ClientID == "":
		return invalidTicket("tenure and client_id are required")
	case !req.Expires.After(now) || req.Expires.Sub(now) > maxTicketLife:
		return invalidTicket("expires: in the future, and at most 7 days away")
	}
	app, err := p.accounts.App(ctx, req.ClientID)
	switch {
	case err != nil:
		return err
	case app.Suspended:
		return errAppSuspended
	case app.InitiateURI == "":
		return errNoInitiateURI
	case req.Target != "" && !app.Opens(req.Target):
		return invalidTicket("target_link_uri: on the origin of the app's initiate_login_uri")
	}
	return p.holds(ctx, simtrust.TenureID(req.Tenure))
}

// holds fails unless the tenure may authenticate its holder now.
func (p *Provider) holds(ctx context.Context, id simtrust.TenureID) error {
	_, err := p.usable(ctx, id)
	if err == errToken {
		return errTenureNotCurrent
	}
	return err
}

// ticketSecret derives the ticket, 160 bits, from all that it is for: it is answered again without being kept anywhere, and no
// other request has the same one.
func (p *Provider) ticketSecret(client string, req TicketReq) string {
	text, err := json.Marshal([]any{client, req.ID, req.Tenure, req.ClientID, req.Target, req.Expires.UnixMilli()})
	if err != nil {
		panic(err) // strings, checked to be UTF-8 when they were decoded, and a number
	}
	return ticketPrefix + hex.EncodeToString(p.ticketMAC("ticket", text)[:20])
}

func (p *Provider) ticketMAC(use string, text []byte) []byte {
	mac := hmac.New(sha256.New, p.ticketKey)
	mac.Write([]byte(use + "\x00"))
	mac.Write(text)
	return mac.Sum(nil)
}

// ticketOf returns the ticket in a login_hint, or "": any other hint means nothing here. What only looks like a ticket is none that
// is known, and is refused.
func ticketOf(hint string) string {
	if strings.HasPrefix(hint, ticketPrefix) {
		return hint
	}
	return ""
}

func invalidTicket(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonTicketRequest, Msg: msg}
}

var (
	errNotModule        = &simtrust.Error{Kind: simtrust.KindDenied, Reason: account.ReasonNotOperator, Msg: "a holder's token makes no tickets"}
	errAppSuspended     = &simtrust.Error{Kind: simtrust.KindDenied, Reason: account.ReasonAppSuspended, Msg: "the app is suspended"}
	errNoInitiateURI    = &simtrust.Error{Kind: simtrust.KindUnprocessable, Reason: ReasonNoInitiateURI, Msg: "the app was registered without initiate_login_uri"}
	errTenureNotCurrent = &simtrust.Error{Kind: simtrust.KindDenied, Reason: account.ReasonTenureNotCurrent, Msg: "the number is no longer held as it was"}
	errTicketDiffers    = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonTicketDiffers, Msg: "the id is known with another content"}
	errTicketSpent      = &simtrust.Error{Kind: simtrust.KindConflict, Reason: ReasonTicketSpent, Msg: "the ticket is spent"}
)
