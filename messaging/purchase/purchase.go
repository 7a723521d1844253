package purchase

import (
	"crypto/sha256"
	"encoding/json"
	"time"

	"simtrust"
	"simtrust/simshield"
	"simtrust/simshield/request"
)

// Purchase is a transfer that a person was asked about by a chatbot's message.
type Purchase struct {
	ID, Chatbot string
	// Party is whose request it is, Order the party's own id.
	Party, Order string
	// Message is the notice.
	Message string
	Standing
	Amount, Currency string
	// Transaction is the one on the SIM; empty: the SIM was not asked.
	Transaction string
	// Result is what the party is told of the end, signed; empty before.
	Result                  string
	Created, Expires, Ended time.Time // Ended is zero before the end

	tenure        simtrust.TenureID
	simSince      time.Time
	needsSIM      bool
	simAbove      string // the amount above which it does; empty: always
	language      string // zh or en; empty: zh
	request       string
	requestSHA256 []byte
	digest        []byte // of what was asked
	claims        []byte // digest of the request's claims
	due           time.Time
}

// AskReq asks a person about a purchase.
type AskReq struct {
	Client, Chatbot string
	// Request is the party's, signed; see package simshield/request.
	Request string
	// SIMAbove is the amount above which the SIM must confirm, in the currency of the purchase; empty: the operator's.
	SIMAbove string
	// Title and Text stand above the facts; both may be empty.
	Title, Text string
	// Language is zh or en; empty: zh.
	Language string
	// HoldBack holds the notice back from who got another SIM within this time.
	HoldBack time.Duration
}

// digest tells apart what comes under one order. That the party signed it anew makes no difference.
func (r AskReq) digest(claims request.Request) []byte {
	text, err := json.Marshal([]any{r.Chatbot, claims.Digest(), r.SIMAbove, r.Title, r.Text, r.Language, r.HoldBack})
	if err != nil {
		panic(err) // of strings, octets and a number
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

// transaction names the one on the SIM, whether there is one or not.
func (p Purchase) transaction() simshield.Relayed {
	return simshield.Relayed{Party: p.Party, Order: p.Order, Digest: p.claims, Tenure: p.tenure}
}

// late says that the time to answer is over.
func (p Purchase) late(now time.Time) bool { return !p.Expires.After(now) }

// expiry is until when the party's request lets a person answer.
func expiry(r request.Request) time.Time {
	end := time.Unix(r.Expires, 0).UTC()
	if !r.NotAfter.IsZero() && r.NotAfter.Before(end) {
		end = r.NotAfter.UTC().Truncate(time.Millisecond)
	}
	return end
}
