package rbm

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"time"

	"simtrust"
	"simtrust/messaging/events"
)

// Kind is that of webhooks in this form (events.Service.Speak).
const Kind events.Kind = "rbm"

const maxAnswer = 4 << 10

var _ events.Form = (*Service)(nil)

// Check implements events.Form: it sends the client token with a secret, which must come back.
func (s *Service) Check(ctx context.Context, chatbot, url string) error {
	token, err := s.Token(ctx, chatbot)
	if err != nil {
		return err
	}
	secret := rand.Text()
	body, err := json.Marshal(Check{ClientToken: token, Secret: secret})
	if err != nil {
		return err
	}
	echo, err := s.post(ctx, url, body, http.Header{TypeHeader: {TypeCheck}})
	if err != nil {
		return unchecked("the receiver did not answer the check with 200: see whether the URL is right and reachable from here")
	}
	if subtle.ConstantTimeCompare([]byte(secretOf(echo)), []byte(secret)) != 1 {
		return unchecked(`the receiver must answer the check with the secret that it got, as text or as {"secret":…}`)
	}
	return nil
}

func unchecked(msg string) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: events.ReasonUnchecked, Op: op, Msg: msg}
}

// secretOf reads the answer to a check.
func secretOf(answer []byte) string {
	var wire struct {
		Secret string `json:"secret"`
	}
	if json.Unmarshal(answer, &wire) == nil {
		return wire.Secret
	}
	return strings.TrimSpace(string(answer))
}

// Bring implements events.Form: a call for each event that has a form here.
func (s *Service) Bring(ctx context.Context, w events.Webhook, list []events.Entry) (acked int64, err error) {
	token, err := s.Token(ctx, w.Chatbot)
	if err != nil {
		return 0, err
	}
	keys, err := s.keys(ctx, list)
	if err != nil {
		return 0, err
	}
	for _, entry := range list {
		e, ok, err := s.told(ctx, w.Chatbot, entry, keys)
		if err == nil && ok {
			err = s.push(ctx, w, token, entry.ID, e)
		}
		if err != nil {
			return acked, err
		}
		acked = entry.Seq
	}
	return acked, nil
}

func (s *Service) push(ctx context.Context, w events.Webhook, token, id string, e Event) error {
	body, signature, err := Seal(token, e, PushMessage{MessageID: id, PublishTime: s.Now().UTC().Truncate(time.Millisecond),
		Attributes: map[string]string{"product": "RBM", "business_id": w.Chatbot}})
	if err != nil {
		return err
	}
	_, err = s.post(ctx, w.URL, body, http.Header{TypeHeader: {TypeEvent}, SignatureHeader: {signature}})
	return err
}

var errRefused = errors.New("the receiver did not acknowledge")

// post sends JSON; a receiver that takes it answers 2xx.
func (s *Service) post(ctx context.Context, url string, body []byte, headers http.Header) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header = headers
	req.Header.Set("Content-Type", "application/json")
	res, err := s.Out.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err == nil && res.StatusCode/100 != 2 {
		err = errRefused
	}
	return answer, err
}
