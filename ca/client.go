package ca

import (
	"context"
	"encoding/pem"
	"time"

	"simtrust/internal/rpc"
)

// Client is the module over HTTP. Its methods have the errors of the [Service] methods of the same names; who asks is whom the
// client's token names.
type Client struct {
	authorise func(context.Context, authoriseWire) (tokenWire, error)
	issue     func(context.Context, issueWire) (certificateWire, error)
	show      func(context.Context, idWire) (certificateWire, error)
	search    func(context.Context, searchWire) (foundWire, error)
	revoke    func(context.Context, revokeWire) (certificateWire, error)
	bulk      func(context.Context, bulkWire) (jobWire, error)
	job       func(context.Context, idWire) (jobWire, error)
	block     func(context.Context, blockWire) (nothingWire, error)
}

// NewClient returns the module of the server behind c.
func NewClient(c *rpc.Client) *Client {
	return &Client{
		authorise: rpc.Call[authoriseWire, tokenWire](c, patternAuthorise),
		issue:     rpc.Call[issueWire, certificateWire](c, patternIssue),
		show:      rpc.Call[idWire, certificateWire](c, patternShow),
		search:    rpc.Call[searchWire, foundWire](c, patternSearch),
		revoke:    rpc.Call[revokeWire, certificateWire](c, patternRevoke),
		bulk:      rpc.Call[bulkWire, jobWire](c, patternBulk),
		job:       rpc.Call[idWire, jobWire](c, patternJob),
		block:     rpc.Call[blockWire, nothingWire](c, patternBlock),
	}
}

// Authorise makes a single-use token. Its life counts in whole seconds.
func (c *Client) Authorise(ctx context.Context, req AuthoriseReq) (Token, error) {
	a := req.Authorisation
	res, err := c.authorise(ctx, authoriseWire{
		Profile: a.Profile, Issuer: a.Issuer, Subject: a.Subject, SANs: a.SANs, Tenure: string(a.Tenure), RelyingParty: a.RelyingParty,
		NotAfter: a.NotAfter, LifeSeconds: int64(req.Life / time.Second),
	})
	return Token{res.Token, res.Expires}, err
}

// Redeem issues what a token authorises.
func (c *Client) Redeem(ctx context.Context, req RedeemReq) (Certificate, error) {
	csr := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: req.CSR})
	res, err := c.issue(ctx, issueWire{Token: req.Token, Profile: req.Profile, CSR: string(csr), RequestKey: req.RequestKey})
	return res.certificate(), err
}

// Certificate returns a row of the register.
func (c *Client) Certificate(ctx context.Context, id string) (Certificate, error) {
	res, err := c.show(ctx, idWire{id})
	return res.certificate(), err
}

// Search lists certificates in the order they were made.
func (c *Client) Search(ctx context.Context, q Query, p Page) (found []Certificate, next string, err error) {
	res, err := c.search(ctx, searchWire{q, p.After, p.Limit})
	found = make([]Certificate, len(res.Certificates))
	for i, w := range res.Certificates {
		found[i] = w.certificate()
	}
	return found, res.Next, err
}

// Revoke revokes a certificate.
func (c *Client) Revoke(ctx context.Context, req RevokeReq) (Certificate, error) {
	if req.ID == "" {
		req.ID = CertificateID(req.Issuer, req.Serial)
	}
	res, err := c.revoke(ctx, revokeWire{req.ID, req.Reason})
	return res.certificate(), err
}

// RevokeAll starts a bulk revocation.
func (c *Client) RevokeAll(ctx context.Context, req BulkReq) (Job, error) {
	res, err := c.bulk(ctx, bulkWire{req.Query, req.Reason})
	return res.job(), err
}

// BulkJob returns a bulk revocation.
func (c *Client) BulkJob(ctx context.Context, id string) (Job, error) {
	res, err := c.job(ctx, idWire{id})
	return res.job(), err
}

// BlockKey blocks a key for ever and revokes every certificate for it.
func (c *Client) BlockKey(ctx context.Context, spki [32]byte, cause string) error {
	_, err := c.block(ctx, blockWire{keyText(spki), cause})
	return err
}

// Local returns the operation that shows a certificate, for a consumer in the same process.
func Local(r *rpc.Router, credential string) func(ctx context.Context, id string) (Certificate, error) {
	show := rpc.Local[idWire, certificateWire](r, "ca.show", credential)
	return func(ctx context.Context, id string) (Certificate, error) {
		res, err := show(ctx, idWire{id})
		return res.certificate(), err
	}
}
