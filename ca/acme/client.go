package acme

import (
	"context"

	"simtrust"
	"simtrust/ca"
	"simtrust/internal/rpc"
)

// Client is the officer's operations over HTTP. Its methods have the errors of the [Service] methods of the same names; who asks is
// whom the client's token names.
type Client struct {
	eab      func(context.Context, eabReq) (eabRes, error)
	list     func(context.Context, pageWire) (externalsWire, error)
	withdraw func(context.Context, withdrawWire) (withdrawnWire, error)
}

// NewClient returns the module of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		eab:      rpc.Call[eabReq, eabRes](c, patternEAB),
		list:     rpc.Call[pageWire, externalsWire](c, patternExternals),
		withdraw: rpc.Call[withdrawWire, withdrawnWire](c, patternWithdraw),
	}
}

// NewExternal makes an external account.
func (c *Client) NewExternal(ctx context.Context, req ExternalReq) (External, error) {
	res, err := c.eab(ctx, eabReq{Profile: req.Profile, Names: req.Names})
	if err != nil {
		return External{}, err
	}
	key, ok := decode(res.HMACKey)
	if !ok {
		return External{}, &simtrust.Error{Kind: simtrust.KindInternal, Op: "acme.eab", Msg: "the server's answer holds no key"}
	}
	return External{KID: res.KID, Key: key, Profile: res.Profile, Names: res.Names}, nil
}

// Externals lists a page of external accounts.
func (c *Client) Externals(ctx context.Context, p ca.Page) (list []External, next string, err error) {
	res, err := c.list(ctx, pageWire{p.After, p.Limit})
	for _, w := range res.External {
		list = append(list, External{KID: w.KID, Profile: w.Profile, Names: w.Names, Created: w.Created, CreatedBy: w.CreatedBy,
			Accounts: w.Accounts, Withdrawn: w.Withdrawn, WithdrawnBy: w.WithdrawnBy})
	}
	return list, res.Next, err
}

// WithdrawExternal ends an external account.
func (c *Client) WithdrawExternal(ctx context.Context, req WithdrawReq) (deactivated int, err error) {
	res, err := c.withdraw(ctx, withdrawWire{req.KID, req.Accounts})
	return res.Deactivated, err
}
