package esme

import (
	"context"
	"net/netip"

	"simtrust/internal/rpc"
	"simtrust/messaging/dispatch"
)

// Client is an operator's view of the accounts on another machine. Its methods are those of Service; their errors have the same Kind and
// Reason.
type Client struct {
	create   func(context.Context, makeWire) (madeWire, error)
	list     func(context.Context, nothingWire) (listWire, error)
	withdraw func(context.Context, nameWire) (nothingWire, error)
}

// NewClient returns the accounts behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		create:   rpc.Call[makeWire, madeWire](c, patternMake),
		list:     rpc.Call[nothingWire, listWire](c, patternList),
		withdraw: rpc.Call[nameWire, nothingWire](c, patternWithdraw),
	}
}

// Make gives a chatbot an account and returns its password.
func (c *Client) Make(ctx context.Context, a Account) (password string, err error) {
	made, err := c.create(ctx, wireOf(a))
	return made.Password, err
}

// List returns the accounts, those withdrawn too.
func (c *Client) List(ctx context.Context) ([]Account, error) {
	res, err := c.list(ctx, nothingWire{})
	if err != nil {
		return nil, err
	}
	list := make([]Account, len(res.Accounts))
	for i, w := range res.Accounts {
		networks, err := w.networks()
		if err != nil {
			return nil, err
		}
		list[i] = Account{SystemID: w.SystemID, Chatbot: w.Chatbot, Class: dispatch.Class(w.Class), RCS: w.RCS, Source: w.Source, Networks: networks,
			Created: w.Created, CreatedBy: w.CreatedBy, Withdrawn: w.Withdrawn}
	}
	return list, nil
}

// Withdraw ends an account.
func (c *Client) Withdraw(ctx context.Context, systemID string) error {
	_, err := c.withdraw(ctx, nameWire{systemID})
	return err
}

func wireOf(a Account) makeWire {
	w := makeWire{SystemID: a.SystemID, Chatbot: a.Chatbot, Class: string(a.Class), RCS: a.RCS, Source: a.Source}
	for _, n := range a.Networks {
		w.Networks = append(w.Networks, n.String())
	}
	return w
}

func (w makeWire) networks() (list []netip.Prefix, err error) {
	for _, n := range w.Networks {
		p, err := netip.ParsePrefix(n)
		if err != nil || p != p.Masked() || p.Addr().Is4In6() {
			return nil, invalid(ReasonNetwork, "networks: prefixes such as 192.0.2.0/24")
		}
		list = append(list, p)
	}
	return list, nil
}
