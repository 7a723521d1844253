package document

import (
	"context"
	"time"

	"simtrust/internal/rpc"
	"simtrust/simshield"
)

// Client is a party's view of the module on another machine. Its methods are those of Service, for the party whose token it has; their
// errors have the same Kind and Reason.
type Client struct {
	start    func(context.Context, startWire) (documentWire, error)
	document func(context.Context, idWire) (documentWire, error)
	remove   func(context.Context, idWire) (nothingWire, error)
}

// NewClient returns the module behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		start:    rpc.Call[startWire, documentWire](c, patternStart),
		document: rpc.Call[idWire, documentWire](c, patternDocument),
		remove:   rpc.Call[idWire, nothingWire](c, patternRemove),
	}
}

// Start asks a person to sign a document.
func (c *Client) Start(ctx context.Context, o Order) (Document, error) {
	w := startWire{PhoneNumber: o.Number.E164(), Order: o.Order, Title: o.Title, Format: o.Format, Application: o.Application.String(),
		Language: o.Language.String(), NationalID: o.NationalID, Content: o.Content, Hash: o.Hash, Detached: o.Detached, MediaType: o.MediaType}
	if o.Hash != nil {
		w.HashAlgorithm = o.Algorithm.String()
	}
	d, err := c.start(ctx, w)
	return d.document(), err
}

// Document returns a document when the person has answered, or as it stands after a while of up to 30 s.
func (c *Client) Document(ctx context.Context, id string, while time.Duration) (Document, error) {
	d, err := c.document(ctx, idWire{ID: id, WaitSeconds: int(while / time.Second)})
	return d.document(), err
}

// Remove cancels what is open about a document, and forgets what is kept of it.
func (c *Client) Remove(ctx context.Context, id string) error {
	_, err := c.remove(ctx, idWire{ID: id})
	return err
}

func (w documentWire) document() Document {
	return Document{ID: w.ID, Title: w.Title, Format: w.Format, Order: w.Order, MediaType: w.MediaType, Signed: w.Document,
		Transaction: simshield.Transaction{ID: w.Transaction, State: w.State, Cause: w.Cause, Code: w.VerificationCode, Expires: w.Expires}}
}
