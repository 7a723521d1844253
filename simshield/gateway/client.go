package gateway

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is the cards of a server as the command line sees them. Its methods are those of [Service], with errors of the same Kind and
// Reason.
type Client struct {
	add   func(context.Context, cardsWire) (Imported, error)
	show  func(context.Context, iccidWire) (cardWire, error)
	way   func(context.Context, wayWire) (nothingWire, error)
	raise func(context.Context, raiseWire) (Raised, error)
}

// NewClient returns a client over c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		add:   rpc.Call[cardsWire, Imported](c, patternImport),
		show:  rpc.Call[iccidWire, cardWire](c, patternCard),
		way:   rpc.Call[wayWire, nothingWire](c, patternWay),
		raise: rpc.Call[raiseWire, Raised](c, patternRaise),
	}
}

// Import is Service.Import, of up to 1,000 cards.
func (c *Client) Import(ctx context.Context, cards []Personalisation) (Imported, error) {
	w := make([]personalWire, len(cards))
	for i, p := range cards {
		w[i] = p.wire()
	}
	return c.add(ctx, cardsWire{w})
}

// Card is Service.Card.
func (c *Client) Card(ctx context.Context, iccid string) (Card, error) {
	w, err := c.show(ctx, iccidWire{iccid})
	return w.read(), err
}

// SetWay is Service.SetWay.
func (c *Client) SetWay(ctx context.Context, iccid string, way Way) error {
	_, err := c.way(ctx, wayWire{iccid, way})
	return err
}

// RaiseCounters is Service.RaiseCounters.
func (c *Client) RaiseCounters(ctx context.Context, after string) (Raised, error) {
	return c.raise(ctx, raiseWire{after})
}
