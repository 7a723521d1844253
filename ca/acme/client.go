package acme

import (
	"context"

	"simtrust"
	"simtrust/internal/rpc"
)

// Client is the officer's operation over HTTP.
type Client struct {
	eab func(context.Context, eabReq) (eabRes, error)
}

// NewClient returns the module of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{eab: rpc.Call[eabReq, eabRes](c, patternEAB)}
}

// NewExternal makes an external account, as [Service.NewExternal] does; who asks is whom the client's token names.
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
