package statement

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"simtrust"
	"simtrust/internal/rpc"
)

const patternVerify = "POST /messaging/v1/statements/verify"

const maxVerify = 512 << 10 // content included

// anyone bounds how often one number is asked about.
var anyone = rpc.Limits{Number: rpc.Rate{PerSecond: 5, Burst: 50}}

// What a network may ask, whatever it asks about: many telephones stand behind one address, but few of their questions are large.
var (
	smallRate = rpc.Rate{PerSecond: 500, Burst: 5000}
	largeRate = rpc.Rate{PerSecond: 10, Burst: 100}
)

const small = 32 << 10 // octets

type verifyWire struct {
	Statement string `json:"statement"`
	// ContentType and Body are the content as it was delivered, Number and Salt the handset's; what is absent is not checked.
	ContentType string  `json:"content_type,omitempty"`
	Body        *string `json:"body,omitempty"`
	Number      string  `json:"number,omitempty"`
	Salt        string  `json:"salt,omitempty"` // base64url
}

// LimitKey is the number asked about.
func (w verifyWire) LimitKey() string { return w.Number }

// Format hides number and content under every verb.
func (w verifyWire) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("a statement to be verified")) }

// LogValue hides them in structured logs.
func (w verifyWire) LogValue() slog.Value { return slog.StringValue("a statement to be verified") }

type checkWire struct {
	Check string `json:"check"` // signature, content, recipient, sender
	OK    bool   `json:"ok"`
	// Reason says why the sender does not stand.
	Reason string `json:"reason,omitempty"`
}

type verifiedWire struct {
	// Valid: all that was checked is right, and signature and sender always are checked.
	Valid   bool        `json:"valid"`
	Sender  string      `json:"sender"`
	Name    string      `json:"name"`
	Brand   string      `json:"brand"`
	Message string      `json:"message"`
	Channel string      `json:"channel"`
	Time    time.Time   `json:"time"`
	Checks  []checkWire `json:"checks"`
}

// Mount puts the public operation on r.
func (n *Notary) Mount(r *rpc.Router) {
	rpc.Handle(r, "messaging.statement_verify", patternVerify, n.verifyWire, rpc.Public(), rpc.MaxBody(maxVerify), rpc.Limit(anyone), rpc.Admit(n.admit))
}

// admit limits how often a network asks, before the question is read.
func (n *Notary) admit(r *http.Request) error {
	client, err := n.Client(r)
	if err != nil {
		return &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonAddress, Op: "messaging.statement", Msg: "the request does not say where it comes from", Err: err}
	}
	bits := client.Addr().BitLen()
	if client.Addr().Is6() {
		bits = 64 // of a network, where addresses are free
	}
	network, _ := client.Addr().Prefix(bits) // an address has as many bits
	if r.ContentLength < 0 || r.ContentLength > small {
		return n.large.Take(network.String())
	}
	return n.small.Take(network.String())
}

func (n *Notary) verifyWire(ctx context.Context, w verifyWire) (verifiedWire, error) {
	s, err := n.Read(w.Statement)
	if err != nil {
		return verifiedWire{}, err
	}
	res := verifiedWire{Valid: true, Sender: s.Sender, Name: s.Name, Brand: s.Brand, Message: s.Message, Channel: s.Channel, Time: s.Time}
	res.add(checkWire{Check: "signature", OK: true})
	if w.Body != nil {
		res.add(checkWire{Check: "content", OK: Digest(w.ContentType, []byte(*w.Body)) == s.Digest})
	}
	if w.Number != "" || w.Salt != "" {
		ok, err := isFor(s, w)
		if err != nil {
			return verifiedWire{}, err
		}
		res.add(checkWire{Check: "recipient", OK: ok})
	}
	err = n.Senders.Standing(ctx, s.Sender, s.Certificate)
	if err != nil && simtrust.KindOf(err) != simtrust.KindDenied {
		return verifiedWire{}, err
	}
	res.add(checkWire{Check: "sender", OK: err == nil, Reason: simtrust.ReasonOf(err)})
	return res, nil
}

func isFor(s Statement, w verifyWire) (bool, error) {
	number, err := simtrust.ParseNumber(w.Number)
	if err != nil {
		return false, err
	}
	salt, err := base64.RawURLEncoding.Strict().DecodeString(w.Salt)
	if err != nil || len(salt) != SaltSize {
		return false, &simtrust.Error{Kind: simtrust.KindInvalid, Reason: ReasonSalt, Op: "messaging.statement", Msg: "salt: 16 octets in base64url, as they came with the message"}
	}
	return s.IsFor(number, salt), nil
}

func (v *verifiedWire) add(c checkWire) {
	v.Valid = v.Valid && c.OK
	v.Checks = append(v.Checks, c)
}
