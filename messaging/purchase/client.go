package purchase

import (
	"context"
	"time"

	"simtrust/internal/rpc"
)

// Client is the package on another machine, for a chatbot's client or an operator by its token. Its errors have the Kind and Reason of
// Service's.
type Client struct {
	ask      func(context.Context, askWire) (purchaseWire, error)
	show     func(context.Context, showWire) (purchaseWire, error)
	allow    func(context.Context, linkWire) (nothingWire, error)
	disallow func(context.Context, linkWire) (nothingWire, error)
	links    func(context.Context, linksReq) (linksWire, error)
}

// NewClient returns the package behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		ask:      rpc.Call[askWire, purchaseWire](c, patternAsk),
		show:     rpc.Call[showWire, purchaseWire](c, patternShow),
		allow:    rpc.Call[linkWire, nothingWire](c, patternAllow),
		disallow: rpc.Call[linkWire, nothingWire](c, patternDisallow),
		links:    rpc.Call[linksReq, linksWire](c, patternLinks),
	}
}

// Ask has a person asked; req.Client is that of the token whatever it says.
func (c *Client) Ask(ctx context.Context, req AskReq) (Purchase, error) {
	w, err := c.ask(ctx, askWire{Chatbot: req.Chatbot, Request: req.Request, SIMAbove: req.SIMAbove, Title: req.Title, Text: req.Text,
		Language: req.Language, HoldBack: int64(req.HoldBack / time.Second)})
	return w.purchase(), err
}

// Wait returns a purchase when it has ended, or as it stands after a while of up to 30 s.
func (c *Client) Wait(ctx context.Context, id string, while time.Duration) (Purchase, error) {
	w, err := c.show(ctx, showWire{id, int(while / time.Second)})
	return w.purchase(), err
}

// Allow links a chatbot to a party.
func (c *Client) Allow(ctx context.Context, chatbot, party string) error {
	_, err := c.allow(ctx, linkWire{chatbot, party})
	return err
}

// Disallow ends a link.
func (c *Client) Disallow(ctx context.Context, chatbot, party string) error {
	_, err := c.disallow(ctx, linkWire{chatbot, party})
	return err
}

// Links returns the parties of a chatbot.
func (c *Client) Links(ctx context.Context, chatbot string) ([]Link, error) {
	w, err := c.links(ctx, linksReq{chatbot})
	list := make([]Link, len(w.Parties))
	for i, p := range w.Parties {
		list[i] = Link(p)
	}
	return list, err
}

func (w purchaseWire) purchase() Purchase {
	return Purchase{ID: w.ID, Message: w.Message, Order: w.Order, Standing: Standing{State: w.State, Method: w.Method, Cause: w.Cause},
		Transaction: w.Transaction, Created: w.Created, Expires: w.Expires, Ended: w.Ended, Result: w.Result}
}
