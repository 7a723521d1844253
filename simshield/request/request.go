// Package request is what a party asks to have confirmed: the claims of its signed request, a compact JWS (RFC 7515). The server reads it
// when it comes, and the verifier of a receipt years later, by the same code.
package request

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust/simshield/applet"
)

// Type is the typ header of a request.
const Type = "simshield-request+jwt"

// Errors of Read.
var (
	// ErrMalformed reports what is no compact JWS of this type with these claims; the text says what is wrong and repeats no value.
	ErrMalformed = errors.New("malformed request")
	// ErrUnsigned reports a signature that is not by one of the keys.
	ErrUnsigned = errors.New("request not signed by a key of the party")
)

// Request is a party's request. Names of claims count to the letter, unknown and repeated ones are refused, so that no two readers can
// disagree: one that is unknown would be something that the party asked and the person did not see.
type Request struct {
	Issuer   string `json:"iss"` // the party
	Audience string `json:"aud"`
	Issued   int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	// Order is the party's own id of the transaction.
	Order       string    `json:"order"`
	PhoneNumber string    `json:"phone_number"`
	Application string    `json:"application,omitzero"` // bank, eid, enterprise; default bank
	Customer    string    `json:"customer,omitzero"`    // the account that a transfer is from
	Language    string    `json:"language,omitzero"`    // zh, en; default zh
	NotAfter    time.Time `json:"not_after,omitzero"`
	// Exactly one of these is there.
	Transfer *Transfer `json:"transfer,omitzero"`
	Document *Document `json:"document,omitzero"`
	Login    *Login    `json:"login,omitzero"`
}

// Transfer is a payment, or a batch of them: then without a payee.
type Transfer struct {
	PayeeName    string    `json:"payee_name,omitzero"`
	PayeeAccount string    `json:"payee_account,omitzero"`
	Amount       string    `json:"amount"` // such as 48000.00
	Currency     string    `json:"currency"`
	Memo         string    `json:"memo,omitzero"`
	Time         time.Time `json:"time"`
	Batch        *Batch    `json:"batch,omitzero"`
	// OwnAccount: between the customer's own accounts in the same bank. Unit: the customer is an organisation.
	OwnAccount bool `json:"own_account,omitzero"`
	Unit       bool `json:"unit,omitzero"`
	// OtherChannels is the sum of the customer's transfers that day by the bank's other channels.
	OtherChannels string `json:"other_channels,omitzero"`
}

// Batch is a list of payees: how many, and the SHA-256 of the list in the form that bank and customer agreed on.
type Batch struct {
	Count  uint32 `json:"count"`
	SHA256 []byte `json:"sha256"`
}

// Document is a document to be signed.
type Document struct {
	Title         string `json:"title"`
	HashAlgorithm string `json:"hash_algorithm"`
	Hash          []byte `json:"hash"`
}

// Login is a proof of presence.
type Login struct {
	Challenge []byte `json:"challenge"`
}

// UnmarshalJSON decodes strictly where golang-jwt would not.
func (r *Request) UnmarshalJSON(text []byte) error {
	type plain Request
	if err := json.Unmarshal(text, (*plain)(r), json.RejectUnknownMembers(true)); err != nil {
		return errClaims
	}
	return nil
}

var errClaims = errors.New("a claim is unknown, twice there, or of another type")

// golang-jwt is told to leave the claims to the reader.

func (r *Request) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (r *Request) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (r *Request) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (r *Request) GetIssuer() (string, error)                   { return r.Issuer, nil }
func (r *Request) GetSubject() (string, error)                  { return "", nil }
func (r *Request) GetAudience() (jwt.ClaimStrings, error)       { return jwt.ClaimStrings{r.Audience}, nil }

// Read reads a request that is signed by a key which keys finds, under ES256 or PS256. The errors are ErrMalformed and ErrUnsigned. Times
// and parties are the caller's to judge.
func Read(text string, keys jwt.Keyfunc) (r *Request, algorithm string, err error) {
	r = &Request{}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256", "PS256"}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	token, err := parser.ParseWithClaims(text, r, keys)
	switch {
	case errors.Is(err, errClaims):
		return nil, "", fmt.Errorf("%w: %w", ErrMalformed, errClaims)
	case errors.Is(err, jwt.ErrTokenMalformed):
		return nil, "", fmt.Errorf("%w: not three parts of base64url with JSON", ErrMalformed)
	case err != nil:
		return nil, "", ErrUnsigned
	case token.Header["typ"] != Type:
		return nil, "", fmt.Errorf("%w: its typ is not %s", ErrMalformed, Type)
	case r.subjects() != 1:
		return nil, "", fmt.Errorf("%w: it must be about exactly one of transfer, document and login", ErrMalformed)
	}
	return r, token.Method.Alg(), nil
}

// Issuer is the party that a request says it is from, which Read verifies by the keys of that party. The error is ErrMalformed.
func Issuer(text string) (string, error) {
	r := &Request{}
	if _, _, err := jwt.NewParser(jwt.WithStrictDecoding()).ParseUnverified(text, r); err != nil || r.Issuer == "" {
		return "", fmt.Errorf("%w: not three parts of base64url with JSON, or without iss", ErrMalformed)
	}
	return r.Issuer, nil
}

func (r *Request) subjects() (n int) {
	for _, there := range []bool{r.Transfer != nil, r.Document != nil, r.Login != nil} {
		if there {
			n++
		}
	}
	return n
}

// Subject is what the request is about, in the words of the card. A refusal is ErrMalformed or one of package applet's.
func (r *Request) Subject() (applet.Subject, error) {
	switch {
	case r.Transfer != nil:
		return r.Transfer.subject(r.Order)
	case r.Document != nil:
		h, ok := applet.ParseHashAlgorithm(r.Document.HashAlgorithm)
		if !ok {
			return nil, fmt.Errorf("%w: document.hash_algorithm is none that is known", ErrMalformed)
		}
		return applet.Document{Title: r.Document.Title, Algorithm: h, Hash: r.Document.Hash}, nil
	default:
		return applet.Login{Challenge: r.Login.Challenge}, nil
	}
}

func (t *Transfer) subject(order string) (applet.Subject, error) {
	amount, err := applet.ParseAmount(t.Amount, t.Currency)
	if err != nil {
		return nil, err
	}
	out := applet.Transfer{Order: order, PayeeName: t.PayeeName, PayeeAccount: t.PayeeAccount, Amount: amount, Memo: t.Memo, Time: t.Time}
	if t.Batch != nil {
		if len(t.Batch.SHA256) != sha256.Size {
			return nil, fmt.Errorf("%w: transfer.batch.sha256 is not a SHA-256", ErrMalformed)
		}
		out.Batch = &applet.Batch{Count: t.Batch.Count, List: [sha256.Size]byte(t.Batch.SHA256)}
	}
	return out, nil
}

// Applet is the applet that is asked; false: none of that name.
func (r *Request) Applet() (applet.Application, bool) {
	if r.Application == "" {
		return applet.Bank, true
	}
	return applet.ParseApplication(r.Application)
}

// Tongue is the language of headings and labels; false: none of that name.
func (r *Request) Tongue() (applet.Language, bool) {
	if r.Language == "" {
		return applet.Chinese, true
	}
	return applet.ParseLanguage(r.Language)
}

// Digest tells whether two requests under one order are the same. The claims about the request itself are not in it: a party that repeats
// a request may sign it anew.
func (r Request) Digest() []byte {
	r.Issued, r.Expires = 0, 0
	text, err := json.Marshal(&r, json.Deterministic(true))
	if err != nil {
		panic(err) // of a struct that was decoded from JSON
	}
	sum := sha256.Sum256(text)
	return sum[:]
}
