package est

import (
	"context"
	"time"

	"simtrust/ca"
	"simtrust/internal/rpc"
)

// The JSON forms of the operations for credentials. No answer but that of making one holds a secret.
type (
	makeWire struct {
		Profile string     `json:"profile"`
		Names   []string   `json:"names"`
		Subject ca.Subject `json:"subject,omitzero"`
	}
	credentialWire struct {
		Username    string     `json:"username"`
		Profile     string     `json:"profile"`
		Names       []string   `json:"names"`
		Subject     ca.Subject `json:"subject,omitzero"`
		Created     time.Time  `json:"created"`
		CreatedBy   string     `json:"created_by"`
		LastUsed    time.Time  `json:"last_used,omitzero"`
		Withdrawn   time.Time  `json:"withdrawn,omitzero"`
		WithdrawnBy string     `json:"withdrawn_by,omitzero"`
	}
	madeWire struct {
		credentialWire
		Password string `json:"password"`
	}
	pageWire struct {
		After string `query:"after" json:"-"`
		Limit int    `query:"limit" json:"-"`
	}
	credentialsWire struct {
		Credentials []credentialWire `json:"credentials"`
		Next        string           `json:"next,omitzero"`
	}
	usernameWire struct {
		Username string `path:"username" json:"-"`
	}
	nothingWire struct{}
)

// Client is the officer's operations over HTTP. Its methods have the errors of the [Service] methods of the same names; who asks is
// whom the client's token names.
type Client struct {
	make     func(context.Context, makeWire) (madeWire, error)
	list     func(context.Context, pageWire) (credentialsWire, error)
	withdraw func(context.Context, usernameWire) (nothingWire, error)
}

// NewClient returns the operations of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		make:     rpc.Call[makeWire, madeWire](c, patternMake),
		list:     rpc.Call[pageWire, credentialsWire](c, patternList),
		withdraw: rpc.Call[usernameWire, nothingWire](c, patternWithdraw),
	}
}

// Make makes a credential and its password, which is shown here alone.
func (c *Client) Make(ctx context.Context, req MakeReq) (Credential, string, error) {
	made, err := c.make(ctx, makeWire{req.Profile, req.Names, req.Subject})
	return Credential(made.credentialWire), made.Password, err
}

// Credentials lists a page of credentials.
func (c *Client) Credentials(ctx context.Context, p ca.Page) (list []Credential, next string, err error) {
	res, err := c.list(ctx, pageWire{p.After, p.Limit})
	for _, w := range res.Credentials {
		list = append(list, Credential(w))
	}
	return list, res.Next, err
}

// Withdraw ends a credential.
func (c *Client) Withdraw(ctx context.Context, username string) error {
	_, err := c.withdraw(ctx, usernameWire{username})
	return err
}
