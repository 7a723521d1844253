package csp

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The headers of a callback.
const (
	HeaderSignature = "signature"
	HeaderTimestamp = "timestamp" // seconds since 1970
	HeaderNonce     = "nonce"     // a UUID
	HeaderEcho      = "echoStr"   // of the check of a notifyURL; it comes back, in the answer's header or body
	HeaderChatbot   = "chatbotId"
	HeaderAppID     = "appId" // of the answer to the check
)

// Paths below a notifyURL. {chatbotId} is a sip URI.
const (
	PathCheck   = "/check"
	PathInbound = "/messageNotification/{chatbotId}/messages"
	PathStatus  = "/deliveryNotification/{chatbotId}/status"
	PathChanged = "/notifyInfoNotification/{chatbotId}/notice/informationChange"
	PathSpam    = "/notifyInfoNotification/{chatbotId}/notice/rcsspam"
)

// ErrCallback is the error of Verify.
var ErrCallback = errors.New("the callback is not signed with the token")

// Callback is what the signature of a callback covers. Whether the time is current and the nonce new is the receiver's to say.
type Callback struct {
	Time  time.Time
	Nonce string
}

// Sign is the signature of a callback: the hexadecimal SHA-256 of the token, the timestamp and the nonce, sorted as texts and joined.
func Sign(token, timestamp, nonce string) string {
	words := []string{token, timestamp, nonce}
	slices.Sort(words)
	sum := sha256.Sum256([]byte(strings.Join(words, "")))
	return hex.EncodeToString(sum[:])
}

// SetHeaders signs a callback to a chatbot, which goes out at a time.
func SetHeaders(h http.Header, token, chatbot string, at time.Time, nonce string) {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(HeaderTimestamp, timestamp)
	h.Set(HeaderNonce, nonce)
	h.Set(HeaderSignature, Sign(token, timestamp, nonce))
	h.Set(HeaderChatbot, chatbot)
}

const (
	maxNonce   = 64 // longer than a UUID in any form
	timeDigits = 10 // until 2286
)

// Verify reads the headers of a callback. One that is there twice counts as forged. Since the three texts are joined without a separator,
// the timestamp has ten digits: else one might go over to the nonce, and the same signature would stand for another nonce.
func Verify(h http.Header, token string) (Callback, error) {
	signature, timestamp, nonce := alone(h, HeaderSignature), alone(h, HeaderTimestamp), alone(h, HeaderNonce)
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case token == "" || nonce == "" || len(nonce) > maxNonce:
		return Callback{}, ErrCallback
	case err != nil || len(timestamp) != timeDigits || timestamp[0] < '1':
		return Callback{}, ErrCallback
	case subtle.ConstantTimeCompare([]byte(strings.ToLower(signature)), []byte(Sign(token, timestamp, nonce))) != 1:
		return Callback{}, ErrCallback
	}
	return Callback{Time: time.Unix(seconds, 0), Nonce: nonce}, nil
}

func alone(h http.Header, name string) string {
	if list := h.Values(name); len(list) == 1 {
		return list[0]
	}
	return ""
}
