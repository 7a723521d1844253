package app

import (
	"context"
	"time"

	"simtrust"
	"simtrust/authn/oidc"
	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
	"simtrust/messaging/onetap"
	"simtrust/messaging/sender"
)

// wireOnetap has messages log their recipients in.
func (a *App) wireOnetap(x *messages, r *rpc.Router) {
	x.onetap = onetap.New(onetap.Deps{DB: a.db, Deliveries: x.dispatch, Senders: tapSenders{x.senders}, Tenures: x.holders,
		Tickets: tickets(rpc.Local[oidc.TicketReq, oidc.TicketRes](r, "authn.ticket", a.messagingToken)), Log: a.obs.Log, Now: time.Now},
		onetap.Config{Issuer: a.issuer, Key: a.keys.HMAC("messaging one-tap links")})
}

// carry names a bearer of channels, which gets every copy with its recipient's own links.
func (x *messages) carry(name string, b dispatch.Bearer, channels ...dispatch.Channel) {
	x.dispatch.Carry(name, x.onetap.Personal(b), channels...)
}

// tapSenders are chatbots as pages of links name them.
type tapSenders struct{ *sender.Service }

// Known implements onetap.Senders.
func (s tapSenders) Known(ctx context.Context, chatbot string) error {
	_, err := s.Chatbot(ctx, chatbot)
	return err
}

// Live implements onetap.Senders.
func (s tapSenders) Live(ctx context.Context, chatbot string) (onetap.Sender, error) {
	c, err := s.Service.Live(ctx, chatbot)
	return onetap.Sender{Name: c.Name, Brand: c.BrandName}, err
}

// Current implements onetap.Tenures.
func (h localHolders) Current(ctx context.Context, tenure simtrust.TenureID) (bool, error) {
	n, err := h.Number(ctx, tenure)
	return err == nil && !n.IsZero(), err
}

// tickets is the operation of the provider under messaging's credential.
type tickets func(context.Context, oidc.TicketReq) (oidc.TicketRes, error)

// Ticket implements onetap.Tickets.
func (t tickets) Ticket(ctx context.Context, k onetap.Ticket) (url string, err error) {
	res, err := t(ctx, oidc.TicketReq{ID: k.ID, Tenure: string(k.Tenure), ClientID: k.App, Target: k.Target, Expires: k.Expires})
	return res.URL, err
}
