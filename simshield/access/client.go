package access

import (
	"context"
	"net/netip"

	"simtrust/internal/rpc"
)

// Client is an operator's view of the package on another machine. Its methods are those of Service; their errors have the same Kind and
// Reason. Who acts is whom the client's token is for.
type Client struct {
	create   func(context.Context, makeWire) (madeWire, error)
	list     func(context.Context, nothingWire) (listWire, error)
	withdraw func(context.Context, nameWire) (nothingWire, error)
}

// NewClient returns the package behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		create:   rpc.Call[makeWire, madeWire](c, patternMake),
		list:     rpc.Call[nothingWire, listWire](c, patternList),
		withdraw: rpc.Call[nameWire, nothingWire](c, patternWithdraw),
	}
}

// Make gives an application a name on a face and returns the secret.
func (c *Client) Make(ctx context.Context, a Access) (secret string, err error) {
	made, err := c.create(ctx, makeWire{a.Face, a.Name, a.Application, prefixes(a.Networks)})
	return made.Secret, err
}

// List returns the names of all faces, those withdrawn too.
func (c *Client) List(ctx context.Context) ([]Access, error) {
	res, err := c.list(ctx, nothingWire{})
	if err != nil {
		return nil, err
	}
	list := make([]Access, len(res.Access))
	for i, w := range res.Access {
		if list[i], err = w.access(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// Withdraw ends a name.
func (c *Client) Withdraw(ctx context.Context, face Face, name string) error {
	_, err := c.withdraw(ctx, nameWire{face, name})
	return err
}

func (w accessWire) access() (Access, error) {
	networks, err := w.networks()
	return Access{Face: w.Face, Name: w.Name, Application: w.Application, Networks: networks, Created: w.Created, CreatedBy: w.CreatedBy,
		Withdrawn: w.Withdrawn}, err
}

func prefixes(networks []netip.Prefix) []string {
	var out []string
	for _, n := range networks {
		out = append(out, n.String())
	}
	return out
}
