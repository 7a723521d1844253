package redenvelope

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// Callback is the operator's system behind an HTTP interface:
//
//	POST URL, Authorization: Bearer …
//	{"shares":[{"id","campaign","chatbot","kind","currency"|"unit","amount","tenure","number","claimed"}]}
//
// Any 2xx takes all of them down; number is absent where the person does not hold it any more.
type Callback struct {
	client     http.Client
	url, token string
}

var _ Fulfiller = (*Callback)(nil)

// NewCallback returns the interface at a URL. It follows no redirects.
func NewCallback(client *http.Client, url, token string) *Callback {
	c := &Callback{client: *client, url: url, token: token}
	c.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return c
}

type (
	paymentWire struct {
		ID       string `json:"id"`
		Campaign string `json:"campaign"`
		Chatbot  string `json:"chatbot"`
		assetWire
		Amount  int64     `json:"amount"`
		Tenure  string    `json:"tenure"`
		Number  string    `json:"number,omitempty"`
		Claimed time.Time `json:"claimed"`
	}
	paymentsWire struct {
		Shares []paymentWire `json:"shares"`
	}
)

// Fulfil implements Fulfiller.
func (c *Callback) Fulfil(ctx context.Context, list []Payment) error {
	w := paymentsWire{make([]paymentWire, len(list))}
	for i, p := range list {
		w.Shares[i] = paymentWire{ID: p.ID, Campaign: p.Campaign, Chatbot: p.Chatbot, assetWire: assetOf(p.Asset), Amount: p.Amount,
			Tenure: string(p.Tenure), Number: p.Number.E164(), Claimed: p.At}
	}
	body, err := json.Marshal(w)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.token)
	res, err := c.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 4<<10)) // so that the connection serves again
	if res.StatusCode/100 != 2 {
		return fmt.Errorf("the fulfilment answered %d", res.StatusCode)
	}
	return nil
}
