package request_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"simtrust/simshield/applet"
	"simtrust/simshield/request"
)

// party has one key.
type party struct{ key *ecdsa.PrivateKey }

func newParty(t testing.TB) party {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return party{key}
}

func (p party) keyfunc(*jwt.Token) (any, error) { return p.key.Public(), nil }

// sign signs claims as they stand, so that they may be repeated and misspelt.
func (p party) sign(t testing.TB, header map[string]any, claims string) string {
	t.Helper()
	head, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	text := base64.RawURLEncoding.EncodeToString(head) + "." + base64.RawURLEncoding.EncodeToString([]byte(claims))
	signature, err := jwt.SigningMethodES256.Sign(text, p.key)
	if err != nil {
		t.Fatal(err)
	}
	return text + "." + base64.RawURLEncoding.EncodeToString(signature)
}

var header = map[string]any{"alg": "ES256", "typ": request.Type}

const transfer = `{"iss":"bank","aud":"https://id.example","iat":1,"exp":2,"order":"o-1","phone_number":"+8613800000001","customer":"c",` +
	`"transfer":{"payee_name":"张伟","payee_account":"6217","amount":"48000.00","currency":"CNY","time":"2026-03-01T00:00:00Z"}}`

func TestRead(t *testing.T) {
	p := newParty(t)
	r, algorithm, err := request.Read(p.sign(t, header, transfer), p.keyfunc)
	if err != nil || algorithm != "ES256" || r.Issuer != "bank" {
		t.Fatal(r, algorithm, err)
	}
	subject, err := r.Subject()
	if got, ok := subject.(applet.Transfer); err != nil || !ok || got.Amount.String() != "¥48,000.00" || got.PayeeName != "张伟" {
		t.Error(subject, err)
	}
	if a, ok := r.Applet(); !ok || a != applet.Bank {
		t.Error(a, ok)
	}
}

// TestRefused: whatever two readers could understand differently is refused.
func TestRefused(t *testing.T) {
	p, stranger := newParty(t), newParty(t)
	change := func(old, new string) string { return strings.Replace(transfer, old, new, 1) }
	typ := maps.Clone(header)
	typ["typ"] = "JWT"
	none := maps.Clone(header)
	none["alg"] = "none"
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"another's key":        {stranger.sign(t, header, transfer), request.ErrUnsigned},
		"no algorithm":         {p.sign(t, none, transfer), request.ErrUnsigned},
		"another type":         {p.sign(t, typ, transfer), request.ErrMalformed},
		"unknown claim":        {p.sign(t, header, change(`"order"`, `"amount":"1.00","order"`)), request.ErrMalformed},
		"claim twice":          {p.sign(t, header, change(`"order"`, `"order":"o-2","order"`)), request.ErrMalformed},
		"claim in other case":  {p.sign(t, header, change(`"order"`, `"Order"`)), request.ErrMalformed},
		"amount twice":         {p.sign(t, header, change(`"amount"`, `"amount":"1.00","amount"`)), request.ErrMalformed},
		"amount as a number":   {p.sign(t, header, change(`"48000.00"`, `48000.00`)), request.ErrMalformed},
		"no subject":           {p.sign(t, header, change(`,"transfer"`, `}{"transfer"`)), request.ErrMalformed},
		"two subjects":         {p.sign(t, header, change(`"transfer"`, `"login":{"challenge":"AAAA"},"transfer"`)), request.ErrMalformed},
		"more than the claims": {p.sign(t, header, transfer+"{}"), request.ErrMalformed},
		"no JWS":               {"a.b", request.ErrMalformed},
		"nothing":              {"", request.ErrMalformed},
	} {
		if r, _, err := request.Read(c.text, p.keyfunc); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

// TestDigest: signed anew it is the same request, with another amount it is not.
func TestDigest(t *testing.T) {
	p := newParty(t)
	read := func(claims string) string {
		r, _, err := request.Read(p.sign(t, header, claims), p.keyfunc)
		if err != nil {
			t.Fatal(err)
		}
		return string(r.Digest())
	}
	first := read(transfer)
	if read(strings.Replace(transfer, `"iat":1,"exp":2`, `"iat":3,"exp":4`, 1)) != first {
		t.Error("signed anew it is another")
	}
	for _, c := range [][2]string{{"48000.00", "48000.01"}, {"张伟", "张玮"}, {"o-1", "o-2"}, {"6217", "6218"}} {
		if read(strings.Replace(transfer, c[0], c[1], 1)) == first {
			t.Errorf("with %s it is the same", c[1])
		}
	}
}

func FuzzRead(f *testing.F) {
	p := newParty(f)
	f.Add(transfer)
	f.Add(`{"login":{"challenge":"AAAA"}}`)
	f.Add(`{"document":{"title":"x","hash_algorithm":"SHA-256","hash":""}}`)
	f.Fuzz(func(t *testing.T, claims string) {
		signed := p.sign(t, header, claims)
		r, _, err := request.Read(signed, p.keyfunc)
		if err != nil {
			return
		}
		if issuer, _ := request.Issuer(signed); issuer != r.Issuer {
			t.Errorf("%q is from %q, and from %q", claims, r.Issuer, issuer)
		}
		again, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		same, _, err := request.Read(p.sign(t, header, string(again)), p.keyfunc)
		if err != nil || string(same.Digest()) != string(r.Digest()) {
			t.Errorf("%q reads back as %q: %v", claims, again, err)
		}
		_, _ = r.Subject()
	})
}

// FuzzIssuer: whatever comes is read without harm, and the party that is looked up is the one that Read finds.
func FuzzIssuer(f *testing.F) {
	p := newParty(f)
	f.Add(p.sign(f, header, transfer))
	f.Add("a.b.c")
	f.Fuzz(func(t *testing.T, text string) {
		issuer, err := request.Issuer(text)
		if (err == nil) != (issuer != "") {
			t.Errorf("%q is from %q, %v", text, issuer, err)
		}
		if r, _, err := request.Read(text, p.keyfunc); err == nil && r.Issuer != issuer {
			t.Errorf("%q is from %q, and from %q", text, r.Issuer, issuer)
		}
	})
}
