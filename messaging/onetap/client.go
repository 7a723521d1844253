package onetap

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is an operator's view of the apps on another machine. Its methods are those of Service; their errors have the same Kind and Reason.
type Client struct {
	allow  func(context.Context, allowWire) (nothingWire, error)
	forbid func(context.Context, nameWire) (nothingWire, error)
	list   func(context.Context, chatbotWire) (appsWire, error)
}

// NewClient returns the apps behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		allow:  rpc.Call[allowWire, nothingWire](c, patternAllow),
		forbid: rpc.Call[nameWire, nothingWire](c, patternForbid),
		list:   rpc.Call[chatbotWire, appsWire](c, patternApps),
	}
}

// Allow lets a chatbot open an app.
func (c *Client) Allow(ctx context.Context, a App) error {
	_, err := c.allow(ctx, allowWire{nameWire{a.Chatbot, a.Client}, a.Name, a.Origin})
	return err
}

// Forbid takes that back.
func (c *Client) Forbid(ctx context.Context, chatbot, client string) error {
	_, err := c.forbid(ctx, nameWire{chatbot, client})
	return err
}

// Apps lists what a chatbot may open.
func (c *Client) Apps(ctx context.Context, chatbot string) ([]App, error) {
	res, err := c.list(ctx, chatbotWire{chatbot})
	list := make([]App, len(res.Apps))
	for i, a := range res.Apps {
		list[i] = App{chatbot, a.Client, a.Name, a.Origin, a.Allowed, a.AllowedBy}
	}
	return list, err
}
