package receipt

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/golang-jwt/jwt/v5"

	"simtrust/internal/keys"
	"simtrust/simshield/applet"
)

// request are the claims of a party's signed request, read here without the server's help. One that is unknown is refused: it would be
// something that the party asked and the person did not see.
type request struct {
	Issuer      string          `json:"iss"`
	Audience    string          `json:"aud"`
	Issued      int64           `json:"iat"`
	Expires     int64           `json:"exp"`
	Order       string          `json:"order"`
	PhoneNumber string          `json:"phone_number"`
	Application string          `json:"application"`
	Customer    string          `json:"customer"`
	Language    string          `json:"language"`
	NotAfter    time.Time       `json:"not_after"`
	Transfer    *transferTerms  `json:"transfer"`
	Document    *documentTerms  `json:"document"`
	Login       *loginChallenge `json:"login"`
}

type transferTerms struct {
	PayeeName     string      `json:"payee_name"`
	PayeeAccount  string      `json:"payee_account"`
	Amount        string      `json:"amount"`
	Currency      string      `json:"currency"`
	Memo          string      `json:"memo"`
	Time          time.Time   `json:"time"`
	Batch         *batchTerms `json:"batch"`
	OwnAccount    bool        `json:"own_account"`
	Unit          bool        `json:"unit"`
	OtherChannels string      `json:"other_channels"`
}

type batchTerms struct {
	Count  uint32 `json:"count"`
	SHA256 []byte `json:"sha256"`
}

type documentTerms struct {
	Title         string `json:"title"`
	HashAlgorithm string `json:"hash_algorithm"`
	Hash          []byte `json:"hash"`
}

type loginChallenge struct {
	Challenge []byte `json:"challenge"`
}

const requestType = "simshield-request+jwt"

// checkRequest verifies the party's signature under its request.
func (v *verification) checkRequest() (string, error) {
	if v.Request == "" {
		if v.kind == applet.KindTransaction {
			return "", errors.New("no signed request: a transaction is never without one")
		}
		return "", undecided("The party asked by a protocol that has no signed requests.")
	}
	var clients keys.Clients
	set, err := clients.Of(v.Party, v.JWKS)
	if err != nil {
		return "", errors.New("the party's keys are not a JWK set")
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"ES256", "PS256"}), jwt.WithoutClaimsValidation(), jwt.WithStrictDecoding())
	token, err := parser.Parse(v.Request, set.Keyfunc)
	if err != nil || token.Header["typ"] != requestType {
		return "", errors.New("the request is not signed by one of the party's keys, or is no request")
	}
	r, err := readClaims(v.Request)
	switch {
	case err != nil:
		return "", err
	case r.Issuer != v.Party:
		return "", errors.New("the request is by another party")
	}
	v.asked = r
	return fmt.Sprintf("%s (client %s) asked, in a request that one of its keys signed (%s).", v.PartyName, v.Party, token.Method.Alg()), nil
}

// readClaims reads the claims of a compact JWS that was verified.
func readClaims(text string) (*request, error) {
	payload, err := base64.RawURLEncoding.Strict().DecodeString(strings.Split(text, ".")[1])
	if err != nil {
		return nil, errors.New("the request's claims are not base64url")
	}
	r := &request{}
	if err := json.Unmarshal(payload, r, json.RejectUnknownMembers(true)); err != nil {
		return nil, errors.New("the request has a claim that is unknown, twice there, or of another type")
	}
	return r, nil
}

// checkTerms holds the statement against the request, field by field.
func (v *verification) checkTerms() (string, error) {
	switch {
	case v.Statement == nil:
		return "", undecided("The card signed a hash from outside: what it stands for is for the party to show.")
	case v.asked == nil:
		return "", undecided("There is no signed request to hold the statement against.")
	case v.prompt == nil:
		return "", undecided("There is no statement to hold against the request.")
	}
	if field := v.asked.differs(v.prompt.Statement); field != "" {
		return "", errors.New("the statement is not what the party asked for: " + field)
	}
	return "What the person confirmed is what the party asked for: " + summary(v.prompt.Statement.Subject) + ".", nil
}

// differs names the first field of a statement that is not as the request has it; "": none.
func (r *request) differs(s applet.Statement) string {
	if r.Language == "" {
		r.Language = applet.Chinese.String()
	}
	subjects := 0
	for _, there := range []bool{r.Transfer != nil, r.Document != nil, r.Login != nil} {
		if there {
			subjects++
		}
	}
	switch {
	case subjects != 1:
		return "the request is about more than one thing, or none"
	case r.Language != s.Language.String():
		return "language"
	case !r.NotAfter.IsZero() && s.NotAfter.After(r.NotAfter):
		return "not_after"
	}
	switch subject := s.Subject.(type) {
	case applet.Transfer:
		if r.Order != subject.Order {
			return "order"
		}
		return r.Transfer.differs(subject)
	case applet.Document:
		return r.Document.differs(subject)
	case applet.Login:
		if r.Login == nil || !bytes.Equal(r.Login.Challenge, subject.Challenge) {
			return "challenge"
		}
	}
	return ""
}

func (t *transferTerms) differs(s applet.Transfer) string {
	if t == nil {
		return "it is a transfer"
	}
	amount, err := applet.ParseAmount(t.Amount, t.Currency)
	switch {
	case err != nil || amount != s.Amount:
		return "amount and currency"
	case t.PayeeName != s.PayeeName:
		return "payee_name"
	case t.PayeeAccount != s.PayeeAccount:
		return "payee_account"
	case t.Memo != s.Memo:
		return "memo"
	case !t.Time.Equal(s.Time):
		return "time"
	case (t.Batch == nil) != (s.Batch == nil):
		return "batch"
	case t.Batch != nil && (t.Batch.Count != s.Batch.Count || !bytes.Equal(t.Batch.SHA256, s.Batch.List[:])):
		return "batch"
	}
	return ""
}

func (t *documentTerms) differs(s applet.Document) string {
	switch {
	case t == nil:
		return "it is a document"
	case t.Title != s.Title:
		return "title"
	case t.HashAlgorithm != s.Algorithm.String() || !bytes.Equal(t.Hash, s.Hash):
		return "hash"
	}
	return ""
}

func summary(s applet.Subject) string {
	switch subject := s.(type) {
	case applet.Transfer:
		if subject.Batch != nil {
			return fmt.Sprintf("order %s, %s in all to %d payees, by a list with SHA-256 %x", subject.Order, subject.Amount, subject.Batch.Count, subject.Batch.List)
		}
		return fmt.Sprintf("order %s, %s to %s, account %s", subject.Order, subject.Amount, subject.PayeeName, subject.PayeeAccount)
	case applet.Document:
		return fmt.Sprintf("the document %s with %s %x", subject.Title, subject.Algorithm, subject.Hash)
	}
	return "a log-in"
}
