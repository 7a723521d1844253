package rbm

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
)

// Headers of a webhook's calls.
const (
	// SignatureHeader has the signature of an event.
	SignatureHeader = "X-Goog-Signature"
	// TypeHeader says what a call is: TypeCheck or TypeEvent.
	TypeHeader = "X-Goog-Webhook-Type"
	TypeCheck  = "verification"
	TypeEvent  = "message_callback"
)

// Push is the envelope of an event.
type Push struct {
	Message PushMessage `json:"message"`
	// Subscription names the webhook.
	Subscription string `json:"subscription,omitempty"`
}

// PushMessage carries the JSON of an event.
type PushMessage struct {
	Data        []byte            `json:"data"` // base64
	MessageID   string            `json:"messageId,omitempty"`
	PublishTime time.Time         `json:"publishTime,omitzero"`
	Attributes  map[string]string `json:"attributes,omitempty"`
}

// Check asks a webhook whether it wants an agent's events; it answers with the secret, alone as text or as {"secret": …}.
type Check struct {
	ClientToken string `json:"clientToken"`
	Secret      string `json:"secret"`
}

// Sign returns the signature of an event's octets: the base64 of their HMAC-SHA512 under the agent's clientToken.
func Sign(clientToken string, data []byte) string {
	h := hmac.New(sha512.New, []byte(clientToken))
	h.Write(data)
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// Verify compares in constant time. An empty clientToken verifies nothing.
func Verify(clientToken string, data []byte, signature string) bool {
	return clientToken != "" && hmac.Equal([]byte(signature), []byte(Sign(clientToken, data)))
}

// ErrSignature says that a call is not signed, or by another.
var ErrSignature = errors.New("the call is not signed with the client token")

// Seal puts an event into its envelope, and returns the body of the call and its signature.
func Seal(clientToken string, e Event, m PushMessage) (body []byte, signature string, err error) {
	if m.Data, err = jsonv2.Marshal(e); err != nil {
		return nil, "", err
	}
	body, err = json.Marshal(Push{Message: m})
	return body, Sign(clientToken, m.Data), err
}

// Open reads a call: nothing of it is believed before its signature is right. Errors: [ErrSignature]; a *FieldError for what is no event.
// A sender may add members that are not known here.
func Open(clientToken string, body []byte, signature string) (e Event, m PushMessage, err error) {
	var p Push
	if err := jsonv2.Unmarshal(body, &p); err != nil {
		return e, m, refused("", "is not the JSON of a call")
	}
	if !Verify(clientToken, p.Message.Data, signature) {
		return e, m, ErrSignature
	}
	if err := jsonv2.Unmarshal(p.Message.Data, &e); err != nil {
		return Event{}, m, refused("message.data", "is not the JSON of an event")
	}
	return e, p.Message, nil
}
