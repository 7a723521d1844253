package agent

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"simtrust/simshield/bip/session"
)

var (
	errInterrupted = errors.New("agent: the card has an answer to bring")
	errRefused     = errors.New("agent: the server refuses the request for good")
)

// ask sends a request. One without a response ends with errInterrupted when there is a further answer: the server holds such requests.
func (a *Agent) ask(ctx context.Context, to *url.URL, response []byte, further <-chan struct{}) (session.Answer, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	if response == nil {
		go func() {
			select {
			case <-further:
				stop(errInterrupted)
			case <-ctx.Done():
			}
		}()
	}
	got, err := a.exchange(ctx, to, response)
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) {
		err = errInterrupted
	}
	return got, err
}

func (a *Agent) exchange(ctx context.Context, to *url.URL, response []byte) (session.Answer, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(response))
	if err != nil {
		return session.Answer{}, err
	}
	a.request(response).Put(req.Header)
	res, err := a.Client.Do(req)
	if err != nil {
		return session.Answer{}, err
	}
	defer res.Body.Close()
	switch {
	case res.StatusCode == http.StatusOK, res.StatusCode == http.StatusNoContent:
		return session.ReadAnswer(res)
	case res.StatusCode >= 400 && res.StatusCode < 500 && res.StatusCode != http.StatusTooManyRequests:
		return session.Answer{}, errRefused
	default:
		return session.Answer{}, fmt.Errorf("agent: the server answered %d", res.StatusCode)
	}
}

func (a *Agent) request(response []byte) session.Request {
	req := session.Request{ICCID: a.ICCID, Resume: a.resume, Response: response}
	switch {
	case response != nil:
		req.Status = session.OK
	case a.card.refused:
		req.Status = session.SecurityError
	}
	return req
}
