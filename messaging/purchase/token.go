package purchase

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"strings"
)

// answer is what a suggestion of a notice says.
type answer string

const (
	confirm answer = "confirm"
	deny    answer = "deny"
)

// token is what a suggestion carries: which purchase, which answer, and a MAC over these and over what the person was shown, so that an
// answer counts for nothing else than that. It is id.answer.mac.
type token struct {
	purchase string
	answer   answer
	mac      string
}

// maxToken is longer than any token of ours.
const maxToken = 256

// readToken reads a token of anybody's, which proves nothing yet.
func readToken(text string) (t token, ok bool) {
	parts := strings.Split(text, ".")
	if len(text) > maxToken || len(parts) != 3 {
		return token{}, false
	}
	t = token{parts[0], answer(parts[1]), parts[2]}
	return t, t.purchase != "" && (t.answer == confirm || t.answer == deny)
}

func (t token) String() string { return t.purchase + "." + string(t.answer) + "." + t.mac }

// token makes the one of an answer.
func (s *Service) token(p Purchase, a answer) token {
	facts, err := json.Marshal([]any{p.ID, p.tenure, p.Amount, p.Currency, p.Expires.UnixMilli(), a})
	if err != nil {
		panic(err) // of strings and a number
	}
	mac := hmac.New(sha256.New, s.Key)
	mac.Write(facts)
	return token{p.ID, a, base64.RawURLEncoding.EncodeToString(mac.Sum(nil))}
}

// genuine says that a token was made here for this purchase as it is.
func (s *Service) genuine(p Purchase, t token) bool {
	return hmac.Equal([]byte(s.token(p, t.answer).String()), []byte(t.String()))
}
