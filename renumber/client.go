package renumber

import (
	"context"

	"simtrust/internal/rpc"
)

// Client is the operations of a server over HTTP. Its functions return what the operations return, errors with
// the same Kind and Reason.
type Client struct {
	Feed    func(context.Context, FeedReq) (FeedRes, error)
	Show    func(context.Context, ShowReq) (ShowRes, error)
	Check   func(context.Context, CheckReq) (CheckRes, error)
	Holders func(context.Context, HoldersReq) (HoldersRes, error)
	Live    func(context.Context, LiveReq) (HoldersRes, error)
	Devices func(context.Context, DevicesReq) (DevicesRes, error)
}

// NewClient returns a client over c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		Feed:    rpc.Call[FeedReq, FeedRes](c, feedPattern),
		Show:    rpc.Call[ShowReq, ShowRes](c, showPattern),
		Check:   rpc.Call[CheckReq, CheckRes](c, checkPattern),
		Holders: rpc.Call[HoldersReq, HoldersRes](c, holdersPattern),
		Live:    rpc.Call[LiveReq, HoldersRes](c, livePattern),
		Devices: rpc.Call[DevicesReq, DevicesRes](c, devicesPattern),
	}
}
