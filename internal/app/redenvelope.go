package app

import (
	"context"
	"net/http"
	"time"

	"simtrust/internal/rpc"
	"simtrust/messaging"
	"simtrust/messaging/redenvelope"
	"simtrust/messaging/sender"
	"simtrust/renumber"
)

// RedEnvelopes configures who pays what people got: the operator's system, which is told of shares at Fulfilment. Without it they wait.
type RedEnvelopes struct {
	Fulfilment Bearer `yaml:"fulfilment,omitempty"`
}

// fulfilmentTime is how long that system may take for a page.
const fulfilmentTime = 30 * time.Second

// wireRedEnvelopes builds the door for them.
func (a *App) wireRedEnvelopes(m *modules, x *messages, r *rpc.Router, c RedEnvelopes) error {
	d := redenvelope.Deps{DB: a.db, Chatbots: owners{x.senders}, Messages: x.Service, Log: a.obs.Log, Now: time.Now,
		Holders: envelopeHolders{x.holders, rpc.Local[renumber.DevicesReq, renumber.DevicesRes](r, "renumber.devices", a.messagingToken)}}
	if c.Fulfilment.URL != "" {
		token, err := c.Fulfilment.token("messaging.red_envelopes.fulfilment")
		if err != nil {
			return err
		}
		d.Fulfiller = redenvelope.NewCallback(&http.Client{Timeout: fulfilmentTime}, c.Fulfilment.URL, token)
	}
	x.envelopes = redenvelope.New(d)
	m.closers = append(m.closers, x.envelopes.Close)
	x.Install(redenvelope.Door, x.envelopes)
	return nil
}

var _ redenvelope.Messages = (*messaging.Service)(nil)

// envelopeHolders are the operations of renumber under messaging's credential that shares rest on.
type envelopeHolders struct {
	localHolders
	devices func(context.Context, renumber.DevicesReq) (renumber.DevicesRes, error)
}

// Devices implements redenvelope.Holders.
func (h envelopeHolders) Devices(ctx context.Context, req renumber.DevicesReq) (renumber.DevicesRes, error) {
	return h.devices(ctx, req)
}

// owners are senders as those who act for chatbots know them.
type owners struct{ *sender.Service }

// Client implements redenvelope.Chatbots.
func (o owners) Client(ctx context.Context, chatbot string) (string, error) {
	bot, err := o.Chatbot(ctx, chatbot)
	return bot.Client, err
}
