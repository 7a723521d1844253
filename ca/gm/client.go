package gm

import (
	"context"
	"encoding/pem"

	"simtrust/internal/rpc"
)

// Client is the module over HTTP.
type Client struct {
	pair func(context.Context, pairReqWire) (pairWire, error)
}

// NewClient returns the module of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{pair: rpc.Call[pairReqWire, pairWire](c, patternPair)}
}

// Issue issues a pair, as [Service.Issue] does; the requester is whom the client's token names. Of the certificates it returns id,
// DER and chain.
func (c *Client) Issue(ctx context.Context, req PairReq) (Pair, error) {
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: req.CSR})
	res, err := c.pair(ctx, pairReqWire{Token: req.Token, Profile: req.Profile, CSR: string(text)})
	if err != nil {
		return Pair{}, err
	}
	return res.pair()
}
