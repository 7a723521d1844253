package rbm

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is an operator's, or a chatbot's own, view of client tokens on another machine. Its methods are those of Service; their errors have
// the same Kind and Reason.
type Client struct {
	token, rotate func(context.Context, botWire) (tokenWire, error)
}

// NewClient returns the client tokens behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{rpc.Call[botWire, tokenWire](c, patternToken), rpc.Call[botWire, tokenWire](c, patternRotate)}
}

// Token returns the client token of an agent.
func (c *Client) Token(ctx context.Context, chatbot string) (string, error) {
	res, err := c.token(ctx, botWire{chatbot})
	return res.ClientToken, err
}

// Rotate gives an agent another client token.
func (c *Client) Rotate(ctx context.Context, chatbot string) (string, error) {
	res, err := c.rotate(ctx, botWire{chatbot})
	return res.ClientToken, err
}
