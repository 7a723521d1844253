package statement_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"simtrust"
	"simtrust/internal/keys"
	"simtrust/internal/rpc"
	"simtrust/messaging/statement"
)

var (
	now    = time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	number = parse("+8613800000001")
	other  = parse("+8613800000002")
)

const (
	issuer  = "https://id.operator.example"
	content = `{"message":{}}`
	kind    = "application/vnd.gsma.botmessage.v1.0+json"
)

func parse(s string) simtrust.Number {
	n, err := simtrust.ParseNumber(s)
	if err != nil {
		panic(err)
	}
	return n
}

// senders is how chatbots stand.
type senders map[string]error

func (s senders) Standing(_ context.Context, chatbot string, certificate [32]byte) error {
	if certificate != [32]byte{1} {
		return &simtrust.Error{Kind: simtrust.KindDenied, Reason: "certificate_replaced"}
	}
	return s[chatbot]
}

func notary(t *testing.T) (*statement.Notary, *keys.Ring) {
	t.Helper()
	ring, err := keys.Open(t.Context(), t.TempDir(), keys.Options{Secret: filepath.Join(t.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		t.Fatal(err)
	}
	return statement.New(statement.Deps{Keys: ring, Issuer: issuer, Now: func() time.Time { return now }, Client: peer, Senders: senders{
		"bot_gone": &simtrust.Error{Kind: simtrust.KindDenied, Reason: "sender_suspended"},
		"bot_away": &simtrust.Error{Kind: simtrust.KindUnavailable, Reason: "store_unavailable"},
	}}), ring
}

// peer is where a request comes from.
func peer(r *http.Request) (netip.AddrPort, error) { return netip.ParseAddrPort(r.RemoteAddr) }

func made(t *testing.T, n *statement.Notary, change func(*statement.Statement)) (text string, salt []byte) {
	t.Helper()
	salt = statement.NewSalt()
	s := statement.Statement{Sender: "bot_bank", Name: "示例银行", Brand: "Example Bank", Message: "msg_1", Channel: "rcs",
		Certificate: [32]byte{1}, Digest: statement.Digest(kind, []byte(content)), Recipient: statement.Recipient(salt, number)}
	if change != nil {
		change(&s)
	}
	text, err := n.Make(s)
	if err != nil {
		t.Fatal(err)
	}
	return text, salt
}

// TestRead: what was made comes back, and is for one number with one salt.
func TestRead(t *testing.T) {
	n, _ := notary(t)
	text, salt := made(t, n, nil)
	s, err := n.Read(text)
	if err != nil || s.Sender != "bot_bank" || s.Name != "示例银行" || s.Message != "msg_1" || !s.Time.Equal(now) || s.Digest != statement.Digest(kind, []byte(content)) {
		t.Errorf("%+v, %v", s, err)
	}
	if !s.IsFor(number, salt) || s.IsFor(other, salt) || s.IsFor(number, statement.NewSalt()) || s.IsFor(number, nil) {
		t.Error("a statement is for one number under its salt")
	}
	for _, digits := range []string{"13800000001", "8613800000001"} {
		if payload, _, _ := strings.Cut(text[strings.Index(text, ".")+1:], "."); strings.Contains(decoded(t, payload), digits) {
			t.Error("the number stands in the statement")
		}
	}
}

func decoded(t *testing.T, part string) string {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestForged: what another key, type, issuer or hand made is not a statement.
func TestForged(t *testing.T) {
	n, ring := notary(t)
	foreign, _ := notary(t)
	good, _ := made(t, n, nil)
	strange, _ := made(t, foreign, nil)
	head, rest, _ := strings.Cut(good, ".")
	payload, sig, _ := strings.Cut(rest, ".")
	sign := func(typ string, c jwt.MapClaims) string {
		text, err := ring.SignJWT(typ, c)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	sum := base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	full := func(change string, value any) jwt.MapClaims {
		c := jwt.MapClaims{"iss": issuer, "iat": now.Unix(), "sender": "bot_bank", "x5t#S256": sum, "dig": sum, "rcp": sum}
		if c[change] = value; value == nil {
			delete(c, change)
		}
		return c
	}
	for name, text := range map[string]string{
		"nothing":              "",
		"no JWS":               "x.y.z",
		"another server's key": strange,
		"changed":              head + "." + base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(decoded(t, payload), "bot_bank", "bot_evil", 1))) + "." + sig,
		"no signature":         head + "." + payload + ".",
		"alg none":             base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"simtrust-sender+jwt"}`)) + "." + payload + ".",
		"an access token":      sign("at+jwt", full("iss", issuer)),
		"another issuer":       sign(statement.Type, full("iss", "https://evil.example")),
		"from the future":      sign(statement.Type, full("iat", now.Add(time.Hour).Unix())),
		"no time":              sign(statement.Type, full("iat", nil)),
		"no digest":            sign(statement.Type, full("dig", nil)),
		"a short digest":       sign(statement.Type, full("dig", sum[:20])),
		"no recipient":         sign(statement.Type, full("rcp", "")),
		"a padded certificate": sign(statement.Type, full("x5t#S256", sum+"=")),
		"white space":          good + " ",
	} {
		if _, err := n.Read(text); simtrust.KindOf(err) != simtrust.KindInvalid || simtrust.ReasonOf(err) != statement.ReasonStatement {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := n.Read(sign(statement.Type, full("iss", issuer))); err != nil {
		t.Errorf("the baseline: %v", err)
	}
}

// TestVerify: the public operation says which check fails.
func TestVerify(t *testing.T) {
	n, _ := notary(t)
	router := rpc.NewRouter(rpc.Config{})
	n.Mount(router)
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	good, salt := made(t, n, nil)
	suspended, _ := made(t, n, func(s *statement.Statement) { s.Sender = "bot_gone" })
	replaced, _ := made(t, n, func(s *statement.Statement) { s.Certificate = [32]byte{2} })
	away, _ := made(t, n, func(s *statement.Statement) { s.Sender = "bot_away" })
	mine := base64.RawURLEncoding.EncodeToString(salt)
	for name, c := range map[string]struct {
		body   map[string]any
		status int
		failed string
	}{
		"all of it":             {map[string]any{"statement": good, "content_type": kind, "body": content, "number": number.E164(), "salt": mine}, 200, ""},
		"the signature alone":   {map[string]any{"statement": good}, 200, ""},
		"other content":         {map[string]any{"statement": good, "content_type": kind, "body": content + " "}, 200, "content"},
		"no content":            {map[string]any{"statement": good, "content_type": kind, "body": ""}, 200, "content"},
		"another type":          {map[string]any{"statement": good, "content_type": "text/plain", "body": content}, 200, "content"},
		"forwarded":             {map[string]any{"statement": good, "number": other.E164(), "salt": mine}, 200, "recipient"},
		"suspended since":       {map[string]any{"statement": suspended}, 200, "sender"},
		"certificate replaced":  {map[string]any{"statement": replaced}, 200, "sender"},
		"standing not known":    {map[string]any{"statement": away}, 503, ""},
		"a number without salt": {map[string]any{"statement": good, "number": number.E164()}, 400, ""},
		"salt without number":   {map[string]any{"statement": good, "salt": mine}, 400, ""},
		"a short salt":          {map[string]any{"statement": good, "number": number.E164(), "salt": mine[:8]}, 400, ""},
		"no statement":          {map[string]any{}, 400, ""},
		"an unknown member":     {map[string]any{"statement": good, "x": 1}, 400, ""},
	} {
		text, err := json.Marshal(c.body)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.Post(server.URL+"/messaging/v1/statements/verify", "application/json", bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		var out struct {
			Valid  bool
			Checks []struct {
				Check string
				OK    bool
			}
		}
		_ = json.NewDecoder(res.Body).Decode(&out)
		_ = res.Body.Close()
		failed := ""
		for _, check := range out.Checks {
			if !check.OK {
				failed += check.Check
			}
		}
		if res.StatusCode != c.status || failed != c.failed || out.Valid != (c.status == 200 && c.failed == "") {
			t.Errorf("%s: %s, %+v", name, res.Status, out)
		}
	}
}

// TestVerifyLimits: who asks without end is refused before the question is read, also without a number; others are answered.
func TestVerifyLimits(t *testing.T) {
	n, _ := notary(t)
	router := rpc.NewRouter(rpc.Config{})
	n.Mount(router)
	good, _ := made(t, n, nil)
	ask := func(from, body string) int {
		r := httptest.NewRequest(http.MethodPost, "/messaging/v1/statements/verify", strings.NewReader(body))
		r.RemoteAddr = from
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		router.ServeHTTP(w, r)
		return w.Code
	}
	small := fmt.Sprintf(`{"statement":%q}`, good)
	large := fmt.Sprintf(`{"statement":%q,"body":%q}`, good, strings.Repeat("x", 64<<10))
	for i := range 100 {
		if code := ask(fmt.Sprintf("[2001:db8::%x]:4711", i), large); code != http.StatusOK {
			t.Fatalf("question %d: %d", i, code)
		}
	}
	for name, c := range map[string]struct {
		from, body string
		code       int
	}{
		"another address of the network":    {"[2001:db8::ffff]:4711", large, http.StatusTooManyRequests},
		"what is no question, and as large": {"[2001:db8::1]:4711", strings.Repeat("x", 64<<10), http.StatusTooManyRequests},
		"a small one":                       {"[2001:db8::1]:4711", small, http.StatusOK},
		"another network":                   {"[2001:db8:0:1::1]:4711", large, http.StatusOK},
		"an address of IPv4":                {"192.0.2.1:4711", large, http.StatusOK},
		"from nowhere":                      {"", small, http.StatusBadRequest},
	} {
		if code := ask(c.from, c.body); code != c.code {
			t.Errorf("%s: %d, want %d", name, code, c.code)
		}
	}
}

// FuzzRead: no text makes it panic, and only what was made is read.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"", "a.b.c", "eyJhbGciOiJFUzI1NiIsInR5cCI6InNpbXRydXN0LXNlbmRlcitqd3QifQ.e30.", strings.Repeat(".", 100)} {
		f.Add(text)
	}
	ring, err := keys.Open(f.Context(), f.TempDir(), keys.Options{Secret: filepath.Join(f.TempDir(), "secret"), CreateSecret: true})
	if err != nil {
		f.Fatal(err)
	}
	n := statement.New(statement.Deps{Keys: ring, Issuer: issuer, Now: time.Now})
	f.Fuzz(func(t *testing.T, text string) {
		if s, err := n.Read(text); err == nil {
			t.Errorf("%q is read as %+v", text, s)
		}
	})
}

// TestNoNumberInLogs: the request shows neither number nor content, however it is printed.
func TestNoNumberInLogs(t *testing.T) {
	n, _ := notary(t)
	var log bytes.Buffer
	router := rpc.NewRouter(rpc.Config{Log: slog.New(slog.NewJSONHandler(&log, nil))})
	n.Mount(router)
	server := httptest.NewServer(router)
	defer server.Close()
	good, salt := made(t, n, nil)
	body := fmt.Sprintf(`{"statement":%q,"number":%q,"salt":%q}`, good, number.E164(), base64.RawURLEncoding.EncodeToString(salt))
	res, err := http.Post(server.URL+"/messaging/v1/statements/verify", "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if strings.Contains(log.String(), "13800000001") || log.Len() == 0 {
		t.Errorf("%s", log.String())
	}
}
