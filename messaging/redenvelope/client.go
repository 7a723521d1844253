package redenvelope

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is an operator's view of the accounts on another machine. Its methods are those of Service; their errors have the same Kind and
// Reason.
type Client struct {
	fund     func(context.Context, fundWire) (accountWire, error)
	accounts func(context.Context, chatbotWire) (accountsWire, error)
}

// NewClient returns the accounts behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{rpc.Call[fundWire, accountWire](c, patternFund), rpc.Call[chatbotWire, accountsWire](c, patternAccounts)}
}

// Fund puts an amount into a chatbot's account and returns what is in it then.
func (c *Client) Fund(ctx context.Context, f Funding) (balance int64, err error) {
	res, err := c.fund(ctx, fundWire{Chatbot: f.Chatbot, Key: f.Key, assetWire: assetOf(f.Asset), Amount: f.Amount})
	return res.Balance, err
}

// Accounts returns what the operator holds for a chatbot.
func (c *Client) Accounts(ctx context.Context, chatbot string) ([]Account, error) {
	res, err := c.accounts(ctx, chatbotWire{chatbot})
	list := make([]Account, len(res.Accounts))
	for i, w := range res.Accounts {
		list[i] = Account{Chatbot: chatbot, Asset: w.asset(), Balance: w.Balance}
	}
	return list, err
}
