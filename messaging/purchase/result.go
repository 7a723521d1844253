package purchase

import (
	"encoding/base64"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/messaging/events"
)

// ResultType is the typ of a result's header.
const ResultType = "simtrust-purchase-result+jwt"

// Result is what a party is told of the end of a purchase: the claims of a JWS (RFC 7515, RFC 7519) by a key of the server's JWKS, ES256.
type Result struct {
	jwt.RegisteredClaims        // iss, aud: the party, iat, jti
	Order                string `json:"order"`
	Purchase             string `json:"purchase"`
	Amount               string `json:"amount"`
	Currency             string `json:"currency"`
	// RequestSHA256 is of the party's request as it was carried, base64url without padding: with it everything that the party signed.
	RequestSHA256 string `json:"request_sha256"`
	// SIMAbove is the amount above which the SIM had to confirm, in Currency; empty: it always had to.
	SIMAbove string `json:"sim_above,omitempty"`
	// Answer is the final state: confirmed, denied, expired or failed. Method is how the person answered, Cause why nobody did.
	Answer State  `json:"answer"`
	Method Method `json:"method,omitempty"`
	Cause  string `json:"cause,omitempty"`
	// Transaction is simshield's, whose receipt the party fetches itself.
	Transaction string    `json:"transaction,omitempty"`
	At          time.Time `json:"at"`
}

// sign makes the result of a purchase that ends.
func (s *Service) sign(p Purchase) (string, error) {
	return s.Signer.SignJWT(ResultType, Result{
		RegisteredClaims: jwt.RegisteredClaims{Issuer: s.Issuer, Audience: jwt.ClaimStrings{p.Party}, IssuedAt: jwt.NewNumericDate(p.Ended),
			ID: simtrust.NewID("res")},
		Order: p.Order, Purchase: p.ID, Amount: p.Amount, Currency: p.Currency, RequestSHA256: base64.RawURLEncoding.EncodeToString(p.requestSHA256),
		SIMAbove: p.simAbove, Answer: p.State, Method: p.Method, Cause: p.Cause, Transaction: p.Transaction, At: p.Ended,
	})
}

// EventAnswered is the type of the event that has a result.
const EventAnswered = "purchase.answered"

// AnsweredEvent is what a chatbot's people are told of the end of a purchase.
type AnsweredEvent struct {
	Purchase    string `json:"purchase"`
	Order       string `json:"order"`
	State       State  `json:"state"`
	Method      Method `json:"method,omitempty"`
	Cause       string `json:"cause,omitempty"`
	Transaction string `json:"transaction,omitempty"`
	Result      string `json:"result"`
}

func answered(p Purchase) events.Event {
	return events.Event{Chatbot: p.Chatbot, Type: EventAnswered, At: p.Ended, Data: AnsweredEvent{p.ID, p.Order, p.State, p.Method, p.Cause,
		p.Transaction, p.Result}}
}
