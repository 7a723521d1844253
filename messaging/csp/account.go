package csp

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"

	"simtrust"
)

// Credentials are what a chatbot uses the interface with. AppKey is kept as its SHA-256 only; CallbackToken signs what the chatbot is called
// with.
type Credentials struct {
	Chatbot, ServiceID string
	AppID, AppKey      string
	CallbackToken      string
}

// account is a chatbot that may use the interface.
type account struct {
	chatbot, serviceID, client string
	appID                      string
	appKey                     []byte
	serial                     int64
	tokenExpires               int64 // UTC milliseconds
}

// Issue gives a chatbot its credentials. Again it replaces all but AppID: the former key, the access token and the token of callbacks end.
// Errors: those of Chatbots.
func (s *Service) Issue(ctx context.Context, chatbot, by string) (Credentials, error) {
	bot, err := s.Chatbots.Chatbot(ctx, chatbot)
	if err != nil {
		return Credentials{}, err
	}
	key := newSecret()
	a := account{chatbot: bot.ID, serviceID: bot.ServiceID, client: bot.Client, appID: simtrust.NewID("app"), appKey: digest(key)}
	if a.appID, a.serial, err = s.keepAccount(ctx, a, by); err != nil {
		return Credentials{}, err
	}
	s.Log.InfoContext(ctx, "a chatbot was given credentials of the CSP interface", "chatbot", bot.ID, "by", by)
	return Credentials{Chatbot: bot.ID, ServiceID: bot.ServiceID, AppID: a.appID, AppKey: key, CallbackToken: s.callbackToken(a)}, nil
}

// callbackToken is the token that signs what a chatbot is called with. It is made, not kept: the store alone forges nothing.
func (s *Service) callbackToken(a account) string {
	mac := hmac.New(sha256.New, s.Key)
	mac.Write([]byte(a.chatbot + " " + strconv.FormatInt(a.serial, 10)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// newSecret is 256 random bits.
func newSecret() string {
	var b [32]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

func tokenDigest(token string) string { return hex.EncodeToString(digest(token)) }

const sip = "sip:"

// ServiceID is a chatbotId or an address of a chatbot in one form, in lower case and with the scheme, which some leave out.
func ServiceID(id string) string {
	id = strings.ToLower(id)
	if !strings.HasPrefix(id, sip) {
		id = sip + id
	}
	return id
}
