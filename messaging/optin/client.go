package optin

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is the operations of a server over HTTP. Its functions return what the operations return, errors with the same Kind and
// Reason.
type Client struct {
	Put      func(context.Context, PutReq) (PutRes, error)
	Withdraw func(context.Context, About) (Done, error)
	Refuse   func(context.Context, RefuseReq) (Done, error)
	Changes  func(context.Context, ChangesReq) (ChangesRes, error)
}

// NewClient returns a client over c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		Put:      rpc.Call[PutReq, PutRes](c, patternPut),
		Withdraw: rpc.Call[About, Done](c, patternWithdraw),
		Refuse:   rpc.Call[RefuseReq, Done](c, patternRefuse),
		Changes:  rpc.Call[ChangesReq, ChangesRes](c, patternChanges),
	}
}
