package simshield

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/simshield/applet"
)

// RequestType is the typ header of a party's signed request.
const RequestType = "simshield-request+jwt"

const (
	maxRequest = 16 << 10
	maxRef     = 64
	leeway     = 30 * time.Second
	// requestLife bounds the claims iat to exp of a request: it is sent when it is made.
	requestLife = 5 * time.Minute
)

// request is what a party asks, as its signed request says it: a compact JWS (RFC 7515) with these claims. Names count to the letter,
// unknown and repeated ones are refused, so that no two readers can disagree.
type request struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	// Order is the party's own id of the transaction.
	Order       string         `json:"order"`
	PhoneNumber string         `json:"phone_number"`
	Application string         `json:"application,omitzero"` // bank, eid, enterprise; default bank
	Customer    string         `json:"customer,omitzero"`
	Language    string         `json:"language,omitzero"` // zh, en; default zh
	NotAfter    time.Time      `json:"not_after,omitzero"`
	Transfer    *transferClaim `json:"transfer,omitzero"`
	Document    *documentClaim `json:"document,omitzero"`
	Login       *loginClaim    `json:"login,omitzero"`
}

type transferClaim struct {
	PayeeName    string      `json:"payee_name,omitzero"`
	PayeeAccount string      `json:"payee_account,omitzero"`
	Amount       string      `json:"amount"`
	Currency     string      `json:"currency"`
	Memo         string      `json:"memo,omitzero"`
	Time         time.Time   `json:"time"`
	Batch        *batchClaim `json:"batch,omitzero"`
	OwnAccount   bool        `json:"own_account,omitzero"`
	Unit         bool        `json:"unit,omitzero"`
	// OtherChannels is the sum of the customer's transfers that day by the bank's other channels.
	OtherChannels string `json:"other_channels,omitzero"`
}

type batchClaim struct {
	Count  uint32 `json:"count"`
	SHA256 []byte `json:"sha256"`
}

type documentClaim struct {
	Title         string `json:"title"`
	HashAlgorithm string `json:"hash_algorithm"`
	Hash          []byte `json:"hash"`
}

type loginClaim struct {
	Challenge []byte `json:"challenge"`
}

// UnmarshalJSON decodes strictly where golang-jwt would not.
func (r *request) UnmarshalJSON(text []byte) error {
	type plain request
	return json.Unmarshal(text, (*plain)(r), json.RejectUnknownMembers(true))
}

// golang-jwt is told to leave the claims to [request.check].

func (r *request) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (r *request) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (r *request) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (r *request) GetIssuer() (string, error)                   { return r.Issuer, nil }
func (r *request) GetSubject() (string, error)                  { return "", nil }
func (r *request) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{r.Audience}, nil }

// readRequest verifies a party's request.
func (s *Service) readRequest(p Party, text string, now time.Time) (*request, error) {
	if len(text) > maxRequest {
		return nil, invalid(ReasonRequest, "the request is longer than %d octets", maxRequest)
	}
	keys, err := s.clients.Of(p.ID, p.JWKS)
	if err != nil {
		return nil, errUnsigned
	}
	r := &request{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256", "PS256"}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	token, err := parser.ParseWithClaims(text, r, keys.Keyfunc)
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, invalid(ReasonRequest, "the request is not a compact JWS of the claims that are known: %s", claimsFault(text))
	case err != nil:
		return nil, errUnsigned
	case token.Header["typ"] != RequestType:
		return nil, invalid(ReasonRequest, "the typ of the request is not %s", RequestType)
	}
	return r, r.check(p.ID, s.audience, now)
}

// claimsFault says what is wrong with the claims, without repeating any value.
func claimsFault(text string) string {
	token, _, err := jwt.NewParser().ParseUnverified(text, jwt.MapClaims{})
	if token == nil || err != nil {
		return "not three parts of base64url with JSON"
	}
	return "a claim is unknown, twice there, or of another type"
}

func (r *request) check(party, audience string, now time.Time) error {
	issued, expires := time.Unix(r.Issued, 0), time.Unix(r.Expires, 0)
	subjects := 0
	for _, there := range []bool{r.Transfer != nil, r.Document != nil, r.Login != nil} {
		if there {
			subjects++
		}
	}
	switch {
	case r.Issuer != party:
		return invalid(ReasonRequest, "iss is not the client that asks")
	case r.Audience != audience:
		return invalid(ReasonRequest, "aud is not this server")
	case r.Issued == 0 || issued.After(now.Add(leeway)):
		return invalid(ReasonRequest, "iat is missing or in the future")
	case !expires.After(now) || expires.Sub(issued) > requestLife:
		return invalid(ReasonRequest, "exp is missing, past, or more than %s after iat", requestLife)
	case r.Order == "" || len(r.Order) > maxRef:
		return invalid(ReasonRequest, "order: 1 to %d octets", maxRef)
	case len(r.Customer) > maxRef:
		return invalid(ReasonRequest, "customer: up to %d octets", maxRef)
	case subjects != 1:
		return invalid(ReasonRequest, "exactly one of transfer, document and login")
	case r.Transfer != nil && r.Customer == "":
		return invalid(ReasonRequest, "customer: the account that a transfer is from is missing")
	}
	return nil
}

// subject is what the request is about, in the words of the card.
func (r *request) subject() (applet.Subject, error) {
	switch {
	case r.Transfer != nil:
		return r.Transfer.transfer(r.Order)
	case r.Document != nil:
		h, ok := applet.ParseHashAlgorithm(r.Document.HashAlgorithm)
		if !ok {
			return nil, invalid(ReasonRequest, "document.hash_algorithm is none that is known")
		}
		return applet.Document{Title: r.Document.Title, Algorithm: h, Hash: r.Document.Hash}, nil
	default:
		return applet.Login{Challenge: r.Login.Challenge}, nil
	}
}

func (c *transferClaim) transfer(order string) (applet.Transfer, error) {
	amount, err := applet.ParseAmount(c.Amount, c.Currency)
	if err != nil {
		return applet.Transfer{}, err
	}
	t := applet.Transfer{Order: order, PayeeName: c.PayeeName, PayeeAccount: c.PayeeAccount, Amount: amount, Memo: c.Memo, Time: c.Time}
	if c.Batch != nil {
		if len(c.Batch.SHA256) != sha256.Size {
			return t, invalid(ReasonRequest, "transfer.batch.sha256 is not a SHA-256")
		}
		t.Batch = &applet.Batch{Count: c.Batch.Count, List: [sha256.Size]byte(c.Batch.SHA256)}
	}
	return t, nil
}

// payment is the transfer as the policy looks at it.
func (c *transferClaim) payment(amount applet.Amount, now time.Time) (payment, error) {
	p := payment{amount: amount.Minor, currency: amount.Currency, own: c.OwnAccount, unit: c.Unit, at: now}
	if c.OtherChannels != "" {
		others, err := applet.ParseAmount(c.OtherChannels, c.Currency)
		if err != nil {
			return p, invalid(ReasonRequest, "transfer.other_channels is not an amount")
		}
		p.others = others.Minor
	}
	if p.amount <= 0 || p.amount > math.MaxInt64/4 || p.others > math.MaxInt64/4 {
		return p, invalid(ReasonRequest, "transfer.amount is not one that is transferred")
	}
	return p, nil
}

// application is the applet that is asked.
func (r *request) application() (applet.Application, error) {
	if r.Application == "" {
		return applet.Bank, nil
	}
	a, ok := applet.ParseApplication(r.Application)
	if !ok {
		return a, invalid(ReasonRequest, "application: bank, eid or enterprise")
	}
	return a, nil
}

func (r *request) language() (applet.Language, error) {
	if r.Language == "" {
		return applet.Chinese, nil
	}
	l, ok := applet.ParseLanguage(r.Language)
	if !ok {
		return l, invalid(ReasonRequest, "language: zh or en")
	}
	return l, nil
}

// digest tells whether two requests under one order are the same. The claims about the request itself are not in it: a party that
// repeats a request may sign it anew.
func (r request) digest() []byte {
	r.Issued, r.Expires = 0, 0
	text, err := json.Marshal(&r, json.Deterministic(true))
	if err != nil {
		panic(err) // of a struct that was decoded from JSON
	}
	sum := sha256.Sum256(text)
	return sum[:]
}

func invalid(reason, format string, args ...any) error {
	return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: reason, Msg: fmt.Sprintf(format, args...)}
}

var errUnsigned = &simtrust.Error{Kind: simtrust.KindUnauthenticated, Reason: ReasonRequestKey,
	Msg: "the request is not signed by a key that the client has registered (ES256 or PS256)"}
