package simshield

import (
	"context"
	"encoding/json"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
	"simtrust/simshield/applet"
)

// Client is a party's view of the module on another machine. Its methods are those of Service, for the party whose token it has; their
// errors have the same Kind and Reason.
type Client struct {
	confirm      func(context.Context, confirmWire) (transactionWire, error)
	transaction  func(context.Context, transactionIDWire) (transactionWire, error)
	cancel       func(context.Context, transactionIDWire) (transactionWire, error)
	receipt      func(context.Context, transactionIDWire) (json.RawMessage, error)
	register     func(context.Context, registerWire) (registrationWire, error)
	registration func(context.Context, registrationIDWire) (registrationWire, error)
	withdraw     func(context.Context, registrationIDWire) (registrationWire, error)
	approve      func(context.Context, registrationIDWire) (registrationWire, error)
	suspend      func(context.Context, numberWire) (nothingWire, error)
	resume       func(context.Context, numberWire) (nothingWire, error)
}

// NewClient returns the module behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		confirm:      rpc.Call[confirmWire, transactionWire](c, patternConfirm),
		transaction:  rpc.Call[transactionIDWire, transactionWire](c, patternTransaction),
		cancel:       rpc.Call[transactionIDWire, transactionWire](c, patternCancel),
		receipt:      rpc.Call[transactionIDWire, json.RawMessage](c, patternReceipt),
		register:     rpc.Call[registerWire, registrationWire](c, patternRegister),
		registration: rpc.Call[registrationIDWire, registrationWire](c, patternRegistration),
		withdraw:     rpc.Call[registrationIDWire, registrationWire](c, patternWithdraw),
		approve:      rpc.Call[registrationIDWire, registrationWire](c, patternApprove),
		suspend:      rpc.Call[numberWire, nothingWire](c, patternSuspend),
		resume:       rpc.Call[numberWire, nothingWire](c, patternResume),
	}
}

// Confirm asks for what a signed request says.
func (c *Client) Confirm(ctx context.Context, signed string) (Transaction, error) {
	w, err := c.confirm(ctx, confirmWire{signed})
	return w.transaction(), err
}

// Wait returns a transaction when it has ended, or as it stands after a while of up to 30 s.
func (c *Client) Wait(ctx context.Context, id string, while time.Duration) (Transaction, error) {
	w, err := c.transaction(ctx, transactionIDWire{ID: id, WaitSeconds: int(while / time.Second)})
	return w.transaction(), err
}

// Cancel takes a transaction back.
func (c *Client) Cancel(ctx context.Context, id string) (Transaction, error) {
	w, err := c.cancel(ctx, transactionIDWire{ID: id})
	return w.transaction(), err
}

// Receipt returns the evidence of a signed transaction.
func (c *Client) Receipt(ctx context.Context, id string) ([]byte, error) {
	return c.receipt(ctx, transactionIDWire{ID: id})
}

// Register opens a registration; req.Party is the party of the token whatever it says.
func (c *Client) Register(ctx context.Context, req RegisterReq) (Registration, error) {
	w := registerWire{PhoneNumber: req.Number.E164(), Application: req.Application.String(), Algorithm: req.Algorithm.String(), Identified: req.Identified,
		Subject: req.Subject, NationalID: req.NationalID}
	for _, k := range req.Kinds {
		w.Kinds = append(w.Kinds, k.String())
	}
	r, err := c.register(ctx, w)
	return r.registration(), err
}

// Registration returns a registration.
func (c *Client) Registration(ctx context.Context, id string) (Registration, error) {
	r, err := c.registration(ctx, registrationIDWire{id})
	return r.registration(), err
}

// CancelRegistration takes a registration back.
func (c *Client) CancelRegistration(ctx context.Context, id string) (Registration, error) {
	r, err := c.withdraw(ctx, registrationIDWire{id})
	return r.registration(), err
}

// Approve counts an approval of a registration that awaits two; the operator is the client of the token.
func (c *Client) Approve(ctx context.Context, id string) (Registration, error) {
	r, err := c.approve(ctx, registrationIDWire{id})
	return r.registration(), err
}

// Suspend stops all keys of a number's holder at once.
func (c *Client) Suspend(ctx context.Context, n simtrust.Number) error {
	_, err := c.suspend(ctx, numberWire{n.E164()})
	return err
}

// Resume ends a suspension of the keys that the party registered.
func (c *Client) Resume(ctx context.Context, n simtrust.Number) error {
	_, err := c.resume(ctx, numberWire{n.E164()})
	return err
}

func (w transactionWire) transaction() Transaction {
	t := Transaction{ID: w.ID, Ref: w.Order, State: w.State, Cause: w.Cause, Code: w.VerificationCode, Created: w.Created, Expires: w.Expires}
	t.Kind, _ = applet.ParseKind(w.Kind)
	if w.Ended != nil {
		t.Ended = *w.Ended
	}
	return t
}

func (w registrationWire) registration() Registration {
	r := Registration{ID: w.ID, State: w.State, Cause: w.Cause, Reason: w.Reason, Code: w.Code, Expires: w.Expires, Certificates: map[applet.Kind]string{}}
	for name, id := range w.Certificates {
		kind, _ := applet.ParseKind(name)
		r.Certificates[kind] = id
	}
	return r
}
