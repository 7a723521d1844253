package receipt_test

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/simshield/applet"
)

// claims are those of the request that statement(s) answers.
func claims(s applet.Subject) map[string]any {
	all := map[string]any{"iss": "bank-app", "aud": "https://id.operator.example", "iat": start.Add(-21 * time.Second).Unix(),
		"exp": start.Add(4 * time.Minute).Unix(), "order": "T20261122-0001", "phone_number": "+8613800138000", "customer": "6222020000000000001"}
	switch subject := s.(type) {
	case applet.Transfer:
		terms := map[string]any{"amount": "48000.00", "currency": "CNY", "memo": subject.Memo, "time": subject.Time, "other_channels": "100.00"}
		if subject.Batch != nil {
			terms["batch"] = map[string]any{"count": subject.Batch.Count, "sha256": subject.Batch.List[:]}
		} else {
			terms["payee_name"], terms["payee_account"] = subject.PayeeName, subject.PayeeAccount
		}
		all["transfer"] = terms
	case applet.Document:
		all["document"] = map[string]any{"title": subject.Title, "hash_algorithm": subject.Algorithm.String(), "hash": subject.Hash}
	case applet.Login:
		all["login"] = map[string]any{"challenge": subject.Challenge}
	}
	return all
}

// but is claims with one that differs; nil: left out. A name with transfer. before it is one of the transfer's.
func but(all map[string]any, name string, value any) map[string]any {
	all = maps.Clone(all)
	in := all
	if rest, ok := cutTransfer(name); ok {
		in = maps.Clone(all["transfer"].(map[string]any))
		all["transfer"], name = in, rest
	}
	if in[name] = value; value == nil {
		delete(in, name)
	}
	return all
}

func cutTransfer(name string) (string, bool) {
	const prefix = "transfer."
	if len(name) > len(prefix) && name[:len(prefix)] == prefix {
		return name[len(prefix):], true
	}
	return name, false
}

// request is a compact JWS by the bank; of nothing, none.
func (w *world) request(all map[string]any) string {
	w.t.Helper()
	if all == nil {
		return ""
	}
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims(all))
	token.Header["typ"], token.Header["kid"] = "simshield-request+jwt", "k1"
	text, err := token.SignedString(w.bank)
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}

func (w *world) jwks() []byte {
	w.t.Helper()
	point, err := w.bank.PublicKey.Bytes()
	if err != nil {
		w.t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "kid": "k1",
		"x": base64.RawURLEncoding.EncodeToString(point[1:33]), "y": base64.RawURLEncoding.EncodeToString(point[33:])}}})
	if err != nil {
		w.t.Fatal(err)
	}
	return text
}
