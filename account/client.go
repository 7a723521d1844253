package account

import (
	"context"
	"time"

	"simtrust/internal/rpc"
)

// Client is the module over HTTP. Its methods have the errors of the [Service] methods of the same names. The moves and the
// withdrawal are the caller's own: the tenure is that of the client's token.
type Client struct {
	register func(context.Context, registerWire) (registeredWire, error)
	list     func(context.Context, listWire) (appsWire, error)
	show     func(context.Context, appIDWire) (appWire, error)
	rotate   func(context.Context, rotateWire) (registeredWire, error)
	suspend  func(context.Context, appIDWire) (appWire, error)
	resume   func(context.Context, appIDWire) (appWire, error)
	start    func(context.Context, nothingWire) (ticketWire, error)
	finish   func(context.Context, finishWire) (nothingWire, error)
	withdraw func(context.Context, withdrawWire) (nothingWire, error)
}

// NewClient returns the module of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		register: rpc.Call[registerWire, registeredWire](c, patternRegister),
		list:     rpc.Call[listWire, appsWire](c, patternList),
		show:     rpc.Call[appIDWire, appWire](c, patternShow),
		rotate:   rpc.Call[rotateWire, registeredWire](c, patternRotate),
		suspend:  rpc.Call[appIDWire, appWire](c, patternSuspend),
		resume:   rpc.Call[appIDWire, appWire](c, patternResume),
		start:    rpc.Call[nothingWire, ticketWire](c, patternStart),
		finish:   rpc.Call[finishWire, nothingWire](c, patternFinish),
		withdraw: rpc.Call[withdrawWire, nothingWire](c, patternWithdraw),
	}
}

// RegisterApp adds an app.
func (c *Client) RegisterApp(ctx context.Context, r Registration) (Registered, error) {
	res, err := c.register(ctx, registerWire{
		ID: r.ID, Name: r.Name, Auth: r.Auth, Profile: r.Profile, RedirectURIs: r.RedirectURIs, InitiateURI: r.InitiateURI, Scopes: r.Scopes, JWKS: r.JWKS,
		Sector: r.Sector, LegalBases: r.LegalBases,
	})
	return Registered{res.App.app(), res.Secret}, err
}

// RotateApp replaces an app's credentials. The overlap counts in whole seconds.
func (c *Client) RotateApp(ctx context.Context, r Rotation) (Registered, error) {
	res, err := c.rotate(ctx, rotateWire{ID: r.ID, JWKS: r.JWKS, OverlapSeconds: int64(r.Overlap / time.Second)})
	return Registered{res.App.app(), res.Secret}, err
}

// App returns an app without its secrets' hashes.
func (c *Client) App(ctx context.Context, id string) (App, error) {
	res, err := c.show(ctx, appIDWire{id})
	return res.app(), err
}

// ListApps returns apps in the order of their ids, without their secrets' hashes.
func (c *Client) ListApps(ctx context.Context, after string, limit int) ([]App, error) {
	res, err := c.list(ctx, listWire{after, limit})
	apps := make([]App, len(res.Apps))
	for i, w := range res.Apps {
		apps[i] = w.app()
	}
	return apps, err
}

// SuspendApp stops an app.
func (c *Client) SuspendApp(ctx context.Context, id string) (App, error) {
	res, err := c.suspend(ctx, appIDWire{id})
	return res.app(), err
}

// ResumeApp undoes SuspendApp.
func (c *Client) ResumeApp(ctx context.Context, id string) (App, error) {
	res, err := c.resume(ctx, appIDWire{id})
	return res.app(), err
}

// StartMove answers a ticket for the account of the token's tenure.
func (c *Client) StartMove(ctx context.Context) (Ticket, error) {
	res, err := c.start(ctx, nothingWire{})
	return Ticket{res.Ticket, res.Expires}, err
}

// FinishMove moves the ticket's account to the token's tenure.
func (c *Client) FinishMove(ctx context.Context, ticket string, replace bool) error {
	_, err := c.finish(ctx, finishWire{ticket, replace})
	return err
}

// Withdraw takes back consent that the token's holder gave; the request's tenure does not count.
func (c *Client) Withdraw(ctx context.Context, req WithdrawReq) error {
	_, err := c.withdraw(ctx, withdrawWire{req.App, req.Everything, req.Purpose, req.Scopes})
	return err
}
