package tlog

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/transparency-dev/tessera/client"

	"simtrust/ca"
	"simtrust/internal/rpc"
)

// Client reads the log of a server, and its audit chain.
type Client struct {
	*client.HTTPFetcher
	base  string
	http  *http.Client
	audit func(context.Context, afterWire) (chainWire, error)
	proof func(context.Context, proofWire) (Proof, error)
}

// NewClient returns the log of the server at base; api is the same server's own API.
func NewClient(base string, hc *http.Client, api *rpc.Client) (*Client, error) {
	base = strings.TrimSuffix(base, "/")
	root, err := url.Parse(base + Path + "/")
	if err != nil {
		return nil, err
	}
	fetcher, err := client.NewHTTPFetcher(root, hc)
	if err != nil {
		return nil, err
	}
	return &Client{HTTPFetcher: fetcher, base: base, http: hc, audit: rpc.Call[afterWire, chainWire](api, patternAudit),
		proof: rpc.Call[proofWire, Proof](api, patternProof)}, nil
}

// maxKey is far more than a verifier key has.
const maxKey = 4096

// VerifierKey fetches the key that the server says it has. Whoever does not trust the server for that has it from elsewhere.
func (c *Client) VerifierKey(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+pathKey, nil)
	if err != nil {
		return "", err
	}
	res, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(res.Body, maxKey))
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("the server has no log: it answers %s to %s", res.Status, pathKey)
	}
	return strings.TrimSpace(string(text)), err
}

// Proof returns the proof of inclusion of a certificate as the server gives it, to be verified. Errors are those of [Service.Proof].
func (c *Client) Proof(ctx context.Context, certificate string) (Proof, error) {
	return c.proof(ctx, proofWire{Certificate: certificate})
}

// Audit returns the links of the chain after a sequence number, and the chain's end.
func (c *Client) Audit(ctx context.Context, after int64) (links []ca.AuditEntry, size int64, head []byte, err error) {
	res, err := c.audit(ctx, afterWire{after})
	for _, l := range res.Entries {
		links = append(links, l.entry())
	}
	return links, res.Size, res.Hash, err
}

// pause waits, unless ctx ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
